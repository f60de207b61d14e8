#include "layers/conv_algorithm.h"

#include <algorithm>

#include "base/error.h"
#include "base/executor.h"
#include "kernels/conv_winograd.h"

namespace fovea::layers {
namespace {

using ll = long long;

bool is_depthwise(const ConvShape& s) {
  return s.groups > 1 && s.groups == s.channels && s.groups == s.filters;
}

bool is_winograd(const ConvShape& s) {
  return (s.kernel_h == 3 || s.kernel_h == 5) && s.kernel_w == s.kernel_h && s.stride_h == 1 &&
         s.stride_w == 1 && s.dilation_h == 1 && s.dilation_w == 1 && s.groups == 1;
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
    FOVEA_REQUIRE(
        is_winograd(s),
        "algorithm winograd needs a 3x3 or 5x5 kernel with strides 1x1, dilation 1x1 and groups=1, found "
        "kernel %lldx%lld, strides %lldx%lld, dilation %lldx%lld, groups=%lld",
        ll{s.kernel_h}, ll{s.kernel_w}, ll{s.stride_h}, ll{s.stride_w}, ll{s.dilation_h}, ll{s.dilation_w},
        ll{s.groups});
  }
}

// Measured beside the direct method, same machine as below: 1.4 to 2.9 times as fast with 64 channels or more
// (3x3, 8x8x64 to 224x224x64 and 28x28x512), 2 with 32 (16x16), 1.3 to 1.5 with 16 (32x32); with 5x5 kernels
// 2.8 to 3.6 (27x27x64 -> 192), 1.7 to 2.2 with 16 channels (14x14x16 -> 48). Not so:
bool gains_by_winograd(const ConvShape& s, ConvDirection direction) {
  // Transforms cost the same whatever the number of channels that their products sum over: 0.4 for 32x32x3
  // -> 16.
  constexpr int64_t kFewestChannels = 16;
  if (!is_winograd(s) || std::min(s.channels, s.filters) < kFewestChannels) return false;
  // Tiles of which less than half is inside of the image (estimated, not measured).
  const bool data = direction == ConvDirection::data_gradient;
  const int64_t height = data ? s.height : s.out_height, width = data ? s.width : s.out_width;
  const int64_t tiles = blocks_of(height, kernels::kWinogradStep) * blocks_of(width, kernels::kWinogradStep);
  if (tiles * 16 > 2 * height * width) return false;
  // The weights grow fourfold. Where no cache holds them, packing and reading them takes longer than what is
  // saved on few pixels: data gradient 0.82 for 8 images of 7x7x512, forward 1.1, and less, by an estimate,
  // on one. The weight gradient packs none: 1.8.
  constexpr int64_t kFewestPixels = 100, kLargeWeights = int64_t{8} << 20;
  const int64_t weights = kernels::winograd_planes(s.kernel_h) * s.channels * s.filters;
  return direction == ConvDirection::weight_gradient || height * width >= kFewestPixels ||
         weights * static_cast<int64_t>(sizeof(float)) <= kLargeWeights;
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
  return ConvAlgorithm::direct;
}

}  // namespace

ConvAlgorithm choose_conv_algorithm(const ConvShape& shape, ConvDirection direction, DType dtype,
                                    ConvAlgorithm wanted) {
  if (wanted != ConvAlgorithm::automatic) {
    check(shape, wanted);
    return wanted;
  }
  if (is_depthwise(shape)) return ConvAlgorithm::depthwise;
  // In f64 exactness is what is wanted.
  if (dtype == DType::f32 && gains_by_winograd(shape, direction)) return ConvAlgorithm::winograd;
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
  return spec.shape.is_pointwise() && spec.shape.groups == 1 ? make_pointwise_method(spec)
                                                             : make_direct_method(spec);
}

}  // namespace fovea::layers
