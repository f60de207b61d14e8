#include <fovea/fit.h>

#include "capi/objects.h"
#include "train/fit.h"

using namespace fovea;
using namespace fovea::capi;

fv_status fv_trainer_fit(fv_trainer* trainer, const fv_dataset* train, const fv_dataset* validation,
                         const fv_fit_desc* desc, fv_error* error) {
  FpMode mode;
  fv_fit_desc d{};
  fv_stop_desc stop{};
  const fv_status readable = fence(error, [&] {
    d = read_desc(desc, "fv_fit_desc");
    if (d.stop == nullptr) return;
    stop = read_desc(d.stop, "fv_stop_desc");
    stop.min_delta = number(stop.min_delta, 0);
    d.stop = &stop;
  });
  if (readable != FV_OK) {
    if (has_field(desc, &fv_fit_desc::drop) && desc->drop != nullptr) {
      const HostFpMode host(mode);
      desc->drop(desc->user);
    }
    return readable;
  }
  // The callbacks run in the host's floating-point mode, and the token may be destroyed meanwhile.
  struct Callback {
    fv_progress_fn on_progress;
    fv_rate_fn rate;
    void* user;
    FpMode& mode;
  } callback{d.on_progress, d.rate, d.user, mode};
  d.user = &callback;
  if (d.on_progress != nullptr) {
    d.on_progress = [](void* user, const fv_progress* progress) {
      const Callback& c = *static_cast<Callback*>(user);
      const HostFpMode host(c.mode);
      return c.on_progress(c.user, progress);
    };
  }
  if (d.rate != nullptr) {
    d.rate = [](void* user, int64_t epoch, int64_t step, double rate) {
      const Callback& c = *static_cast<Callback*>(user);
      const HostFpMode host(c.mode);
      return c.rate(c.user, epoch, step, rate);
    };
  }
  fv_cancel_token cancel{d.cancel == nullptr ? nullptr : d.cancel->impl};
  if (d.cancel != nullptr) d.cancel = &cancel;
  fv_status status = FV_OK;
  const fv_status fenced = fence(error, [&] { status = train::fit(trainer, train, validation, d, error); });
  if (d.drop != nullptr) {
    const HostFpMode host(mode);
    d.drop(callback.user);
  }
  return fenced != FV_OK ? fenced : status;
}
