// Foreign text (paths, names out of files) made fit for a one-line message. Uses std only.
#pragma once
#include <string>
#include <string_view>

namespace fovea {

// 'text', with control characters as \xNN. Where it is longer than `limit` bytes its beginning gives way
// to "...", never inside a UTF-8 sequence: the end of a path or of a tensor's name is what tells it apart.
inline std::string in_quotes(std::string_view text, size_t limit = 160) {
  std::string out = "'";
  if (text.size() > limit) {
    text.remove_prefix(text.size() - limit);
    while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xC0) == 0x80) text.remove_prefix(1);
    out += "...";
  }
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      out += c;
    } else {
      constexpr char kDigits[] = "0123456789abcdef";
      out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out += '\'';
}

}  // namespace fovea
