#include <fovea/fit.h>

#include <vector>

#include "capi/callbacks.h"
#include "capi/objects.h"
#include "train/fit.h"
#include "train/fit_checkpoint.h"

using namespace fovea;
using namespace fovea::capi;

namespace {

// The host's functions, which run in the host's floating-point mode.
struct HostLoop {
  fv_progress_fn on_progress;
  fv_rate_fn rate;
  void* user;
  FpMode& mode;
};
struct HostCallbacks {
  fv_callbacks_desc desc;
  FpMode& mode;
};

using Event = fv_callback_fn fv_callbacks_desc::*;

template <Event event>
int32_t tell(void* user, fv_trainer* trainer, const fv_progress* progress) {
  const HostCallbacks& callbacks = *static_cast<HostCallbacks*>(user);
  const HostFpMode host(callbacks.mode);
  return (callbacks.desc.*event)(callbacks.desc.user, trainer, progress);
}

template <Event event>
void wrap(fv_callbacks_desc& desc) {
  if (desc.*event != nullptr) desc.*event = tell<event>;
}

// A descriptor as the loop wants it: complete, with wrapped functions.
class FitDesc {
 public:
  FitDesc(const fv_fit_desc* given, FpMode& mode)
      : desc(read_desc(given, "fv_fit_desc")), loop_{desc.on_progress, desc.rate, desc.user, mode} {
    if (desc.stop != nullptr) {
      stop_ = read_desc(desc.stop, "fv_stop_desc");
      stop_.min_delta = number(stop_.min_delta, 0);
      desc.stop = &stop_;
    }
    desc.user = &loop_;
    if (desc.on_progress != nullptr) {
      desc.on_progress = [](void* user, const fv_progress* progress) {
        const HostLoop& loop = *static_cast<HostLoop*>(user);
        const HostFpMode host(loop.mode);
        return loop.on_progress(loop.user, progress);
      };
    }
    if (desc.rate != nullptr) {
      desc.rate = [](void* user, int64_t epoch, int64_t step, double rate) {
        const HostLoop& loop = *static_cast<HostLoop*>(user);
        const HostFpMode host(loop.mode);
        return loop.rate(loop.user, epoch, step, rate);
      };
    }
    wrap_callbacks(mode);
    // The token may be destroyed meanwhile.
    if (desc.cancel != nullptr) {
      cancel_.impl = desc.cancel->impl;
      desc.cancel = &cancel_;
    }
  }
  FitDesc(const FitDesc&) = delete;
  FitDesc& operator=(const FitDesc&) = delete;

  fv_fit_desc desc;

 private:
  void wrap_callbacks(FpMode& mode) {
    wrapped_ = callbacks_from(desc);
    host_.reserve(wrapped_.size());
    for (fv_callbacks_desc& wrapped : wrapped_) {
      host_.push_back({wrapped, mode});
      wrap<&fv_callbacks_desc::on_train_begin>(wrapped);
      wrap<&fv_callbacks_desc::on_train_end>(wrapped);
      wrap<&fv_callbacks_desc::on_epoch_begin>(wrapped);
      wrap<&fv_callbacks_desc::on_epoch_end>(wrapped);
      wrap<&fv_callbacks_desc::on_batch_begin>(wrapped);
      wrap<&fv_callbacks_desc::on_batch_end>(wrapped);
      wrapped.user = &host_.back();
      list_.push_back(&wrapped);
    }
    desc.callbacks = list_.data();
  }

  HostLoop loop_;
  fv_stop_desc stop_{};
  fv_cancel_token cancel_;
  std::vector<HostCallbacks> host_;
  std::vector<fv_callbacks_desc> wrapped_;
  std::vector<const fv_callbacks_desc*> list_;
};

}  // namespace

fv_status fv_trainer_fit(fv_trainer* trainer, const fv_dataset* train, const fv_dataset* validation,
                         const fv_fit_desc* desc, fv_error* error) {
  FpMode mode;
  fv_status status = FV_OK;
  const fv_status fenced = fence(error, [&] {
    const FitDesc complete(desc, mode);
    status = train::fit(trainer, train, validation, complete.desc, error);
  });
  {
    const HostFpMode host(mode);
    drop_users(desc);
  }
  return fenced != FV_OK ? fenced : status;
}

fv_status fv_checkpoint_find(const char* checkpoint_path, char* path, size_t capacity, size_t* needed,
                             fv_error* error) {
  fv_status status = FV_OK;
  const fv_status fenced = guard(error, [&] {
    std::string found;
    status = train::find_checkpoint(&need(checkpoint_path, "checkpoint_path"), &found, error);
    if (status == FV_OK) write_text(found.data(), found.size(), path, capacity, needed);
  });
  return fenced != FV_OK ? fenced : status;
}
