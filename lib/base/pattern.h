// Patterns for names: * stands for any text, ? for one character. May use: base.
#pragma once
#include <string_view>

namespace fovea {

// Whether the whole name is what the pattern says.
bool matches(std::string_view pattern, std::string_view name);

}  // namespace fovea
