#include "train/fit_error.h"

#include <cstdarg>
#include <cstdio>

namespace fovea::train {

fv_status refuse(fv_error* error, fv_status status, const char* format, ...) {
  if (error == nullptr) return status;
  *error = {};
  error->code = status;
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  return status;
}

}  // namespace fovea::train
