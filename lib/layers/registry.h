// Every layer by the name it has in files, and the factories that capi and the zoo's files use.
// May use: layers/layer.h.
#pragma once
#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include "layers/layer.h"

namespace fovea::layers {

// A layer of that kind with default attributes; null when there is none.
std::unique_ptr<Layer> create(std::string_view kind);
// All that create() knows.
std::vector<std::string_view> kinds();

// Padding of a window over an image. `same`: output extent = ceil(input / stride), the odd cell of padding
// at the bottom and right (as TensorFlow).
enum class Padding : int32_t { explicit_ = 0, same = 1 };
inline constexpr const char* kPaddingNames[] = {"explicit", "same"};

// How a convolution computes. `automatic` is resolved per shape in layers/conv_algorithm.cc.
enum class ConvAlgorithm : int32_t {
  automatic = 0,
  gemm = 1,
  im2col = 2,
  direct = 3,
  depthwise = 4,
  winograd = 5
};
inline constexpr const char* kConvAlgorithmNames[] = {"automatic", "gemm",      "im2col",
                                                      "direct",    "depthwise", "winograd"};

struct InputAttributes {
  std::array<int64_t, kMaxRank> shape{};
  int64_t rank = 0;
};
struct Conv2dAttributes {
  int64_t filters = 0;
  std::array<int64_t, 2> kernel{1, 1};
  std::array<int64_t, 2> strides{1, 1};
  std::array<int64_t, 2> dilation{1, 1};
  int64_t groups = 1;
  Padding padding = Padding::explicit_;
  std::array<int64_t, 4> pad{};  // top, bottom, left, right
  bool use_bias = true;
  Activation activation = Activation::linear;
  Initializer kernel_initializer{}, bias_initializer{};
  Regularizer kernel_regularizer{}, bias_regularizer{}, activity_regularizer{};
  ConvAlgorithm algorithm = ConvAlgorithm::automatic;
  // Of one direction; automatic: as `algorithm` says.
  ConvAlgorithm forward = ConvAlgorithm::automatic;
  ConvAlgorithm data_gradient = ConvAlgorithm::automatic;
  ConvAlgorithm weight_gradient = ConvAlgorithm::automatic;
};
struct TransposedConv2dAttributes {
  int64_t filters = 0;
  std::array<int64_t, 2> kernel{1, 1};
  std::array<int64_t, 2> strides{1, 1};
  std::array<int64_t, 2> dilation{1, 1};
  int64_t groups = 1;
  std::array<int64_t, 4> pad{};             // taken off the output: top, bottom, left, right
  std::array<int64_t, 2> output_padding{};  // added to the output at the bottom and right
  bool use_bias = true;
  Activation activation = Activation::linear;
  Initializer kernel_initializer{}, bias_initializer{};
  Regularizer kernel_regularizer{}, bias_regularizer{};
  ConvAlgorithm algorithm = ConvAlgorithm::automatic;  // of the convolution that it is the adjoint of
};
struct LocalConv2dAttributes {
  int64_t filters = 0;
  std::array<int64_t, 2> kernel{1, 1};
  std::array<int64_t, 2> strides{1, 1};
  std::array<int64_t, 4> pad{};
  bool use_bias = true;
  Activation activation = Activation::linear;
  Initializer kernel_initializer{}, bias_initializer{};
  Regularizer kernel_regularizer{}, bias_regularizer{};
};
struct DeformConv2dAttributes {
  int64_t filters = 0;
  std::array<int64_t, 2> kernel{1, 1};
  std::array<int64_t, 2> strides{1, 1};
  std::array<int64_t, 2> dilation{1, 1};
  int64_t groups = 1;
  int64_t offset_groups = 1;
  std::array<int64_t, 4> pad{};
  bool use_bias = true;
  Initializer kernel_initializer{}, bias_initializer{};
  Regularizer kernel_regularizer{}, bias_regularizer{};
};
struct DenseAttributes {
  int64_t units = 0;
  bool use_bias = true;
  Activation activation = Activation::linear;
  Initializer kernel_initializer{}, bias_initializer{};
  Regularizer kernel_regularizer{}, bias_regularizer{}, activity_regularizer{};
};
struct Pool2dAttributes {
  std::array<int64_t, 2> size{2, 2};
  std::array<int64_t, 2> strides{2, 2};
  Padding padding = Padding::explicit_;
  std::array<int64_t, 4> pad{};
  bool ceil_mode = false;
  bool exclude_padding = false;  // average pooling: divide by the cells inside the image only
};
struct AdaptivePool2dAttributes {
  std::array<int64_t, 2> size{1, 1};  // of the output
};
struct FractionalPool2dAttributes {
  std::array<double, 2> ratio{1.4142135623730951, 1.4142135623730951};  // input / output
  bool overlapping = false;  // regions share the cell between them
};
enum class Upsample : int32_t { nearest = 0, bilinear = 1, bed_of_nails = 2 };
inline constexpr const char* kUpsampleNames[] = {"nearest", "bilinear", "bed_of_nails"};
struct Upsample2dAttributes {
  std::array<int64_t, 2> scale{2, 2};
  Upsample method = Upsample::nearest;
  bool align_corners = false;  // bilinear: the corners' centres stay where they are
};
struct PixelShuffleAttributes {
  int64_t factor = 2;
};
struct BatchNormAttributes {
  double momentum = 0.1;  // running = (1 - momentum) * running + momentum * batch
  double epsilon = 1e-5;
  bool scale = true;
  bool center = true;
  bool biased_running_variance = false;
  Activation activation = Activation::linear;  // applied after; set by fusion
};
struct LayerNormAttributes {
  int64_t axes = 1;  // the last ones
  double epsilon = 1e-5;
  bool scale = true;
  bool center = true;
};
struct GroupNormAttributes {  // and instance norm, which has a group for each channel
  int64_t groups = 1;
  double epsilon = 1e-5;
  bool scale = true;
  bool center = true;
};
struct LrnAttributes {  // local response normalisation
  int64_t size = 5;
  double k = 2, alpha = 1e-4, beta = 0.75;
  bool divide_alpha = false;  // alpha / size in the place of alpha
};
struct DropoutAttributes {
  double rate = 0.5;
  bool scale_at_test = false;  // multiply by 1 - rate at test instead of dividing in training
};
struct SpatialDropoutAttributes {
  double rate = 0.5;
};
struct StochasticDepthAttributes {
  double rate = 0.5;
  bool whole_batch = false;  // one draw for the batch instead of one for each sample
};
struct GaussianNoiseAttributes {
  double stddev = 0.1;
};
struct MaxoutAttributes {
  int64_t pieces = 2;
};
// Which elements share a learned parameter.
enum class Sharing : int32_t { all = 0, channel = 1, none = 2 };
inline constexpr const char* kSharingNames[] = {"all", "channel", "none"};
struct ParametricAttributes {
  Sharing sharing = Sharing::all;
  double initial = 0;
};
// What padding holds: a number; the mirrored tensor, without its border; its border.
enum class PadMode : int32_t { constant = 0, reflect = 1, replicate = 2 };
inline constexpr const char* kPadModeNames[] = {"constant", "reflect", "replicate"};
struct PadAttributes {
  std::array<int64_t, kMaxRank> before{};  // per axis of the sample
  std::array<int64_t, kMaxRank> after{};
  PadMode mode = PadMode::constant;
  double value = 0;  // with mode constant
};
struct MatmulAttributes {
  bool transpose_a = false, transpose_b = false;
};
struct SliceAttributes {
  std::array<int64_t, kMaxRank> begin{};  // per axis of the sample; negative: from the end
  std::array<int64_t, kMaxRank> end{};    // 0 and negative: from the end
};
struct ReshapeAttributes {
  std::array<int64_t, kMaxRank> shape{};  // one extent may be -1: what is left
  int64_t rank = 0;
};
struct PermuteAttributes {
  std::array<int64_t, kMaxRank> axes{};  // axis k of the output is axis axes[k] of the input
};

std::unique_ptr<Layer> make_input(const InputAttributes&);
std::unique_ptr<Layer> make_conv2d(const Conv2dAttributes&);
std::unique_ptr<Layer> make_transposed_conv2d(const TransposedConv2dAttributes&);
std::unique_ptr<Layer> make_local_conv2d(const LocalConv2dAttributes&);
// Inputs: x, offsets and perhaps factors.
std::unique_ptr<Layer> make_deform_conv2d(const DeformConv2dAttributes&);
std::unique_ptr<Layer> make_dense(const DenseAttributes&);
std::unique_ptr<Layer> make_max_pool2d(const Pool2dAttributes&);
std::unique_ptr<Layer> make_max_unpool2d(const Pool2dAttributes&);  // inputs: x, the image that was pooled
std::unique_ptr<Layer> make_average_pool2d(const Pool2dAttributes&);
std::unique_ptr<Layer> make_adaptive_max_pool2d(const AdaptivePool2dAttributes&);
std::unique_ptr<Layer> make_adaptive_average_pool2d(const AdaptivePool2dAttributes&);
std::unique_ptr<Layer> make_fractional_max_pool2d(const FractionalPool2dAttributes&);
std::unique_ptr<Layer> make_global_max_pool2d();
std::unique_ptr<Layer> make_upsample2d(const Upsample2dAttributes&);
std::unique_ptr<Layer> make_pixel_shuffle(const PixelShuffleAttributes&);
std::unique_ptr<Layer> make_pixel_unshuffle(const PixelShuffleAttributes&);
std::unique_ptr<Layer> make_global_average_pool2d();
std::unique_ptr<Layer> make_batch_norm(const BatchNormAttributes&);
std::unique_ptr<Layer> make_layer_norm(const LayerNormAttributes&);
std::unique_ptr<Layer> make_group_norm(const GroupNormAttributes&);
std::unique_ptr<Layer> make_instance_norm(const GroupNormAttributes&);
std::unique_ptr<Layer> make_local_response_norm(const LrnAttributes&);
std::unique_ptr<Layer> make_activation(Activation);  // with the default parameter
std::unique_ptr<Layer> make_activation(Activation, double parameter);
std::unique_ptr<Layer> make_prelu(const ParametricAttributes&);
std::unique_ptr<Layer> make_learned_swish(const ParametricAttributes&);
std::unique_ptr<Layer> make_softmax();      // over the last axis
std::unique_ptr<Layer> make_log_softmax();  // likewise
std::unique_ptr<Layer> make_dropout(const DropoutAttributes&);
std::unique_ptr<Layer> make_spatial_dropout(const SpatialDropoutAttributes&);
std::unique_ptr<Layer> make_stochastic_depth(const StochasticDepthAttributes&);
std::unique_ptr<Layer> make_gaussian_noise(const GaussianNoiseAttributes&);
// A layer whose first parameter is a kernel, not set up yet; the kind is "drop_connect_" and the layer's.
std::unique_ptr<Layer> make_drop_connect(std::unique_ptr<Layer> inner, double rate);
std::unique_ptr<Layer> make_maxout(const MaxoutAttributes&);
std::unique_ptr<Layer> make_add();     // two or more inputs of one shape
std::unique_ptr<Layer> make_concat();  // along the channels (the last axis)
std::unique_ptr<Layer> make_subtract();  // two inputs of one shape
std::unique_ptr<Layer> make_multiply();  // likewise, or an image and a factor for each channel
std::unique_ptr<Layer> make_average();   // two or more inputs of one shape
std::unique_ptr<Layer> make_maximum();   // likewise
std::unique_ptr<Layer> make_matmul(const MatmulAttributes&);  // of two matrices
std::unique_ptr<Layer> make_flatten();
std::unique_ptr<Layer> make_reshape(const ReshapeAttributes&);
std::unique_ptr<Layer> make_permute(const PermuteAttributes&);
std::unique_ptr<Layer> make_slice(const SliceAttributes&);
std::unique_ptr<Layer> make_pad(const PadAttributes&);

}  // namespace fovea::layers
