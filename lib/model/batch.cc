#include "model/batch.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace fovea::model {
namespace {

const graph::Node& input_node(const Model& model, size_t i) {
  return model.graph()->node(model.inputs()[i]);
}

// Large enough to be worth a task, small enough to spread over threads.
int64_t samples_per_task(int64_t elements) {
  return std::max<int64_t>(1, 65536 / std::max<int64_t>(1, elements));
}

template <class F> void with_model_type(const Model& model, void* out, F&& f) {
  if (model.dtype() == DType::f64) f(static_cast<double*>(out));
  else f(static_cast<float*>(out));
}

// The label or target of sample `index`, in place i.
template <class T>
void put_target(const data::Dataset& dataset, int64_t index, int64_t i, const TargetMemory& targets) {
  if (dataset.classes() > 0) {
    if (targets.labels != nullptr) targets.labels[i] = static_cast<int32_t>(dataset.label(index));
  } else if (targets.dense != nullptr) {
    const int64_t n = dataset.target_shape().elements();
    dataset.target(index, std::span<T>(static_cast<T*>(targets.dense) + i * n, static_cast<size_t>(n)));
  }
}

}  // namespace

int64_t check_inputs(const Model& model, std::span<const TensorView> inputs) {
  const size_t count = model.inputs().size();
  FOVEA_REQUIRE(inputs.size() == count, "%zu inputs were given, the model has %zu", inputs.size(), count);
  int64_t batch = -1;
  for (size_t i = 0; i < count; ++i) {
    const graph::Node& node = input_node(model, i);
    const TensorView& x = inputs[i];
    const Shape& sample = model.preprocess(i).sample_shape();
    const int rank = x.shape.rank();
    FOVEA_REQUIRE(rank >= 1 && Shape(x.shape.extents().subspan(1)) == sample,
                  "input '%.200s': the tensor is %s, expected batch x %s", node.name.c_str(),
                  x.shape.text().c_str(), sample.text().c_str());
    FOVEA_REQUIRE(x.shape[0] >= 1, "input '%.200s': the batch is empty", node.name.c_str());
    FOVEA_REQUIRE(x.data != nullptr, "input '%.200s': data is NULL", node.name.c_str());
    FOVEA_REQUIRE(x.dtype == DType::u8 || x.dtype == DType::f32 || x.dtype == DType::f64,
                  "input '%.200s': the tensor is %s, expected u8, f32 or f64", node.name.c_str(),
                  name_of(x.dtype));
    FOVEA_REQUIRE(batch < 0 || batch == x.shape[0],
                  "input '%.200s': the batch is %lld, other inputs have %lld", node.name.c_str(),
                  static_cast<long long>(x.shape[0]), static_cast<long long>(batch));
    batch = x.shape[0];
  }
  return batch;
}

void fill_from_tensor(const Model& model, size_t input, const TensorView& tensor, int64_t first,
                      int64_t count, void* out) {
  const data::Preprocess& preprocess = model.preprocess(input);
  const int64_t elements = tensor.shape.elements() / tensor.shape[0];
  const int64_t given = preprocess.input_shape().elements();
  const int64_t step = samples_per_task(elements);
  const auto* source = static_cast<const std::byte*>(tensor.data);
  with_model_type(model, out, [&](auto* to) {
    model.context()->executor().parallel_for(blocks_of(count, step), [&](int64_t task, int) {
      const int64_t begin = task * step;
      const size_t offset = static_cast<size_t>((first + begin) * elements) * size_of(tensor.dtype);
      preprocess.apply(tensor.dtype, source + offset, std::min(step, count - begin), to + begin * given);
    });
  });
}

TargetScratch::TargetScratch(const Context& context, const data::Dataset& dataset, int64_t max_batch,
                             DType dtype)
    : labels_(dataset.classes() > 0) {
  const int64_t each = labels_ ? 1 : dataset.target_shape().elements();
  const size_t element = labels_ ? sizeof(int32_t) : size_of(dtype);
  buffer_ = context.buffer(static_cast<size_t>(checked_mul(max_batch, each)) * element);
}

data::SampleLanes sample_lanes(const Model& model) {
  const Context& context = *model.context();
  return {context.allocator(), context.executor().threads()};
}

void fill_from_dataset(const Model& model, const data::Dataset& dataset, std::span<const uint32_t> indices,
                       void* out, const TargetMemory& targets, data::SampleLanes& lanes,
                       const data::Draw* draw) {
  fill_from_dataset(model.context()->executor(), model, dataset, indices, out, targets, lanes, draw);
}

void fill_from_dataset(Executor& executor, const Model& model, const data::Dataset& dataset,
                       std::span<const uint32_t> indices, void* out, const TargetMemory& targets,
                       data::SampleLanes& lanes, const data::Draw* draw) {
  const data::Preprocess& preprocess = model.preprocess();
  const bool shapes = preprocess.shapes(dataset.format(), "");
  const int64_t elements = preprocess.input_shape().elements();
  const int64_t count = static_cast<int64_t>(indices.size());
  const int64_t step = shapes ? 1 : samples_per_task(elements);
  with_model_type(model, out, [&]<class T>(T* to) {
    executor.parallel_for(blocks_of(count, step), [&](int64_t task, int lane) {
      for (int64_t i = task * step; i < std::min(count, (task + 1) * step); ++i) {
        const int64_t index = indices[static_cast<size_t>(i)];
        data::Draw own = draw == nullptr ? data::Draw() : *draw;
        own.position += static_cast<uint32_t>(i);
        data::SampleMemory& memory = lanes[lane];
        try {
          TensorView x = dataset.sample(index, memory, draw == nullptr ? nullptr : &own);
          if (shapes) x = preprocess.shaped(x, memory);
          preprocess.apply(x.dtype, x.data, 1, to + i * elements);
        } catch (const Error& error) {
          data::raise_with_name(error, dataset, index);
        }
        put_target<T>(dataset, index, i, targets);
      }
    });
  });
}

void fill_targets(const Model& model, const data::Dataset& dataset, std::span<const uint32_t> indices,
                  const TargetMemory& targets) {
  with_float(model.dtype(), [&]<class T>(T) {
    for (size_t i = 0; i < indices.size(); ++i)
      put_target<T>(dataset, indices[i], static_cast<int64_t>(i), targets);
  });
}

void check_class_names(const Model& model, const data::Dataset& dataset) {
  if (!dataset.has_class_names()) return;
  const std::vector<std::string>& names = model.class_names();
  for (int c = 0; c < dataset.classes() && static_cast<size_t>(c) < names.size(); ++c) {
    const std::string name = as_utf8(dataset.class_name(c)), &own = names[static_cast<size_t>(c)];
    FOVEA_REQUIRE(name == own, "class %d is %s in the model and %s in the dataset", c,
                  in_quotes(own).c_str(), in_quotes(name).c_str());
  }
}

void check_dataset(const Model& model, const data::Dataset& dataset) {
  FOVEA_REQUIRE(model.inputs().size() == 1, "the model has %zu inputs; a dataset feeds one",
                model.inputs().size());
  const graph::Node& node = input_node(model, 0);
  model.preprocess().shapes(dataset.format(), node.name.c_str());
}

}  // namespace fovea::model
