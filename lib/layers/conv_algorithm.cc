#include "layers/conv_algorithm.h"

#include "base/error.h"

namespace fovea::layers {
namespace {

using ll = long long;

bool is_depthwise(const ConvShape& s) { return s.groups > 1 && s.groups == s.channels && s.groups == s.filters; }

void check(const ConvShape& s, ConvAlgorithm wanted) {
  if (wanted == ConvAlgorithm::gemm) {
    FOVEA_REQUIRE(s.is_pointwise(),
                  "algorithm gemm needs a 1x1 kernel with strides 1x1 and no padding, found kernel %lldx%lld, strides "
                  "%lldx%lld, output %lldx%lld of input %lldx%lld",
                  ll{s.kernel_h}, ll{s.kernel_w}, ll{s.stride_h}, ll{s.stride_w}, ll{s.out_height}, ll{s.out_width},
                  ll{s.height}, ll{s.width});
  }
  if (wanted == ConvAlgorithm::depthwise) {
    FOVEA_REQUIRE(is_depthwise(s),
                  "algorithm depthwise needs as many groups as channels and filters, and more than one, found groups=%lld, "
                  "channels=%lld, filters=%lld",
                  ll{s.groups}, ll{s.channels}, ll{s.filters});
  }
}

}  // namespace

ConvAlgorithm choose_conv_algorithm(const ConvShape& shape, ConvDirection direction, ConvAlgorithm wanted) {
  if (wanted != ConvAlgorithm::automatic) {
    check(shape, wanted);
    return wanted;
  }
  if (is_depthwise(shape)) return ConvAlgorithm::depthwise;
  (void)direction;
  return ConvAlgorithm::direct;
}

std::unique_ptr<const ConvMethod> make_conv_method(ConvAlgorithm algorithm, const ConvSpec& spec) {
  switch (algorithm) {
    case ConvAlgorithm::gemm: return make_gemm_method(spec);
    case ConvAlgorithm::im2col: return make_im2col_method(spec);
    case ConvAlgorithm::depthwise: return make_depthwise_method(spec);
    case ConvAlgorithm::direct:
    case ConvAlgorithm::automatic: break;
  }
  return make_direct_method(spec);
}

}  // namespace fovea::layers
