#include "base/error.h"

#include <cstdio>

namespace fovea {

void Error::format(const char* format, va_list args) noexcept {
  std::vsnprintf(text_, sizeof text_, format, args);
}

void fail(Status status, const char* format, ...) {
  Error error(status, 0);
  va_list args;
  va_start(args, format);
  error.format(format, args);
  va_end(args);
  throw error;
}

}  // namespace fovea
