#include "layers/conv_algorithm.h"

#include "base/error.h"

namespace fovea::layers {
namespace {

using ll = long long;

bool is_depthwise(const ConvShape& s) {
  return s.groups > 1 && s.groups == s.channels && s.groups == s.filters;
}

void check(const ConvShape& s, ConvAlgorithm wanted) {
  if (wanted == ConvAlgorithm::gemm) {
    FOVEA_REQUIRE(s.is_product(),
                  "algorithm gemm needs a 1x1 kernel with strides 1x1 and no padding, or a kernel as large "
                  "as the image, found "
                  "kernel %lldx%lld, strides %lldx%lld, output %lldx%lld of input %lldx%lld",
                  ll{s.kernel_h}, ll{s.kernel_w}, ll{s.stride_h}, ll{s.stride_w}, ll{s.out_height},
                  ll{s.out_width}, ll{s.height}, ll{s.width});
  }
  if (wanted == ConvAlgorithm::depthwise) {
    FOVEA_REQUIRE(is_depthwise(s),
                  "algorithm depthwise needs as many groups as channels and filters, and more than one, "
                  "found groups=%lld, "
                  "channels=%lld, filters=%lld",
                  ll{s.groups}, ll{s.channels}, ll{s.filters});
  }
  if (wanted == ConvAlgorithm::winograd) {
    FOVEA_REQUIRE(s.kernel_h == 3 && s.kernel_w == 3 && s.stride_h == 1 && s.stride_w == 1 &&
                      s.dilation_h == 1 && s.dilation_w == 1 && s.groups == 1,
                  "algorithm winograd needs a 3x3 kernel with strides 1x1, dilation 1x1 and groups=1, found "
                  "kernel %lldx%lld, strides %lldx%lld, dilation %lldx%lld, groups=%lld",
                  ll{s.kernel_h}, ll{s.kernel_w}, ll{s.stride_h}, ll{s.stride_w}, ll{s.dilation_h},
                  ll{s.dilation_w}, ll{s.groups});
  }
}

// Measured on one core with AVX-512 (GFLOP/s, OpenBLAS 0.3.21 doing 90 to 100 on these products). The direct
// method does 100 to 125 for shapes such as 56x56x64 -> 64, 14x14x256 -> 256 (3x3) and 28x28x128 -> 256
// (1x1), im2col and GEMM 85 to 95, and the fewer channels, the wider apart: 110 and 60 for 32x32x16 -> 16, 50
// and 8 for 28x28x1 -> 6. Exceptions:
ConvAlgorithm fastest(const ConvShape& s, ConvDirection direction) {
  const bool product = s.is_product();
  const ConvAlgorithm by_gemm = product ? ConvAlgorithm::gemm : ConvAlgorithm::im2col;
  // A row of one output leaves the direct method's registers empty: 42 against 83 for 1x1x512 -> 512.
  if (s.out_width == 1 && (product || direction == ConvDirection::forward)) return by_gemm;
  // So do outputs of few pixels when the pixels are the sum: 73 against 93 for 3x3x256 -> 256 (3x3), but 93
  // against 85 for 4x4x256.
  if (s.out_width <= 3 && direction == ConvDirection::weight_gradient) return by_gemm;
  // Pixels a multiple of 4 KB apart fall into one set of the first-level cache; OpenBLAS copies them first:
  // 85 against 92 for 14x14x1024 -> 256 (1x1).
  const int64_t read = direction == ConvDirection::data_gradient ? s.filters : s.channels;
  if (product && direction != ConvDirection::weight_gradient && read % 1024 == 0) return ConvAlgorithm::gemm;
  return ConvAlgorithm::direct;
}

}  // namespace

ConvAlgorithm choose_conv_algorithm(const ConvShape& shape, ConvDirection direction, ConvAlgorithm wanted) {
  if (wanted != ConvAlgorithm::automatic) {
    check(shape, wanted);
    return wanted;
  }
  if (is_depthwise(shape)) return ConvAlgorithm::depthwise;
  return fastest(shape, direction);
}

std::unique_ptr<const ConvMethod> make_conv_method(ConvAlgorithm algorithm, const ConvSpec& spec) {
  switch (algorithm) {
    case ConvAlgorithm::gemm:
      return make_gemm_method(spec);
    case ConvAlgorithm::im2col:
      return make_im2col_method(spec);
    case ConvAlgorithm::depthwise:
      return make_depthwise_method(spec);
    case ConvAlgorithm::winograd:
      return make_winograd_method(spec);
    case ConvAlgorithm::direct:
    case ConvAlgorithm::automatic:
      break;
  }
  return make_direct_method(spec);
}

}  // namespace fovea::layers
