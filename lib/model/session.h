// Session: a model compiled for inference. One thread at a time; the model may be shared.
// May use: base, graph, data, model.
#pragma once
#include <memory>
#include <span>
#include <vector>

#include "base/tensor_view.h"
#include "data/crops.h"
#include "graph/runner.h"
#include "model/model.h"

namespace fovea::model {

class Session {
 public:
  // `nodes`: whose values to give out. `draws`: dropout and its kin draw as in training, all else runs as it
  // always does here.
  Session(std::shared_ptr<const Model> model, int64_t max_batch, std::vector<int> nodes, bool draws = false,
          data::CropOptions crops = {});

  static std::shared_ptr<const graph::Plan> plan(const Model& model, int64_t max_batch,
                                                 const std::vector<int>& nodes, bool draws = false);
  // The same session but one that draws; made at the first call.
  Session& drawing();

  const Model& model() const { return *model_; }
  int64_t max_batch() const { return max_batch_; }
  const std::vector<int>& nodes() const { return nodes_; }
  const data::CropOptions& crops() const { return crops_; }

  // Any batch; runs in pieces of max_batch. Images of another size than the input's, and all images of a
  // session with crops, go through images.h. Raises busy.
  void run(std::span<const TensorView> inputs, std::span<MutableTensorView> outputs);

  // The shapes of outputs for so large a batch; refuses memory that is too small for them.
  std::vector<Shape> check_outputs(int64_t batch, std::span<const MutableTensorView> outputs) const;

  // The parts of run, for callers that fill inputs themselves. The caller holds a Reading.
  void* input(int index) const { return runner_->value(model_->inputs()[static_cast<size_t>(index)]); }
  const void* output(int index) const { return runner_->value(nodes_[static_cast<size_t>(index)]); }
  void forward(int64_t batch, const graph::StepKey& key = {});

  // Times every run from now on, as long as somebody else holds the profile.
  void profile(const std::shared_ptr<graph::Profile>& profile) { runner_->profile(profile); }

 private:
  std::shared_ptr<const Model> model_;
  int64_t max_batch_;
  std::vector<int> nodes_;
  data::CropOptions crops_;
  std::unique_ptr<graph::Runner> runner_;
  uint64_t prepared_ = 0;  // the model's version that the runner was prepared for
  std::unique_ptr<Session> drawing_;
};

}  // namespace fovea::model
