// Layers and losses of a host's own for tests of the public API. Each type counts how often it was dropped.
#pragma once
#include <cmath>

#include "support.h"

namespace fovea::test {

// What a test tells the callbacks, and what they tell it.
struct CustomHost {
  int drops = 0;
  fv_status fail_forward = FV_OK, fail_backward = FV_OK, fail_loss = FV_OK;
  int calls = 0;           // of forward and backward
  std::string attributes;  // that the last forward has seen
  std::vector<uint64_t> random;
  int64_t units = 0;  // of the gate's parameter "weight"; 0: one for each channel
  static void drop(void* user) { ++static_cast<CustomHost*>(user)->drops; }
};

template <class F>
fv_status with_type(fv_dtype dtype, F&& f) {
  return dtype == FV_F64 ? f(double{}) : f(float{});
}

inline fv_status say(fv_error* error, fv_status status, const char* message) {
  if (status != FV_OK) std::snprintf(error->message, sizeof error->message, "%s", message);
  return status;
}

// acme.gate: y = weight[c] * tanh(a) * b + shift[c]. Keeps tanh(a) and takes scratch for its sums.
inline fv_status gate_shape(void* user, fv_custom_shape* s, fv_error* error) {
  if (s->input_count != 2) return say(error, FV_INVALID_ARGUMENT, "a gate has two inputs");
  const CustomHost& host = *static_cast<const CustomHost*>(user);
  const int64_t channels = s->inputs[0].shape[s->inputs[0].rank - 1];
  fv_custom_add_parameter(s, DESC(fv_custom_parameter_desc, .role = FV_ROLE_SCALE, .name = "weight",
                                  .shape = {host.units == 0 ? channels : host.units}));
  fv_custom_add_parameter(
      s, DESC(fv_custom_parameter_desc, .role = FV_ROLE_SHIFT, .name = "shift", .shape = {channels},
              .initializer = DESC(fv_initializer_desc, .kind = FV_INIT_NORMAL, .stddev = 0.5)));
  s->saved_per_sample = s->inputs[0].elements;
  s->scratch = channels;
  s->multiply_adds = 2 * s->inputs[0].elements;
  return FV_OK;
}
template <class T>
fv_status gate_forward_as(const fv_custom_pass* p) {
  const auto* a = static_cast<const T*>(p->inputs[0].data);
  const auto* b = static_cast<const T*>(p->inputs[1].data);
  const auto* weight = static_cast<const T*>(p->parameters[0].data);
  const auto* shift = static_cast<const T*>(p->parameters[1].data);
  auto* y = static_cast<T*>(p->output);
  auto* saved = static_cast<T*>(p->saved);
  const int64_t channels = p->parameters[1].elements;
  for (int64_t i = 0; i < p->batch * p->elements; ++i) {
    const T t = std::tanh(a[i]);
    y[i] = weight[i % channels] * t * b[i] + shift[i % channels];
    if (saved != nullptr) saved[i] = t;
  }
  return FV_OK;
}
inline fv_status gate_forward(void* user, const fv_custom_pass* p, fv_error* error) {
  auto& host = *static_cast<CustomHost*>(user);
  ++host.calls;
  if (p->attributes_size != host.attributes.size())  // no allocation in a steady step
    host.attributes.assign(static_cast<const char*>(p->attributes), p->attributes_size);
  if (host.fail_forward != FV_OK) return say(error, host.fail_forward, "the gate\nis stuck");
  return with_type(p->dtype, [&](auto zero) { return gate_forward_as<decltype(zero)>(p); });
}
template <class T>
fv_status gate_backward_as(const fv_custom_pass* p) {
  const auto* b = static_cast<const T*>(p->inputs[1].data);
  const auto* weight = static_cast<const T*>(p->parameters[0].data);
  const auto* dy = static_cast<const T*>(p->output_gradient);
  const auto* saved = static_cast<const T*>(p->saved);
  auto* da = static_cast<T*>(p->inputs[0].gradient);
  auto* db = static_cast<T*>(p->inputs[1].gradient);
  auto* dweight = static_cast<T*>(p->parameters[0].gradient);
  auto* dshift = static_cast<T*>(p->parameters[1].gradient);
  auto* sums = static_cast<T*>(p->scratch);
  const int64_t channels = p->parameters[1].elements;
  if (p->scratch_count != channels || p->saved_count != p->batch * p->elements) return FV_INTERNAL;
  for (int64_t i = 0; i < p->batch * p->elements; ++i) {
    const int64_t c = i % channels;
    if (da != nullptr) da[i] = dy[i] * weight[c] * b[i] * (1 - saved[i] * saved[i]);
    if (db != nullptr) db[i] = dy[i] * weight[c] * saved[i];
    dweight[c] += dy[i] * saved[i] * b[i];
    sums[c] += dy[i];
  }
  std::copy_n(sums, channels, dshift);
  return FV_OK;
}
inline fv_status gate_backward(void* user, const fv_custom_pass* p, fv_error* error) {
  const auto& host = *static_cast<const CustomHost*>(user);
  if (host.fail_backward != FV_OK) return say(error, host.fail_backward, "");
  return with_type(p->dtype, [&](auto zero) { return gate_backward_as<decltype(zero)>(p); });
}
inline fv_custom_layer_desc gate(CustomHost* host) {
  auto d = init<fv_custom_layer_desc>();
  d.type = "acme.gate";
  d.shape = gate_shape;
  d.forward = gate_forward;
  d.backward = gate_backward;
  d.backward_without_output = 1;
  d.user = host;
  d.drop = CustomHost::drop;
  return d;
}

// acme.relu: max(0, x), its gradient from the output alone, as the library's.
inline fv_status relu_forward(void*, const fv_custom_pass* p, fv_error*) {
  return with_type(p->dtype, [&](auto zero) {
    using T = decltype(zero);
    const auto* x = static_cast<const T*>(p->inputs[0].data);
    for (int64_t i = 0; i < p->batch * p->elements; ++i)
      static_cast<T*>(p->output)[i] = x[i] > 0 ? x[i] : T(0);
    return FV_OK;
  });
}
inline fv_status relu_backward(void*, const fv_custom_pass* p, fv_error*) {
  if (p->inputs[0].data != nullptr || p->output == nullptr || p->inputs[0].gradient == nullptr)
    return FV_INTERNAL;
  return with_type(p->dtype, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t i = 0; i < p->batch * p->elements; ++i)
      static_cast<T*>(p->inputs[0].gradient)[i] =
          static_cast<const T*>(p->output)[i] > 0 ? static_cast<const T*>(p->output_gradient)[i] : T(0);
    return FV_OK;
  });
}
inline fv_custom_layer_desc relu(CustomHost* host) {
  auto d = init<fv_custom_layer_desc>();
  d.type = "acme.relu";
  d.forward = relu_forward;
  d.backward = relu_backward;
  d.backward_without_inputs = 1;
  d.user = host;
  d.drop = CustomHost::drop;
  return d;
}

// acme.squares: the mean squared error; of labels, to their one-hot vectors.
inline fv_status squares(void* user, const fv_custom_rows* r, fv_error* error) {
  const auto& host = *static_cast<const CustomHost*>(user);
  if (host.fail_loss != FV_OK) return say(error, host.fail_loss, "no loss today");
  return with_type(r->dtype, [&](auto zero) {
    using T = decltype(zero);
    const T factor = static_cast<T>(2.0 / static_cast<double>(r->columns));
    for (int64_t row = 0; row < r->rows; ++row) {
      for (int64_t c = 0; c < r->columns; ++c) {
        const int64_t i = row * r->columns + c;
        const T x = static_cast<const T*>(r->output)[i];
        const T t =
            r->targets != nullptr ? static_cast<const T*>(r->targets)[i] : T(r->labels[row] == c ? 1 : 0);
        const double e = static_cast<double>(x) - static_cast<double>(t);
        r->losses[row] += e * e;
        if (r->gradient != nullptr) static_cast<T*>(r->gradient)[i] = factor * (x - t);
      }
      r->losses[row] /= static_cast<double>(r->columns);
    }
    return FV_OK;
  });
}
// acme.cross_entropy: softmax cross-entropy of labels, in plain arithmetic.
inline fv_status cross_entropy(void*, const fv_custom_rows* r, fv_error*) {
  return with_type(r->dtype, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t row = 0; row < r->rows; ++row) {
      const T* x = static_cast<const T*>(r->output) + row * r->columns;
      double largest = static_cast<double>(x[0]), sum = 0;
      for (int64_t c = 1; c < r->columns; ++c) largest = std::fmax(largest, static_cast<double>(x[c]));
      for (int64_t c = 0; c < r->columns; ++c) sum += std::exp(static_cast<double>(x[c]) - largest);
      r->losses[row] = std::log(sum) - (static_cast<double>(x[r->labels[row]]) - largest);
      if (r->gradient == nullptr) continue;
      T* g = static_cast<T*>(r->gradient) + row * r->columns;
      for (int64_t c = 0; c < r->columns; ++c)
        g[c] = static_cast<T>(std::exp(static_cast<double>(x[c]) - largest) / sum -
                              (c == r->labels[row] ? 1 : 0));
    }
    return FV_OK;
  });
}
// acme.own: softmax cross-entropy as the library computes it.
inline fv_status own_entropy(void*, const fv_custom_rows* r, fv_error* error) {
  return fv_custom_rows_loss(r, FV_LOSS_SOFTMAX_CROSS_ENTROPY, error);
}
inline fv_custom_loss_desc custom_loss(const char* name, fv_custom_loss_fn evaluate, CustomHost* host) {
  auto d = init<fv_custom_loss_desc>();
  d.name = name;
  d.evaluate = evaluate;
  d.user = host;
  d.drop = CustomHost::drop;
  return d;
}

}  // namespace fovea::test
