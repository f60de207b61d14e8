#include "model/lsuv.h"

#include <cmath>
#include <vector>

#include "base/error.h"
#include "model/batch.h"
#include "model/initialize.h"
#include "model/session.h"

namespace fovea::model {
namespace {

template <class T>
double variance(int64_t n, const T* x) {
  double mean = 0, sum = 0;
  for (int64_t i = 0; i < n; ++i) mean += static_cast<double>(x[i]);
  mean /= static_cast<double>(n);
  for (int64_t i = 0; i < n; ++i) {
    const double e = static_cast<double>(x[i]) - mean;
    sum += e * e;
  }
  return sum / static_cast<double>(n);
}

class Lsuv {
 public:
  Lsuv(const std::shared_ptr<Model>& model, std::span<const TensorView> inputs, const LsuvOptions& options)
      : model_(model), inputs_(inputs), options_(options), batch_(check_inputs(*model, inputs)) {}

  void normalise(const graph::Slot& slot, uint32_t index) {
    layers::Parameter p = slot.parameter;
    p.initializer = {layers::InitializerKind::orthogonal, 1, 0};
    {
      const Writing writing(*model_);
      initialize(*model_->context(), p, index, model_->seed(), model_->dtype(), model_->parameter(slot));
      model_->raise_version();
    }
    Session session(model_, batch_, {slot.node});
    double found = measure(session, slot.node);
    for (int i = 0; !(std::abs(found - 1) <= options_.tolerance); ++i) {
      FOVEA_REQUIRE(found > 0 && std::isfinite(found) && i < options_.max_iterations,
                    "the output of '%.200s' has variance %g after %d divisions by its root, expected 1",
                    model_->graph()->node(slot.node).name.c_str(), found, i);
      divide(slot, std::sqrt(found));
      found = measure(session, slot.node);
    }
  }

 private:
  double measure(Session& session, int node) const {
    const Reading reading(*model_);
    for (size_t i = 0; i < inputs_.size(); ++i)
      if (void* memory = session.input(static_cast<int>(i)); memory != nullptr)
        fill_from_tensor(*model_, i, inputs_[i], 0, batch_, memory);
    session.forward(batch_);
    const int64_t n = batch_ * model_->graph()->node(node).shape.elements();
    return with_float(model_->dtype(), [&](auto zero) {
      return variance(n, static_cast<const decltype(zero)*>(session.output(0)));
    });
  }
  void divide(const graph::Slot& slot, double divisor) const {
    const Writing writing(*model_);
    with_float(model_->dtype(), [&](auto zero) {
      auto* w = reinterpret_cast<decltype(zero)*>(model_->parameter(slot));
      for (int64_t i = 0; i < slot.elements; ++i)
        w[i] = static_cast<decltype(zero)>(static_cast<double>(w[i]) / divisor);
    });
    model_->raise_version();
  }

  const std::shared_ptr<Model>& model_;
  std::span<const TensorView> inputs_;
  LsuvOptions options_;
  int64_t batch_;
};

}  // namespace

void lsuv(const std::shared_ptr<Model>& model, std::span<const TensorView> inputs,
          const LsuvOptions& options) {
  Lsuv run(model, inputs, options);
  uint32_t index = 0;
  for (const graph::Slot& slot : model->layout()->parameters) {
    if (slot.parameter.role == layers::Role::kernel) run.normalise(slot, index);
    ++index;
  }
}

}  // namespace fovea::model
