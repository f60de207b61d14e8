// The contract of a layer: attributes, shape inference, parameters, forward, backward.
//
// A Layer is immutable once setup() has run; it holds attributes and sizes, never tensors. Everything
// that a call reads or writes comes in its pass. Shapes are those of one sample; tensors have the
// batch in front, channels last: [batch][height][width][channel].
// May use: base, kernels/activation.h.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/attributes.h"
#include "base/dtype.h"
#include "base/executor.h"
#include "base/rng.h"
#include "base/shape.h"
#include "kernels/activation.h"

namespace fovea::layers {

using kernels::Activation;

// Values are those of fv_initializer_kind. `automatic`: He normal before a rectifier (relu and its kin),
// LeCun normal before selu, Glorot uniform elsewhere, zeros for a bias.
enum class InitializerKind : int32_t {
  automatic = 0,
  zeros = 1,
  constant = 2,        // value
  normal = 3,          // mean, stddev
  uniform = 4,         // low, high
  glorot_normal = 5,   // stddev = gain * sqrt(2 / (fan_in + fan_out))
  glorot_uniform = 6,  // limit = gain * sqrt(6 / (fan_in + fan_out))
  he_normal = 7,       // stddev = gain * sqrt(2 / fan_in)
  he_uniform = 8,      // limit = gain * sqrt(6 / fan_in)
  truncated_normal = 9,  // mean, stddev; what lies beyond 2 stddev is drawn again
  lecun_normal = 10,     // stddev = gain * sqrt(1 / fan_in)
  lecun_uniform = 11,    // limit = gain * sqrt(3 / fan_in)
  he_normal_out = 12,    // as he_normal, with fan_out
  he_uniform_out = 13,
  orthogonal = 14,   // gain
  identity = 15,     // gain
  random_walk = 16,  // gain; b: whether a rectifier follows
};
inline constexpr const char* kInitializerNames[] = {"automatic",     "zeros",          "constant",
                                                    "normal",        "uniform",        "glorot_normal",
                                                    "glorot_uniform", "he_normal",      "he_uniform",
                                                    "truncated_normal", "lecun_normal", "lecun_uniform",
                                                    "he_normal_out", "he_uniform_out", "orthogonal",
                                                    "identity",      "random_walk"};

struct Initializer {
  InitializerKind kind = InitializerKind::automatic;
  double a = 0;  // value, mean, low or gain
  double b = 0;  // stddev or high
  bool by_default = false;  // the layer's choice, which a model's default replaces
  void visit(const char* name, AttributeVisitor& v) {
    v.begin(name);
    v.choice("kind", kind, kInitializerNames);
    v.field("a", a);
    v.field("b", b);
    v.end();
  }
};

// What is added to the loss for one parameter tensor, or for a layer's output.
struct Regularizer {
  double l2 = 0;
  bool full_square = false;  // lambda * sum w^2 instead of lambda / 2 * sum w^2
  double l1 = 0;             // l1 * sum |w|
  bool empty() const { return l1 == 0 && l2 == 0; }
  // The gradient of the quadratic part is this times w.
  double slope() const { return full_square ? 2 * l2 : l2; }
  void visit(const char* name, AttributeVisitor& v) {
    v.begin(name);
    v.field("l2", l2);
    v.field("full_square", full_square);
    v.field("l1", l1);
    v.end();
  }
};

enum class Role : int32_t { kernel, bias, scale, shift };

struct Parameter {
  std::string name;  // "kernel"; the node's name goes in front: "conv1.kernel"
  Shape shape;
  Role role = Role::kernel;
  Initializer initializer;  // never automatic
  int64_t fan_in = 1;
  int64_t fan_out = 1;
  Regularizer regularizer;
};

// A tensor that training updates without a gradient, such as a running mean. It is saved.
struct State {
  std::string name;
  Shape shape;
  double initial = 0;
};

// What the planner must know. All of it may depend on attributes and shapes.
struct Traits {
  bool backward_reads_x = false;
  bool backward_reads_y = false;
  bool in_place = false;           // forward: y may be the memory of x[0]
  bool backward_in_place = false;  // backward: dx[0] may be the memory of dy
  bool accumulates = false;        // backward honours BackwardPass::accumulate
  bool view = false;               // y is x[0] under another shape; forward and backward are not called
  bool draws = false;              // a forward pass in training is random
};

// Memory that a layer wants beside its inputs and output, in bytes, for at most `batch` samples. A
// pure function of its arguments; memory is aligned to 64 bytes, not initialised.
struct Demand {
  size_t packed = 0;   // filled by prepare(), read by forward and backward
  size_t saved = 0;    // from a training forward to its backward
  size_t scratch = 0;  // during one call
  size_t lane_scratch = 0;  // during one call, for each lane
};
struct DemandQuery {
  DType dtype = DType::f32;
  int64_t batch = 1;
  bool training = false;
  // Training only: which inputs need a gradient.
  std::span<const bool> needs_dx;
};

// Per-channel affine map that a following batch norm is at inference: y = x * scale[c] + shift[c].
template <class T> struct Affine {
  const T* scale = nullptr;
  const T* shift = nullptr;
};

// prepare(): called whenever parameters or state have changed since the last call.
template <class T> struct PreparePass {
  Executor& exec;
  bool training;
  std::span<const T* const> params;
  std::span<const T* const> state;
  Affine<T> fold;  // inference only; set when absorbs_affine() and the planner folded a batch norm
  std::byte* packed;
  std::byte* scratch;  // Demand::scratch bytes
};

template <class T> struct ForwardPass {
  Executor& exec;
  int64_t batch;
  bool training;
  std::span<const T* const> x;
  T* y;
  std::span<const T* const> params;
  std::span<T* const> state;  // written in training only
  const std::byte* packed;
  std::byte* saved;  // training only
  std::byte* scratch;
  std::byte* lane_scratch;  // lane i at lane_scratch + i * Demand::lane_scratch
  size_t lane_stride;
  RandomKey key;         // seed, training step and stream of the node; the purpose is the layer's to set
  uint32_t first_sample;  // RandomKey::draw's `sample` of sample 0 of this batch
};

template <class T> struct BackwardPass {
  Executor& exec;
  int64_t batch;
  std::span<const T* const> x;  // valid where backward_reads_x
  const T* y;                   // valid where backward_reads_y
  T* dy;                        // the layer may overwrite it
  std::span<T* const> dx;       // null where no gradient is wanted
  std::span<const bool> accumulate;  // add to dx[i] instead of overwriting it (where Traits::accumulates)
  std::span<const T* const> params;
  std::span<T* const> dparams;  // overwritten; null where no gradient is wanted
  std::span<const T* const> state;
  const std::byte* packed;
  std::byte* saved;
  std::byte* scratch;
  std::byte* lane_scratch;
  size_t lane_stride;
  RandomKey key;
  uint32_t first_sample;
};

class Layer {
 public:
  virtual ~Layer() = default;

  // The name in files and messages: "conv2d".
  virtual std::string_view kind() const = 0;
  virtual std::unique_ptr<Layer> clone() const = 0;
  virtual void attributes(AttributeVisitor& visitor) = 0;

  // Checks attributes and input shapes, remembers sizes, returns the output's shape. Raises Error with a
  // message that says what was expected and found (the caller puts kind and name in front).
  virtual Shape setup(std::span<const Shape> inputs) = 0;

  // All below: after setup().
  virtual std::vector<Parameter> parameters() const { return {}; }
  virtual std::vector<State> state() const { return {}; }
  virtual Traits traits() const { return {}; }
  virtual Demand demand(const DemandQuery&) const { return {}; }
  virtual int64_t multiply_adds() const { return 0; }
  // The penalty on its output, which the trainer adds to the loss as the mean over the batch.
  virtual Regularizer activity() const { return {}; }
  // One word about how it computes in that type, for summaries: "im2col"; empty where there is no choice.
  virtual std::string algorithm(DType) const { return {}; }

  // Fusion. absorb_activation: from now on apply `activation` to the output (false: cannot, unchanged). In
  // training the planner offers only those whose derivative comes from the output.
  virtual bool absorb_activation(Activation) { return false; }
  // The activation that this layer is, when it is nothing else.
  virtual Activation as_activation() const { return Activation::linear; }
  // Whether prepare() honours PreparePass::fold.
  virtual bool absorbs_affine() const { return false; }
  // Whether at inference this layer is a per-channel affine map, which affine() then computes into
  // `scale` and `shift` (one value per channel each).
  virtual bool is_affine_at_inference() const { return false; }
  virtual void affine(std::span<const float* const>, std::span<const float* const>, float*, float*) const {}
  virtual void affine(std::span<const double* const>, std::span<const double* const>, double*,
                      double*) const {}

  virtual void prepare(const PreparePass<float>&) const {}
  virtual void prepare(const PreparePass<double>&) const {}
  virtual void forward(const ForwardPass<float>&) const = 0;
  virtual void forward(const ForwardPass<double>&) const = 0;
  virtual void backward(const BackwardPass<float>&) const = 0;
  virtual void backward(const BackwardPass<double>&) const = 0;
};

// Writes the virtuals of a layer once for both element types: derive from Typed<Me> and give
// `template <class T> void run_forward(const ForwardPass<T>&) const`, likewise run_backward and, where
// there is something to pack, run_prepare. Me must be copyable.
template <class Me> class Typed : public Layer {
 public:
  std::unique_ptr<Layer> clone() const override { return std::make_unique<Me>(me()); }
  void prepare(const PreparePass<float>& p) const override { do_prepare(p); }
  void prepare(const PreparePass<double>& p) const override { do_prepare(p); }
  void forward(const ForwardPass<float>& p) const override { me().run_forward(p); }
  void forward(const ForwardPass<double>& p) const override { me().run_forward(p); }
  void backward(const BackwardPass<float>& p) const override { me().run_backward(p); }
  void backward(const BackwardPass<double>& p) const override { me().run_backward(p); }

 private:
  const Me& me() const { return static_cast<const Me&>(*this); }
  template <class P> void do_prepare(const P& p) const {
    if constexpr (requires { me().run_prepare(p); }) me().run_prepare(p);
  }
};

// Raises invalid_argument unless there are exactly `n` inputs.
void expect_inputs(std::span<const Shape> inputs, size_t n);
// Raises invalid_argument unless `shape` is height x width x channels, with no empty extent.
void expect_image(const Shape& shape);
// Raises invalid_argument where a lambda is negative or no number.
void expect_regularizers(const Regularizer& kernel, const Regularizer& bias,
                         const Regularizer& activity = {});
// Raises invalid_argument where a sample would take more than 2^46 multiply-adds: a network's sum of them is
// then a number, too.
void expect_few_products(int64_t outputs, int64_t each);
// Raises invalid_argument for an activation whose derivative needs its input, in a layer that keeps its
// output only.
void expect_derivative_from_output(Activation activation);
// The initializer that `given` stands for: resolves `automatic` by the activation that follows.
Initializer resolve_kernel_initializer(const Initializer& given, Activation activation);
Initializer resolve_bias_initializer(const Initializer& given);

}  // namespace fovea::layers
