#include "train/average.h"

#include <algorithm>

#include "base/error.h"
#include "kernels/optimizer.h"

namespace fovea::train {

void check_average(const AverageOptions& o) {
  FOVEA_REQUIRE(o.decay >= 0 && o.decay < 1, "decay of the average is %g, expected 0 up to but not 1",
                o.decay);
  FOVEA_REQUIRE(o.start >= 0, "start of the average is %lld, expected 0 or more",
                static_cast<long long>(o.start));
  FOVEA_REQUIRE(o.period >= 1, "period of the average is %lld, expected 1 or more",
                static_cast<long long>(o.period));
}

Average::Average(const model::Model& model, const AverageOptions& options) : options_(options) {
  check_average(options);
  if (options.kind == Averaging::none) return;
  parameters_ = model.context()->buffer(model.parameter_bytes(), true);
  state_ = model.context()->buffer(model.state_bytes(), true);
}

void Average::update(const model::Model& model, int64_t step) {
  if (options_.kind == Averaging::none || step <= options_.start ||
      (step - options_.start) % options_.period != 0)
    return;
  // The first one is the weights as they are.
  double share = 1 / static_cast<double>(count_ + 1);
  if (options_.kind == Averaging::exponential && count_ > 0) share = 1 - options_.decay;
  ++count_;
  const auto move = [&](const std::byte* from, const Buffer& to) {
    with_float(model.dtype(), [&](auto zero) {
      using T = decltype(zero);
      constexpr int64_t kPart = 65536;
      const int64_t n = static_cast<int64_t>(to.bytes() / sizeof(T));
      const T* const x = reinterpret_cast<const T*>(from);
      T* const y = to.as<T>();
      model.context()->executor().parallel_for(blocks_of(n, kPart), [&](int64_t task, int) {
        const int64_t first = task * kPart;
        kernels::move_towards(std::min(kPart, n - first), share, x + first, y + first);
      });
    });
  };
  move(model.parameters(), parameters_);
  move(model.state(), state_);
}

}  // namespace fovea::train
