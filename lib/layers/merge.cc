// Layers with several inputs: the sum, with an activation fused behind it (the end of a residual block), and
// the concatenation of channels.
// May use: layers/layer.h, kernels.
#include <algorithm>
#include <vector>

#include "base/error.h"
#include "layers/blocks.h"
#include "layers/layer.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

class Add final : public Typed<Add> {
 public:
  std::string_view kind() const override { return "add"; }
  void attributes(AttributeVisitor& v) override { v.choice("activation", f_, kernels::kActivationNames); }

  Shape setup(std::span<const Shape> inputs) override {
    FOVEA_REQUIRE(inputs.size() >= 2, "expects two or more inputs, found %zu", inputs.size());
    expect_derivative_from_output(f_);
    for (size_t i = 1; i < inputs.size(); ++i)
      FOVEA_REQUIRE(inputs[i] == inputs[0], "expects inputs of one shape, found %s and %s (input %zu)",
                    inputs[0].text().c_str(), inputs[i].text().c_str(), i);
    n_ = inputs[0].elements();
    return inputs[0];
  }
  Traits traits() const override {
    return {.backward_reads_y = f_ != Activation::linear,
            .in_place = true,
            .backward_in_place = true,
            .accumulates = true};
  }
  bool absorb_activation(Activation f) override {
    if (f_ != Activation::linear) return false;
    f_ = f;
    return true;
  }

  // Passes over a chunk that stays in the first-level cache; memory sees each tensor once.
  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    for_chunks(p.exec, p.batch * n_, [&](int64_t i, int64_t n) {
      T* const y = p.y + i;
      kernels::add(n, p.x[0] + i, p.x[1] + i, y);
      for (size_t k = 2; k < p.x.size(); ++k) kernels::accumulate(n, p.x[k] + i, y);
      if (f_ != Activation::linear) kernels::activate(f_, n, y, y);
    });
  }

  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    for_chunks(p.exec, p.batch * n_, [&](int64_t i, int64_t n) {
      T* const dy = p.dy + i;
      if (f_ != Activation::linear) kernels::activate_backward(f_, n, p.y + i, dy, dy);
      for (size_t k = 0; k < p.dx.size(); ++k)
        if (p.dx[k] != nullptr) deliver(n, dy, p.accumulate[k], p.dx[k] + i);
    });
  }

 private:
  template <class F>
  static void for_chunks(Executor& exec, int64_t n, F&& f) {
    constexpr int64_t kChunk = 2048;
    for_elements(exec, n, [&](int64_t first, int64_t count) {
      for (int64_t i = 0; i < count; i += kChunk) f(first + i, std::min(kChunk, count - i));
    });
  }

  Activation f_ = Activation::linear;
  int64_t n_ = 0;  // elements of one sample
};

class Concat final : public Typed<Concat> {
 public:
  std::string_view kind() const override { return "concat"; }
  void attributes(AttributeVisitor&) override {}

  Shape setup(std::span<const Shape> inputs) override {
    FOVEA_REQUIRE(!inputs.empty(), "expects at least one input, found none");
    const Shape& first = inputs[0];
    const int rank = first.rank();
    FOVEA_REQUIRE(rank >= 1, "expects inputs with at least one axis, found %s", first.text().c_str());
    channels_.clear();
    total_ = 0;
    for (const Shape& shape : inputs) {
      const auto leading = [&](const Shape& s) { return s.extents().first(static_cast<size_t>(rank - 1)); };
      FOVEA_REQUIRE(shape.rank() == rank && std::ranges::equal(leading(shape), leading(first)),
                    "expects inputs that differ in the last axis only, found %s and %s", first.text().c_str(),
                    shape.text().c_str());
      channels_.push_back(shape[rank - 1]);
      total_ += channels_.back();
    }
    std::vector<int64_t> extents(first.extents().begin(), first.extents().end());
    extents.back() = total_;
    const Shape output(extents);
    rows_ = total_ == 0 ? 0 : output.elements() / total_;
    return output;
  }
  Traits traits() const override { return {.accumulates = true}; }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    for_blocks(p.exec, p.batch * rows_, rows_per_task(total_), [&](int64_t row, int64_t rows) {
      T* y = p.y + row * total_;
      for (size_t k = 0; k < channels_.size(); y += channels_[k++]) {
        const T* const x = p.x[k] + row * channels_[k];
        for (int64_t r = 0; r < rows; ++r) std::copy_n(x + r * channels_[k], channels_[k], y + r * total_);
      }
    });
  }

  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    for_blocks(p.exec, p.batch * rows_, rows_per_task(total_), [&](int64_t row, int64_t rows) {
      const T* dy = p.dy + row * total_;
      for (size_t k = 0; k < channels_.size(); dy += channels_[k++]) {
        if (p.dx[k] == nullptr) continue;
        T* const dx = p.dx[k] + row * channels_[k];
        for (int64_t r = 0; r < rows; ++r)
          deliver(channels_[k], dy + r * total_, p.accumulate[k], dx + r * channels_[k]);
      }
    });
  }

 private:
  std::vector<int64_t> channels_;  // of each input
  int64_t total_ = 0;
  int64_t rows_ = 0;  // pixels of one sample
};

}  // namespace

std::unique_ptr<Layer> make_add() {
  return std::make_unique<Add>();
}
std::unique_ptr<Layer> make_concat() {
  return std::make_unique<Concat>();
}

}  // namespace fovea::layers
