// Every layer by the name it has in files, and the factories that capi and the zoo's files use.
// May use: layers/layer.h.
#pragma once
#include <array>
#include <memory>
#include <string_view>

#include "layers/layer.h"

namespace fovea::layers {

// A layer of that kind with default attributes; null when there is none.
std::unique_ptr<Layer> create(std::string_view kind);

// Padding of a window over an image. `same`: output extent = ceil(input / stride), the odd cell of padding
// at the bottom and right (as TensorFlow).
enum class Padding : int32_t { explicit_ = 0, same = 1 };
inline constexpr const char* kPaddingNames[] = {"explicit", "same"};

// How a convolution computes. `automatic` is resolved per shape in layers/conv_algorithm.cc.
enum class ConvAlgorithm : int32_t { automatic = 0, gemm = 1, im2col = 2, direct = 3, depthwise = 4, winograd = 5 };
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
  Regularizer kernel_regularizer{}, bias_regularizer{};
  ConvAlgorithm algorithm = ConvAlgorithm::automatic;
};
struct DenseAttributes {
  int64_t units = 0;
  bool use_bias = true;
  Activation activation = Activation::linear;
  Initializer kernel_initializer{}, bias_initializer{};
  Regularizer kernel_regularizer{}, bias_regularizer{};
};
struct Pool2dAttributes {
  std::array<int64_t, 2> size{2, 2};
  std::array<int64_t, 2> strides{2, 2};
  Padding padding = Padding::explicit_;
  std::array<int64_t, 4> pad{};
  bool ceil_mode = false;
  bool exclude_padding = false;  // average pooling: divide by the cells inside the image only
};
struct BatchNormAttributes {
  double momentum = 0.1;  // running = (1 - momentum) * running + momentum * batch
  double epsilon = 1e-5;
  bool scale = true;
  bool center = true;
  bool biased_running_variance = false;
  Activation activation = Activation::linear;  // applied after; set by fusion
};
struct DropoutAttributes {
  double rate = 0.5;
  bool scale_at_test = false;  // multiply by 1 - rate at test instead of dividing in training
};
// Which elements share a learned parameter.
enum class Sharing : int32_t { all = 0, channel = 1, none = 2 };
inline constexpr const char* kSharingNames[] = {"all", "channel", "none"};
struct ParametricAttributes {
  Sharing sharing = Sharing::all;
  double initial = 0;
};
struct PadAttributes {
  std::array<int64_t, kMaxRank> before{};  // per axis of the sample
  std::array<int64_t, kMaxRank> after{};
};

std::unique_ptr<Layer> make_input(const InputAttributes&);
std::unique_ptr<Layer> make_conv2d(const Conv2dAttributes&);
std::unique_ptr<Layer> make_dense(const DenseAttributes&);
std::unique_ptr<Layer> make_max_pool2d(const Pool2dAttributes&);
std::unique_ptr<Layer> make_average_pool2d(const Pool2dAttributes&);
std::unique_ptr<Layer> make_global_average_pool2d();
std::unique_ptr<Layer> make_batch_norm(const BatchNormAttributes&);
std::unique_ptr<Layer> make_activation(Activation);  // with the default parameter
std::unique_ptr<Layer> make_activation(Activation, double parameter);
std::unique_ptr<Layer> make_prelu(const ParametricAttributes&);
std::unique_ptr<Layer> make_learned_swish(const ParametricAttributes&);
std::unique_ptr<Layer> make_softmax();      // over the last axis
std::unique_ptr<Layer> make_log_softmax();  // likewise
std::unique_ptr<Layer> make_dropout(const DropoutAttributes&);
std::unique_ptr<Layer> make_add();     // two or more inputs of one shape
std::unique_ptr<Layer> make_concat();  // along the channels (the last axis)
std::unique_ptr<Layer> make_flatten();
std::unique_ptr<Layer> make_pad(const PadAttributes&);  // with zeros

}  // namespace fovea::layers
