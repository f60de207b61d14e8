// The callbacks of a fit, which its own call and those that train many times with it read and drop. May use:
// all.
#pragma once
#include <vector>

#include "capi/guard.h"

namespace fovea::capi {

// Complete copies of a descriptor's callbacks.
inline std::vector<fv_callbacks_desc> callbacks_from(const fv_fit_desc& desc) {
  FOVEA_REQUIRE(desc.callbacks != nullptr || desc.callback_count == 0, "callbacks is NULL");
  FOVEA_REQUIRE(desc.callback_count <= 1024, "there are %zu callbacks, at most 1024 are possible",
                desc.callback_count);
  std::vector<fv_callbacks_desc> callbacks;
  for (size_t i = 0; i < desc.callback_count; ++i)
    callbacks.push_back(read_desc(&need(desc.callbacks[i], "a callback"), "fv_callbacks_desc"));
  return callbacks;
}

template <class Desc>
void drop_user(const Desc* desc) {
  if (has_field(desc, &Desc::drop) && desc->drop != nullptr) desc->drop(desc->user);
}

// Of the caller's own descriptor, since it may have been refused. Nullable; in the host's floating-point
// mode.
inline void drop_users(const fv_fit_desc* desc) {
  if (has_field(desc, &fv_fit_desc::callback_count) && desc->callbacks != nullptr)
    for (size_t i = 0; i < desc->callback_count; ++i) drop_user(desc->callbacks[i]);
  drop_user(desc);
}

}  // namespace fovea::capi
