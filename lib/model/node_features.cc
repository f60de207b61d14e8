#include "model/node_features.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "model/batch.h"

namespace fovea::model {
namespace {

// Samples of its own beside the labels or targets of another dataset.
class Features final : public data::Dataset {
 public:
  Features(data::DatasetPtr base, DType dtype, const Shape& shape, const Context& context)
      : Dataset(base->size(), format_of(*base, dtype, shape)),
        base_(std::move(base)),
        values_(context.buffer(
            static_cast<size_t>(checked_mul(size(), checked_mul(shape.elements(), sizeof(double)))) /
            sizeof(double) * size_of(dtype))) {}

  std::byte* at(int64_t i) { return values_.data() + static_cast<size_t>(i) * sample_bytes(); }

  TensorView sample(int64_t i, data::SampleMemory&, const data::Draw*) const override {
    return {values_.data() + static_cast<size_t>(i) * sample_bytes(), dtype(), sample_shape()};
  }
  int64_t label(int64_t i) const override { return base_->label(i); }
  const std::byte* stored_target(int64_t i) const override { return base_->stored_target(i); }
  std::string class_name(int label) const override { return base_->class_name(label); }
  bool has_class_names() const override { return base_->has_class_names(); }

 private:
  static data::SampleFormat format_of(const data::Dataset& base, DType dtype, const Shape& shape) {
    data::SampleFormat format = base.format();
    format.dtype = dtype;
    format.shape = shape;
    format.varies = format.random = false;
    return format;
  }

  data::DatasetPtr base_;
  Buffer values_;
};

}  // namespace

std::vector<data::DatasetPtr> features(Session& session, const data::DatasetPtr& dataset,
                                       const CancelToken* cancel) {
  const Model& model = session.model();
  const Context& context = *model.context();
  check_dataset(model, *dataset);
  std::vector<std::shared_ptr<Features>> made;
  for (const int node : session.nodes())
    made.push_back(
        std::make_shared<Features>(dataset, model.dtype(), model.graph()->node(node).shape, context));
  data::SampleLanes lanes = sample_lanes(model);
  const TargetScratch targets(context, *dataset, session.max_batch(), model.dtype());
  std::vector<uint32_t> indices(static_cast<size_t>(session.max_batch()));
  for (int64_t first = 0; first < dataset->size(); first += session.max_batch()) {
    if (cancel != nullptr && cancel->wait()) fail(Status::cancelled, "the features were cancelled");
    const int64_t count = std::min(session.max_batch(), dataset->size() - first);
    std::iota(indices.begin(), indices.begin() + count, static_cast<uint32_t>(first));
    const Reading reading(model);
    if (void* const input = session.input(0); input != nullptr)
      fill_from_dataset(model, *dataset, {indices.data(), static_cast<size_t>(count)}, input,
                        targets.memory(), lanes);
    session.forward(count);
    for (size_t i = 0; i < made.size(); ++i)
      std::memcpy(made[i]->at(first), session.output(static_cast<int>(i)),
                  static_cast<size_t>(count) * made[i]->sample_bytes());
  }
  return {made.begin(), made.end()};
}

}  // namespace fovea::model
