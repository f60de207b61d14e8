// DropConnect (Wan et al. 2013): a dense or convolutional layer whose kernel loses single weights in
// training. It wraps the layer: the kernel is masked in memory of its own, packed, and handed on in the place
// of the parameters. One mask for each step, a pure function of (seed, step, stream, weight). May use:
// layers/layer.h, kernels.
#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/memory.h"
#include "kernels/dropout.h"
#include "layers/blocks.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

class DropConnect final : public Typed<DropConnect> {
 public:
  DropConnect(std::unique_ptr<Layer> inner, double rate)
      : inner_(std::move(inner)), rate_(rate), kind_("drop_connect_" + std::string(inner_->kind())) {}
  DropConnect(const DropConnect& other)
      : inner_(other.inner_->clone()),
        rate_(other.rate_),
        kind_(other.kind_),
        weights_(other.weights_),
        parameters_(other.parameters_),
        packed_{other.packed_[0], other.packed_[1]} {}

  std::string_view kind() const override { return kind_; }
  void attributes(AttributeVisitor& v) override {
    inner_->attributes(v);
    v.field("drop_connect", rate_);
  }

  Shape setup(std::span<const Shape> inputs) override {
    FOVEA_REQUIRE(rate_ >= 0 && rate_ < 1, "drop_connect is %g, expected at least 0 and below 1", rate_);
    const Shape out = inner_->setup(inputs);
    const std::vector<Parameter> list = inner_->parameters();
    weights_ = list[0].shape.elements();
    parameters_ = list.size();
    // Packed weights do not depend on the batch.
    for (DType dtype : {DType::f32, DType::f64})
      packed_[dtype == DType::f64] = align_up(inner_->demand({dtype, 1, true, {}}).packed);
    FOVEA_REQUIRE(parameters_ <= kMostParameters, "%zu parameters are too many", parameters_);
    FOVEA_REQUIRE(weights_ <= int64_t{1} << 34, "%lld weights are too many, expected at most 2^34",
                  static_cast<long long>(weights_));
    return out;
  }
  std::vector<Parameter> parameters() const override { return inner_->parameters(); }
  Regularizer activity() const override { return inner_->activity(); }
  Traits traits() const override {
    Traits traits = inner_->traits();
    traits.draws = true;
    return traits;
  }
  int64_t multiply_adds() const override { return inner_->multiply_adds(); }
  std::string algorithm(DType dtype) const override { return inner_->algorithm(dtype); }
  bool absorb_activation(Activation f) override { return inner_->absorb_activation(f); }
  bool absorbs_affine() const override { return inner_->absorbs_affine(); }

  Demand demand(const DemandQuery& q) const override {
    Demand d = inner_->demand(q);
    if (!q.training) return d;
    d.saved += mask_bytes() + kernel_bytes(size_of(q.dtype)) + packed_[q.dtype == DType::f64];
    d.packed = 0;
    return d;
  }

  template <class T>
  void run_prepare(const PreparePass<T>& p) const {
    if (!p.training) inner_->prepare(p);
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    if (!p.training) return inner_->forward(p);
    const Saved<T> s = saved_in<T>(p.saved);
    draw(p, s);
    const T* params[kMostParameters];
    replace(p.params, s.kernel, params);
    PreparePass<T> prepare{p.exec, true, {params, parameters_}, {}, {}, s.packed, p.scratch};
    inner_->prepare(prepare);
    ForwardPass<T> pass = p;
    pass.params = {params, parameters_};
    pass.packed = s.packed;
    pass.saved = s.rest;
    inner_->forward(pass);
  }

  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    const Saved<T> s = saved_in<T>(p.saved);
    const T* params[kMostParameters];
    replace(p.params, s.kernel, params);
    BackwardPass<T> pass = p;
    pass.params = {params, parameters_};
    pass.packed = s.packed;
    pass.saved = s.rest;
    inner_->backward(pass);
    T* const dkernel = p.dparams[0];
    if (dkernel == nullptr) return;
    for_words(p.exec, [&](int64_t word, int64_t, int64_t at, int64_t n) {
      kernels::apply_mask(n, s.mask + word, factor(), dkernel + at, dkernel + at);
    });
  }

 private:
  static constexpr size_t kMostParameters = 2;  // kernel, bias

  // Of a training step: the mask, the masked kernel, and what the inner layer packs and saves.
  template <class T>
  struct Saved {
    uint32_t* mask;
    T* kernel;
    std::byte *packed, *rest;
  };

  double factor() const { return 1 / (1 - rate_); }
  int64_t words() const { return blocks_of(weights_, kernels::kMaskBits); }
  size_t mask_bytes() const { return align_up(static_cast<size_t>(words()) * sizeof(uint32_t)); }
  size_t kernel_bytes(size_t element) const { return align_up(static_cast<size_t>(weights_) * element); }
  template <class T>
  Saved<T> saved_in(std::byte* memory) const {
    std::byte* const kernel = memory + mask_bytes();
    std::byte* const packed = kernel + kernel_bytes(sizeof(T));
    return {reinterpret_cast<uint32_t*>(memory), reinterpret_cast<T*>(kernel), packed,
            packed + packed_[sizeof(T) == 8]};
  }

  template <class T>
  void replace(std::span<const T* const> given, const T* kernel, const T** params) const {
    std::copy(given.begin(), given.end(), params);
    params[0] = kernel;
  }

  template <class T>
  void draw(const ForwardPass<T>& p, const Saved<T>& s) const {
    RandomKey key = p.key;
    key.purpose = Purpose::dropout;
    const auto threshold = static_cast<uint32_t>(std::min(rate_ * 0x1p32, 0x1p32 - 1));
    for_words(p.exec, [&](int64_t word, int64_t count, int64_t at, int64_t n) {
      kernels::random_mask(key, 0, word, count, threshold, s.mask + word);
      kernels::apply_mask(n, s.mask + word, factor(), p.params[0] + at, s.kernel + at);
    });
  }
  // f(first word, words, first weight, weights) over the mask.
  template <class F>
  void for_words(Executor& exec, F&& f) const {
    for_blocks(exec, words(), kernels::kElementsPerTask / kernels::kMaskBits,
               [&](int64_t word, int64_t count) {
                 const int64_t at = word * kernels::kMaskBits;
                 f(word, count, at, std::min(count * kernels::kMaskBits, weights_ - at));
               });
  }

  std::unique_ptr<Layer> inner_;
  double rate_;
  std::string kind_;
  int64_t weights_ = 0;
  size_t parameters_ = 0;
  size_t packed_[2] = {};  // bytes, in f32 and f64
};

}  // namespace

std::unique_ptr<Layer> make_drop_connect(std::unique_ptr<Layer> inner, double rate) {
  return std::make_unique<DropConnect>(std::move(inner), rate);
}

}  // namespace fovea::layers
