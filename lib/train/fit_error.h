// Errors of the training loop. May use: include/fovea only.
#pragma once
#include <fovea/fovea.h>

namespace fovea::train {

#define TRY(call)                                            \
  do {                                                       \
    if (const fv_status s_ = (call); s_ != FV_OK) return s_; \
  } while (0)

// Fills `error` (nullable) and gives `status`.
[[gnu::format(printf, 3, 4)]] fv_status refuse(fv_error* error, fv_status status, const char* format, ...);

}  // namespace fovea::train
