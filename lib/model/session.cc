#include "model/session.h"

#include <algorithm>

#include "base/error.h"
#include "model/batch.h"
#include "model/images.h"

namespace fovea::model {
namespace {

// Whether the geometry has to bring the input to its shape.
bool are_images(const Model& model, std::span<const TensorView> inputs) {
  if (inputs.size() != 1 || inputs[0].shape.rank() != 4 || model.inputs().size() != 1) return false;
  const data::Preprocess& p = model.preprocess();
  return p.options().geometry.any() && !(Shape(inputs[0].shape.extents().subspan(1)) == p.sample_shape());
}

void check_images(const Model& model, std::span<const TensorView> inputs) {
  check_image_input(model);
  FOVEA_REQUIRE(inputs.size() == 1, "%zu inputs were given, the model has 1", inputs.size());
  const TensorView& x = inputs[0];
  FOVEA_REQUIRE(x.shape.rank() == 4 && x.shape[0] >= 1 && x.data != nullptr,
                "the tensor is %s, expected batch x height x width x channels", x.shape.text().c_str());
}

}  // namespace

std::shared_ptr<const graph::Plan> Session::plan(const Model& model, int64_t max_batch,
                                                 const std::vector<int>& nodes, bool draws) {
  graph::PlanOptions options;
  options.dtype = model.dtype();
  options.max_batch = max_batch;
  options.threads = model.context()->executor().threads();
  options.outputs = nodes;
  if (draws)
    for (const graph::Node& node : model.graph()->nodes())
      options.as_in_training.push_back(node.layer->traits().draws);
  return std::make_shared<graph::Plan>(model.graph(), model.layout(), std::move(options));
}

Session::Session(std::shared_ptr<const Model> model, int64_t max_batch, std::vector<int> nodes, bool draws,
                 data::CropOptions crops)
    : model_(std::move(model)), max_batch_(max_batch), nodes_(std::move(nodes)), crops_(std::move(crops)) {
  const Shape& output = model_->graph()->node(nodes_[0]).shape;
  FOVEA_REQUIRE(
      crops_.crops == data::Crops::none || crops_.raw || (output.rank() > 0 && output[output.rank() - 1] > 1),
      "crops average the softmax of the output, which has one element: set raw");
  const Reading reading(*model_);
  runner_ = graph::make_runner(model_->context(), plan(*model_, max_batch_, nodes_, draws));
}

Session& Session::drawing() {
  if (drawing_ == nullptr) drawing_ = std::make_unique<Session>(model_, max_batch_, nodes_, true);
  return *drawing_;
}

void Session::forward(int64_t batch, const graph::StepKey& key) {
  const uint64_t version = model_->version();
  if (version != prepared_) {
    runner_->prepare(model_->parameters(), model_->state());
    prepared_ = version;
  }
  runner_->forward(batch, model_->parameters(), model_->state(), key);
}

std::vector<Shape> Session::check_outputs(int64_t batch, std::span<const MutableTensorView> outputs) const {
  FOVEA_REQUIRE(outputs.size() == nodes_.size(), "%zu outputs were given, the session has %zu",
                outputs.size(), nodes_.size());
  std::vector<Shape> shapes;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const graph::Node& node = model_->graph()->node(nodes_[i]);
    std::vector<int64_t> extents{batch};
    extents.insert(extents.end(), node.shape.extents().begin(), node.shape.extents().end());
    shapes.emplace_back(extents);
    const size_t needed = static_cast<size_t>(shapes.back().elements()) * size_of(outputs[i].dtype);
    FOVEA_REQUIRE(outputs[i].data != nullptr && outputs[i].capacity >= needed,
                  "output %zu ('%.200s', %s): the buffer has %zu bytes, %zu are needed", i, node.name.c_str(),
                  shapes.back().text().c_str(), outputs[i].data == nullptr ? size_t{0} : outputs[i].capacity,
                  needed);
  }
  return shapes;
}

void Session::run(std::span<const TensorView> inputs, std::span<MutableTensorView> outputs) {
  if (crops_.crops != data::Crops::none || are_images(*model_, inputs)) {
    check_images(*model_, inputs);
    return run_images(*this, TensorImages(inputs[0]), outputs);
  }
  const int64_t batch = check_inputs(*model_, inputs);
  const std::vector<Shape> shapes = check_outputs(batch, outputs);
  const Reading reading(*model_);
  for (int64_t first = 0; first < batch; first += max_batch_) {
    const int64_t count = std::min(max_batch_, batch - first);
    for (size_t i = 0; i < inputs.size(); ++i)
      if (void* memory = input(static_cast<int>(i)); memory != nullptr)
        fill_from_tensor(*model_, i, inputs[i], first, count, memory);
    forward(count);
    for (size_t i = 0; i < outputs.size(); ++i) {
      const int64_t elements = model_->graph()->node(nodes_[i]).shape.elements();
      const size_t offset = static_cast<size_t>(first * elements) * size_of(outputs[i].dtype);
      convert(count * elements, model_->dtype(), output(static_cast<int>(i)), outputs[i].dtype,
              static_cast<std::byte*>(outputs[i].data) + offset);
    }
  }
  for (size_t i = 0; i < outputs.size(); ++i) outputs[i].shape = shapes[i];
}

}  // namespace fovea::model
