// The loss of a batch: value, gradient with respect to the network's output, and hits. May use: base, graph,
// kernels, train/custom_loss.h.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/dtype.h"
#include "graph/graph.h"
#include "train/custom_loss.h"
#include "train/mix.h"

namespace fovea::train {

// Values are those of fv_loss.
enum class Loss : int32_t {
  softmax_cross_entropy = 1,
  mean_squared_error = 2,
  binary_cross_entropy = 3,
  focal = 4,
  mean_absolute_error = 5,
  huber = 6,
  smooth_l1 = 7,
  kl_divergence = 8,
  hinge = 9,
  cosine = 10,
  host_gradient = 11,  // no loss: the host gives the gradient
  custom = 12,         // one that the host has registered
};
inline constexpr const char* kLossNames[] = {nullptr,
                                             "softmax_cross_entropy",
                                             "mean_squared_error",
                                             "binary_cross_entropy",
                                             "focal",
                                             "mean_absolute_error",
                                             "huber",
                                             "smooth_l1",
                                             "kl_divergence",
                                             "hinge",
                                             "cosine",
                                             "host_gradient",
                                             "custom"};

// What fv_loss_desc says.
struct LossOptions {
  Loss loss = Loss::softmax_cross_entropy;
  std::string output;  // node; empty: the model's output of the same number
  double weight = 1;
  bool sum = false;  // over the batch, instead of its mean
  double label_smoothing = 0;
  std::vector<double> class_weights;     // empty: all 1
  std::vector<double> positive_weights;  // of binary cross-entropy, along the last axis; empty: all 1
  bool ignores = false;
  int32_t ignored_label = 0;
  double delta = 1;
  double gamma = 2;
  double alpha = 0.25;  // negative: none
  double margin = 1;
  bool squared = false;
  std::string custom;                         // its name
  std::shared_ptr<const CustomLoss> of_host;  // what resolve() has found
};

// Looks a custom loss up; raises not_found where the context has none of that name.
void resolve(const Context& context, LossOptions& options);
// One of the library's losses with default options on the rows that a host's loss is asked for.
void own_loss(Loss loss, const LossRows& rows);
// Computed over the last axis, for each place of the others; the other losses take a sample as a whole.
bool is_over_classes(const LossOptions& options);
// How many classes labels may be of: those that a row's outputs stand for; where a sample has a single output
// it is a decision, of "no" and "yes".
int64_t label_classes(const LossOptions& options, const Shape& output);
// Raises invalid_argument unless the numbers make sense for that loss on outputs of this shape.
void check_loss(const LossOptions& options, const Shape& output);
// And refuses an output that the loss is not for.
void check_output(const graph::Node& output, const std::optional<LossOptions>& loss);

struct BatchLoss {
  double sum = 0;       // of the rows' weighted losses, in the order of the rows
  double weight = 0;    // of the rows: the mean is sum / weight
  int64_t correct = 0;  // samples whose prediction is the label; -1 without a label for each
};

// Memory for one batch's targets and per-row results. A row is what one loss is computed from: a sample, or
// for the losses over classes each pixel of it.
class Objective {
 public:
  // `output` is the shape of one sample of the output. `dense`: the targets are tensors, not labels. `mixes`:
  // mix() will be called.
  Objective(const Context& context, const LossOptions& options, DType dtype, const Shape& output, bool dense,
            int64_t max_batch, bool mixes = false);

  const LossOptions& options() const { return options_; }
  bool dense() const { return dense_; }
  int64_t rows_per_sample() const { return rows_per_sample_; }
  int64_t columns() const { return columns_; }
  int64_t label_classes() const { return label_classes_; }
  int32_t* labels() const { return labels_.as<int32_t>(); }
  void* targets() const { return targets_.data(); }

  // Until the next call: a sample's target is `share` of its own and the rest of its neighbour's, as Mix
  // says. Given targets are changed at once.
  void mix(Executor& executor, int64_t batch, const Mix& mix);

  // Whether a label may stand among the targets: a class, or the ignored one.
  bool accepts(int64_t label) const;

  // Reads `output` and the targets; where `gradient` is not null, writes the gradient of options().weight
  // times the batch's mean loss (or sum). `sample_weights`: one per sample, or null: 1.
  BatchLoss evaluate(Executor& executor, int64_t batch, const double* sample_weights, const void* output,
                     void* gradient) const;
  // The mean, or the sum where that is asked for; 0 where nothing has a weight.
  double value(const BatchLoss& loss) const;
  // Each row's class: its label, of mixed ones that of the larger share.
  const int32_t* classes() const {
    return mixed_labels_.bytes() == 0 ? labels() : mixed_labels_.as<int32_t>();
  }
  // What each row's largest output is, of a decision whether it is yes, after evaluate() on labels; -1 where
  // there is NaN.
  const int32_t* predictions() const { return predictions_.as<int32_t>(); }

 private:
  void write_positive_weights();
  int32_t neighbours_label(int64_t row) const { return labels()[row + 1 < mixed_batch_ ? row + 1 : 0]; }
  double weigh_rows(int64_t batch, const double* sample_weights) const;
  template <class T>
  void predict(int64_t begin, int64_t end, const T* output) const;
  template <class T>
  void rows(int64_t begin, int64_t end, double scale, const T* output, T* gradient) const;
  template <class T>
  void write_targets(int64_t begin, int64_t end) const;
  template <class T>
  void run(int64_t begin, int64_t count, double scale, const T* x, T* dx) const;
  template <class T>
  void run_custom(int64_t count, double scale, const T* x, T* dx) const;

  LossOptions options_;
  DType dtype_;
  Shape output_;  // of one sample
  int64_t rows_per_sample_, columns_, label_classes_;
  bool dense_;
  double share_ = 1;  // of a sample's own label in its target
  int64_t mixed_batch_ = 0;
  bool labels_to_targets_;  // the loss is computed from rows of targets that are made out of labels
  Buffer labels_;           // int32 per row
  Buffer mixed_labels_;     // where labels are mixed: int32 per row, see classes()
  Buffer targets_;          // rows of targets
  Buffer losses_;           // double per row
  Buffer weights_;          // double per row: what it counts
  Buffer predictions_;      // int32 per row
  Buffer positive_;         // the positive weight of each element of a row; or nothing
};

}  // namespace fovea::train
