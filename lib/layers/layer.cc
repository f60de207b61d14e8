#include "layers/layer.h"

#include <cmath>

#include "base/error.h"

namespace fovea::layers {
namespace {

bool has_gain(InitializerKind kind) {
  return (kind >= InitializerKind::glorot_normal && kind <= InitializerKind::he_uniform) ||
         kind >= InitializerKind::lecun_normal;
}

// Raises invalid_argument unless the numbers mean something; a gain that is not given is 1.
Initializer checked(Initializer given) {
  FOVEA_REQUIRE(given.kind > InitializerKind::automatic && given.kind <= InitializerKind::random_walk,
                "initializer kind is %d, expected 1 to %d", static_cast<int>(given.kind),
                static_cast<int>(InitializerKind::random_walk));
  if (has_gain(given.kind) && given.a == 0) given.a = 1;
  FOVEA_REQUIRE(std::isfinite(given.a) && std::isfinite(given.b),
                "initializer %s has numbers %g and %g, expected finite ones",
                kInitializerNames[static_cast<size_t>(given.kind)], given.a, given.b);
  if (given.kind == InitializerKind::normal || given.kind == InitializerKind::truncated_normal)
    FOVEA_REQUIRE(given.b >= 0, "initializer %s has a standard deviation of %g, expected 0 or more",
                  kInitializerNames[static_cast<size_t>(given.kind)], given.b);
  if (given.kind == InitializerKind::uniform)
    FOVEA_REQUIRE(given.a <= given.b, "initializer uniform reaches from %g to %g, expected low before high",
                  given.a, given.b);
  return given;
}

// Lets what is above 0 pass and keeps back most of what is below.
bool is_rectifier(Activation f) {
  switch (f) {
    case Activation::relu:
    case Activation::relu6:
    case Activation::leaky_relu:
    case Activation::elu:
    case Activation::celu:
    case Activation::gelu:
    case Activation::gelu_tanh:
    case Activation::swish:
    case Activation::hard_swish:
    case Activation::mish:
      return true;
    default:
      return false;
  }
}

}  // namespace

void expect_inputs(std::span<const Shape> inputs, size_t n) {
  FOVEA_REQUIRE(inputs.size() == n, "expects %zu input%s, got %zu", n, n == 1 ? "" : "s", inputs.size());
}

void expect_image(const Shape& shape) {
  FOVEA_REQUIRE(shape.rank() == 3 && shape[0] > 0 && shape[1] > 0 && shape[2] > 0,
                "expects an input of height x width x channels, got %s", shape.text().c_str());
}

void expect_regularizers(const Regularizer& kernel, const Regularizer& bias, const Regularizer& activity) {
  const auto expect = [](const char* of, const char* which, double lambda) {
    FOVEA_REQUIRE(lambda >= 0 && lambda <= 1e30, "%s regularizer has %s = %g, expected 0 or more", of, which,
                  lambda);
  };
  const auto both = [&](const char* of, const Regularizer& r) {
    expect(of, "l2", r.l2);
    expect(of, "l1", r.l1);
  };
  both("kernel", kernel);
  both("bias", bias);
  both("activity", activity);
}

void expect_few_products(int64_t outputs, int64_t each) {
  constexpr int64_t kMost = int64_t{1} << 46;
  FOVEA_REQUIRE(each == 0 || outputs <= kMost / each,
                "%lld times %lld multiply-adds are too many, expected at most 2^46",
                static_cast<long long>(outputs), static_cast<long long>(each));
}

void expect_derivative_from_output(Activation f) {
  FOVEA_REQUIRE(!kernels::derivative_needs_input(f), "cannot contain %s, whose derivative needs its input",
                kernels::kActivationNames[static_cast<size_t>(f)]);
}

Initializer resolve_kernel_initializer(const Initializer& given, Activation activation) {
  Initializer i = given;
  if (given.kind == InitializerKind::automatic) {
    const InitializerKind kind = is_rectifier(activation)          ? InitializerKind::he_normal
                                 : activation == Activation::selu ? InitializerKind::lecun_normal
                                                                  : InitializerKind::glorot_uniform;
    i = {kind, 1, 0, true};
  } else {
    i = checked(given);
  }
  if (i.kind == InitializerKind::random_walk || i.by_default) i.b = is_rectifier(activation) ? 1 : 0;
  return i;
}

Initializer resolve_bias_initializer(const Initializer& given) {
  if (given.kind != InitializerKind::automatic) return checked(given);
  return {InitializerKind::zeros, 0, 0, true};
}

}  // namespace fovea::layers
