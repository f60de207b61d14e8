// Layers with several inputs: the sum, with an activation fused behind it (the end of a residual block),
// difference, product, mean and maximum, and the concatenation of channels.
// May use: layers/layer.h, kernels.
#include <algorithm>
#include <vector>

#include "base/error.h"
#include "kernels/copy.h"
#include "kernels/merge.h"
#include "layers/blocks.h"
#include "layers/layer.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

// Two or more inputs of one shape, which is returned.
Shape expect_equal_shapes(std::span<const Shape> inputs) {
  FOVEA_REQUIRE(inputs.size() >= 2, "expects two or more inputs, found %zu", inputs.size());
  for (size_t i = 1; i < inputs.size(); ++i)
    FOVEA_REQUIRE(inputs[i] == inputs[0], "expects inputs of one shape, found %s and %s (input %zu)",
                  inputs[0].text().c_str(), inputs[i].text().c_str(), i);
  return inputs[0];
}

// f(first, count) over chunks that stay in the first-level cache, so that memory sees each tensor once,
// whatever the number of passes.
template <class F>
void for_chunks(Executor& exec, int64_t n, F&& f) {
  constexpr int64_t kChunk = 2048;
  for_elements(exec, n, [&](int64_t first, int64_t count) {
    for (int64_t i = 0; i < count; i += kChunk) f(first + i, std::min(kChunk, count - i));
  });
}

class Add final : public Typed<Add> {
 public:
  std::string_view kind() const override { return "add"; }
  void attributes(AttributeVisitor& v) override { v.choice("activation", f_, kernels::kActivationNames); }

  Shape setup(std::span<const Shape> inputs) override {
    expect_derivative_from_output(f_);
    n_ = expect_equal_shapes(inputs).elements();
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
  Activation f_ = Activation::linear;
  int64_t n_ = 0;  // elements of one sample
};

class Subtract final : public Typed<Subtract> {
 public:
  std::string_view kind() const override { return "subtract"; }
  void attributes(AttributeVisitor&) override {}

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 2);
    n_ = expect_equal_shapes(inputs).elements();
    return inputs[0];
  }
  Traits traits() const override {
    return {.in_place = true, .backward_in_place = true, .accumulates = true};
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    for_elements(p.exec, p.batch * n_,
                 [&](int64_t i, int64_t n) { kernels::subtract(n, p.x[0] + i, p.x[1] + i, p.y + i); });
  }

  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    for_chunks(p.exec, p.batch * n_, [&](int64_t i, int64_t n) {
      if (p.dx[1] != nullptr) {
        if (p.accumulate[1])
          kernels::subtract(n, p.dx[1] + i, p.dy + i, p.dx[1] + i);
        else
          kernels::scale(n, -1, p.dy + i, p.dx[1] + i);
      }
      if (p.dx[0] != nullptr) deliver(n, p.dy + i, p.accumulate[0], p.dx[0] + i);
    });
  }

 private:
  int64_t n_ = 0;  // elements of one sample
};

class Average final : public Typed<Average> {
 public:
  std::string_view kind() const override { return "average"; }
  void attributes(AttributeVisitor&) override {}

  Shape setup(std::span<const Shape> inputs) override {
    n_ = expect_equal_shapes(inputs).elements();
    share_ = 1.0 / static_cast<double>(inputs.size());
    return inputs[0];
  }
  Traits traits() const override {
    return {.in_place = true, .backward_in_place = true, .accumulates = true};
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    for_chunks(p.exec, p.batch * n_, [&](int64_t i, int64_t n) {
      T* const y = p.y + i;
      kernels::add(n, p.x[0] + i, p.x[1] + i, y);
      for (size_t k = 2; k < p.x.size(); ++k) kernels::accumulate(n, p.x[k] + i, y);
      kernels::scale(n, share_, y, y);
    });
  }

  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    for_chunks(p.exec, p.batch * n_, [&](int64_t i, int64_t n) {
      kernels::scale(n, share_, p.dy + i, p.dy + i);
      for (size_t k = 0; k < p.dx.size(); ++k)
        if (p.dx[k] != nullptr) deliver(n, p.dy + i, p.accumulate[k], p.dx[k] + i);
    });
  }

 private:
  int64_t n_ = 0;  // elements of one sample
  double share_ = 1;
};

class Maximum final : public Typed<Maximum> {
 public:
  std::string_view kind() const override { return "maximum"; }
  void attributes(AttributeVisitor&) override {}

  Shape setup(std::span<const Shape> inputs) override {
    n_ = expect_equal_shapes(inputs).elements();
    return inputs[0];
  }
  Traits traits() const override {
    return {.backward_reads_x = true, .backward_reads_y = true, .accumulates = true};
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    for_chunks(p.exec, p.batch * n_, [&](int64_t i, int64_t n) {
      kernels::maximum(n, p.x[0] + i, p.x[1] + i, p.y + i);
      for (size_t k = 2; k < p.x.size(); ++k) kernels::maximum(n, p.y + i, p.x[k] + i, p.y + i);
    });
  }

  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    for_chunks(p.exec, p.batch * n_, [&](int64_t i, int64_t n) {
      for (size_t k = 0; k < p.dx.size(); ++k)
        kernels::maximum_backward(n, p.y + i, p.x[k] + i, p.dy + i, p.accumulate[k],
                                  p.dx[k] == nullptr ? nullptr : p.dx[k] + i);
    });
  }

 private:
  int64_t n_ = 0;  // elements of one sample
};

// The product of two tensors of one shape, or of a tensor and one factor for each of its channels (C, or 1 x
// 1 x C), on either side: then dfactor = sum over the pixels of dy * x.
class Multiply final : public Typed<Multiply> {
 public:
  std::string_view kind() const override { return "multiply"; }
  void attributes(AttributeVisitor&) override {}

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 2);
    broadcast_ = !(inputs[0] == inputs[1]);
    big_ = broadcast_ && factors(inputs[0], inputs[1]) ? 1 : 0;
    const Shape& shape = inputs[big_];
    FOVEA_REQUIRE(!broadcast_ || factors(inputs[1 - big_], shape),
                  "expects two inputs of one shape, or one factor for each channel, found %s and %s",
                  inputs[0].text().c_str(), inputs[1].text().c_str());
    channels_ = shape.rank() == 0 ? 1 : shape[shape.rank() - 1];
    rows_ = shape.elements() / channels_;
    return shape;
  }
  Traits traits() const override {
    // In place at inference only, since backward reads both factors.
    return {.backward_reads_x = true, .in_place = big_ == 0, .accumulates = true};
  }
  Demand demand(const DemandQuery& q) const override {
    const bool sums = broadcast_ && q.training;
    return {.scratch = sums ? static_cast<size_t>(q.batch * channels_) * size_of(q.dtype) : 0};
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    if (!broadcast_) {
      for_elements(p.exec, p.batch * rows_ * channels_,
                   [&](int64_t i, int64_t n) { kernels::multiply(n, p.x[0] + i, p.x[1] + i, p.y + i); });
      return;
    }
    for_pieces(p.exec, p.batch, [&](int64_t image, int64_t row, int64_t rows) {
      const int64_t at = (image * rows_ + row) * channels_;
      kernels::multiply_channels(rows, channels_, p.x[big_] + at, p.x[1 - big_] + image * channels_, false,
                                 p.y + at);
    });
  }

  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    if (broadcast_) return backward_channels(p);
    for_elements(p.exec, p.batch * rows_ * channels_, [&](int64_t i, int64_t n) {
      for (size_t k = 0; k < 2; ++k) {
        if (p.dx[k] == nullptr) continue;
        if (p.accumulate[k])
          kernels::multiply_add(n, p.dy + i, p.x[1 - k] + i, p.dx[k] + i);
        else
          kernels::multiply(n, p.dy + i, p.x[1 - k] + i, p.dx[k] + i);
      }
    });
  }

 private:
  // Whether `small` has one value for each channel of `big`.
  static bool factors(const Shape& small, const Shape& big) {
    if (small.rank() == 0 || big.rank() == 0) return false;
    const int64_t channels = big[big.rank() - 1];
    return small[small.rank() - 1] == channels && small.elements() == channels &&
           (small.rank() == 1 || small.rank() == big.rank());
  }

  template <class T>
  void backward_channels(const BackwardPass<T>& p) const {
    const size_t small = 1 - big_;
    if (p.dx[big_] != nullptr)
      for_pieces(p.exec, p.batch, [&](int64_t image, int64_t row, int64_t rows) {
        const int64_t at = (image * rows_ + row) * channels_;
        kernels::multiply_channels(rows, channels_, p.dy + at, p.x[small] + image * channels_,
                                   p.accumulate[big_], p.dx[big_] + at);
      });
    if (p.dx[small] == nullptr) return;
    T* const sums = reinterpret_cast<T*>(p.scratch);
    for_blocks(p.exec, p.batch, rows_per_task(rows_ * channels_), [&](int64_t first, int64_t count) {
      for (int64_t image = first; image < first + count; ++image) {
        const int64_t at = image * rows_ * channels_;
        kernels::column_dots(rows_, channels_, p.dy + at, p.x[big_] + at, sums + image * channels_);
        deliver(channels_, sums + image * channels_, p.accumulate[small], p.dx[small] + image * channels_);
      }
    });
  }

  // f(image, first row, rows) over the batch: large images in pieces, small ones several to a task.
  template <class F>
  void for_pieces(Executor& exec, int64_t batch, F&& f) const {
    const int64_t piece = rows_per_task(channels_), pieces = blocks_of(rows_, piece);
    for_blocks(exec, batch * pieces, rows_per_task(std::min(piece, rows_) * channels_),
               [&](int64_t first, int64_t count) {
                 for (int64_t i = first; i < first + count; ++i) {
                   const int64_t row = i % pieces * piece;
                   f(i / pieces, row, std::min(piece, rows_ - row));
                 }
               });
  }

  bool broadcast_ = false;
  size_t big_ = 0;  // the input that has the output's shape
  int64_t rows_ = 0, channels_ = 0;
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
        kernels::copy_rows(rows, channels_[k], x, channels_[k], false, y, total_);
      }
    });
  }

  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    for_blocks(p.exec, p.batch * rows_, rows_per_task(total_), [&](int64_t row, int64_t rows) {
      const T* dy = p.dy + row * total_;
      for (size_t k = 0; k < channels_.size(); dy += channels_[k++]) {
        if (p.dx[k] == nullptr) continue;
        kernels::copy_rows(rows, channels_[k], dy, total_, p.accumulate[k], p.dx[k] + row * channels_[k],
                           channels_[k]);
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
std::unique_ptr<Layer> make_subtract() {
  return std::make_unique<Subtract>();
}
std::unique_ptr<Layer> make_multiply() {
  return std::make_unique<Multiply>();
}
std::unique_ptr<Layer> make_average() {
  return std::make_unique<Average>();
}
std::unique_ptr<Layer> make_maximum() {
  return std::make_unique<Maximum>();
}
std::unique_ptr<Layer> make_concat() {
  return std::make_unique<Concat>();
}

}  // namespace fovea::layers
