// Dropout. The mask is a pure function of (seed, step, stream, sample, element), so it does not depend on how
// the batch is cut. It is drawn once, in the forward pass, and kept as one bit per element: drawing it again
// for the backward pass takes five times as long as applying it. May use: layers/layer.h, kernels.
#include <algorithm>

#include "base/error.h"
#include "kernels/dropout.h"
#include "layers/blocks.h"
#include "layers/layer.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

class Dropout final : public Typed<Dropout> {
 public:
  explicit Dropout(const DropoutAttributes& attributes) : a_(attributes) {}
  std::string_view kind() const override { return "dropout"; }
  void attributes(AttributeVisitor& v) override {
    v.field("rate", a_.rate);
    v.field("scale_at_test", a_.scale_at_test);
  }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    FOVEA_REQUIRE(a_.rate >= 0 && a_.rate < 1, "rate is %g, expected at least 0 and below 1", a_.rate);
    n_ = inputs[0].elements();
    // Draws are numbered in 32 bits, in blocks of four.
    FOVEA_REQUIRE(n_ <= int64_t{1} << 34, "%lld elements in a sample are too many, expected at most 2^34",
                  static_cast<long long>(n_));
    words_ = blocks_of(n_, kernels::kMaskBits);
    return inputs[0];
  }
  Traits traits() const override {
    return {.in_place = true, .backward_in_place = true, .accumulates = true, .draws = true};
  }
  Demand demand(const DemandQuery& q) const override {
    return {.saved =
                q.training && a_.rate > 0 ? static_cast<size_t>(q.batch * words_) * sizeof(uint32_t) : 0};
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    const T* const x = p.x[0];
    if (!p.training || a_.rate == 0) {
      const double factor = a_.scale_at_test && !p.training ? 1 - a_.rate : 1;
      if (factor == 1 && p.y == x) return;
      for_elements(p.exec, p.batch * n_, [&](int64_t i, int64_t n) {
        if (factor == 1)
          std::copy_n(x + i, n, p.y + i);
        else
          kernels::scale(n, factor, x + i, p.y + i);
      });
      return;
    }
    RandomKey key = p.key;
    key.purpose = Purpose::dropout;
    const auto threshold = static_cast<uint32_t>(std::min(a_.rate * 0x1p32, 0x1p32 - 1));
    uint32_t* const mask = reinterpret_cast<uint32_t*>(p.saved);
    for_pieces(p.exec, p.batch, [&](int64_t sample, int64_t word, int64_t words) {
      uint32_t* const bits = mask + sample * words_ + word;
      kernels::random_mask(key, p.first_sample + static_cast<uint32_t>(sample), word, words, threshold, bits);
      const int64_t at = sample * n_ + word * kernels::kMaskBits;
      kernels::apply_mask(elements(word, words), bits, training_factor(), x + at, p.y + at);
    });
  }

  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    T* const dx = p.dx[0];
    if (dx == nullptr) return;
    if (a_.rate == 0) {
      for_elements(p.exec, p.batch * n_,
                   [&](int64_t i, int64_t n) { deliver(n, p.dy + i, p.accumulate[0], dx + i); });
      return;
    }
    const uint32_t* const mask = reinterpret_cast<const uint32_t*>(p.saved);
    T* const target = p.accumulate[0] ? p.dy : dx;
    for_pieces(p.exec, p.batch, [&](int64_t sample, int64_t word, int64_t words) {
      const int64_t at = sample * n_ + word * kernels::kMaskBits, n = elements(word, words);
      kernels::apply_mask(n, mask + sample * words_ + word, training_factor(), p.dy + at, target + at);
      if (p.accumulate[0]) kernels::accumulate(n, target + at, dx + at);
    });
  }

 private:
  static constexpr int64_t kWordsPerTask = kernels::kElementsPerTask / kernels::kMaskBits;

  double training_factor() const { return a_.scale_at_test ? 1 : 1 / (1 - a_.rate); }
  int64_t elements(int64_t word, int64_t words) const {
    return std::min(words * kernels::kMaskBits, n_ - word * kernels::kMaskBits);
  }
  // f(sample, first word, words) over the batch: large samples in pieces, small ones several to a task.
  template <class F>
  void for_pieces(Executor& exec, int64_t batch, F&& f) const {
    const int64_t pieces = blocks_of(words_, kWordsPerTask);
    for_blocks(exec, batch * pieces, rows_per_task(words_, kWordsPerTask), [&](int64_t first, int64_t count) {
      for (int64_t i = first; i < first + count; ++i) {
        const int64_t word = i % pieces * kWordsPerTask;
        f(i / pieces, word, std::min(kWordsPerTask, words_ - word));
      }
    });
  }

  DropoutAttributes a_;
  int64_t n_ = 0;      // elements of one sample
  int64_t words_ = 0;  // of a sample's mask
};

}  // namespace

std::unique_ptr<Layer> make_dropout(const DropoutAttributes& attributes) {
  return std::make_unique<Dropout>(attributes);
}

}  // namespace fovea::layers
