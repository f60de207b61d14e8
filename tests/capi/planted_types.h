// Layers and losses of a host's own for planted faults: right, or with a common mistake.
#pragma once
#include "custom_types.h"
#include "planted.h"

namespace fovea::test {

// acme.softsign: y = x / (1 + |x|), dy/dx = 1 / (1 + |x|)^2. `user` says whether the square is forgotten.
inline fv_status softsign_forward(void*, const fv_custom_pass* p, fv_error*) {
  return with_type(p->dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto* x = static_cast<const T*>(p->inputs[0].data);
    auto* y = static_cast<T*>(p->output);
    for (int64_t i = 0; i < p->batch * p->elements; ++i) y[i] = x[i] / (1 + std::abs(x[i]));
    return FV_OK;
  });
}
inline fv_status softsign_backward(void* user, const fv_custom_pass* p, fv_error*) {
  return with_type(p->dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto* x = static_cast<const T*>(p->inputs[0].data);
    const auto* dy = static_cast<const T*>(p->output_gradient);
    auto* dx = static_cast<T*>(p->inputs[0].gradient);
    for (int64_t i = 0; dx != nullptr && i < p->batch * p->elements; ++i) {
      const T size = 1 + std::abs(x[i]);
      dx[i] = dy[i] / (*static_cast<bool*>(user) ? size : size * size);
    }
    return FV_OK;
  });
}

// acme.gain: y = weight[c] x. `user` says whether each sample overwrites the weight's gradient.
inline fv_status gain_shape(void*, fv_custom_shape* s, fv_error*) {
  fv_custom_add_parameter(s, DESC(fv_custom_parameter_desc, .role = FV_ROLE_SCALE, .name = "weight",
                                  .shape = {s->shape[s->rank - 1]}));
  return FV_OK;
}
inline fv_status gain_forward(void*, const fv_custom_pass* p, fv_error*) {
  return with_type(p->dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto* x = static_cast<const T*>(p->inputs[0].data);
    const auto* w = static_cast<const T*>(p->parameters[0].data);
    auto* y = static_cast<T*>(p->output);
    for (int64_t i = 0; i < p->batch * p->elements; ++i) y[i] = w[i % p->parameters[0].elements] * x[i];
    return FV_OK;
  });
}
inline fv_status gain_backward(void* user, const fv_custom_pass* p, fv_error*) {
  return with_type(p->dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto* x = static_cast<const T*>(p->inputs[0].data);
    const auto* w = static_cast<const T*>(p->parameters[0].data);
    const auto* dy = static_cast<const T*>(p->output_gradient);
    auto* dx = static_cast<T*>(p->inputs[0].gradient);
    auto* dw = static_cast<T*>(p->parameters[0].gradient);
    for (int64_t i = 0; i < p->batch * p->elements; ++i) {
      const int64_t c = i % p->parameters[0].elements;
      if (dx != nullptr) dx[i] = w[c] * dy[i];
      if (dw != nullptr) dw[c] = dy[i] * x[i] + (*static_cast<bool*>(user) ? T(0) : dw[c]);
    }
    return FV_OK;
  });
}

// acme.modest: softmax cross-entropy + 0.1 |logits|^2 / 2. `user` says whether the gradient lacks the second.
inline fv_status modest(void* user, const fv_custom_rows* r, fv_error* error) {
  const fv_status status = fv_custom_rows_loss(r, FV_LOSS_SOFTMAX_CROSS_ENTROPY, error);
  if (status != FV_OK) return status;
  return with_type(r->dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto* x = static_cast<const T*>(r->output);
    auto* gradient = static_cast<T*>(r->gradient);
    for (int64_t i = 0; i < r->rows * r->columns; ++i) {
      r->losses[i / r->columns] += 0.05 * static_cast<double>(x[i] * x[i]);
      if (gradient != nullptr && !*static_cast<bool*>(user)) gradient[i] += T(0.1) * x[i];
    }
    return FV_OK;
  });
}

// -(t log p + (1 - t) log(1 - p)), of probabilities.
inline fv_status of_probabilities(void*, const fv_custom_rows* r, fv_error*) {
  return with_type(r->dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto* x = static_cast<const T*>(r->output);
    const auto* t = static_cast<const T*>(r->targets);
    auto* gradient = static_cast<T*>(r->gradient);
    for (int64_t i = 0; i < r->rows * r->columns; ++i) {
      const T p = std::clamp(x[i], T(1e-6), T(1 - 1e-6));
      r->losses[i / r->columns] -= static_cast<double>(t[i] * std::log(p) + (1 - t[i]) * std::log(1 - p));
      if (gradient != nullptr) gradient[i] = (p - t[i]) / (p * (1 - p));
    }
    return FV_OK;
  });
}

enum class Wrong { kNothing, kSoftsign, kGain, kLoss };

// A training with the first three, one of which may be wrong.
inline void own_types(Training& t, Wrong wrong) {
  static bool yes = true, no = false;
  auto flag = [wrong](Wrong one) { return wrong == one ? &yes : &no; };
  EXPECT_EQ(FV_OK, fv_context_register_layer(
                       t.context,
                       DESC(fv_custom_layer_desc, .type = "acme.softsign", .forward = softsign_forward,
                            .backward = softsign_backward, .user = flag(Wrong::kSoftsign)),
                       &t.err))
      << t.err.message;
  EXPECT_EQ(FV_OK, fv_context_register_layer(
                       t.context,
                       DESC(fv_custom_layer_desc, .type = "acme.gain", .shape = gain_shape,
                            .forward = gain_forward, .backward = gain_backward, .user = flag(Wrong::kGain)),
                       &t.err))
      << t.err.message;
  EXPECT_EQ(FV_OK,
            fv_context_register_loss(t.context,
                                     DESC(fv_custom_loss_desc, .over_classes = 1, .name = "acme.modest",
                                          .evaluate = modest, .user = flag(Wrong::kLoss)),
                                     &t.err));
  fv_node x = t.hidden(t.flat(), 1, 48, FV_ACT_LINEAR);
  x = fv_custom(t.graph, &x, 1, DESC(fv_custom_desc, .name = "softsign", .type = "acme.softsign"));
  x = fv_custom(t.graph, &x, 1, DESC(fv_custom_desc, .name = "gain", .type = "acme.gain"));
  auto loss = init<fv_loss_desc>();
  loss.loss = FV_LOSS_CUSTOM;
  loss.custom = "acme.modest";
  const fv_loss_desc* losses = &loss;
  fv_trainer_desc desc = sgd(0.02, 0);
  desc.losses = &losses;
  desc.loss_count = 1;
  t.make(t.logits(x), desc);
  t.digits_data();
}

}  // namespace fovea::test
