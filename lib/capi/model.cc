#include <fovea/model.h>

#include <algorithm>

#include "base/text.h"
#include "capi/nodes.h"
#include "capi/transform.h"
#include "model/norm_statistics.h"
#include "model/lsuv.h"
#include "model/model_file.h"
#include "model/statistics.h"
#include "model/summary.h"

using namespace fovea;
using namespace fovea::capi;
using model::Model;
using model::Reading;
using model::Writing;

namespace {

constexpr size_t kMaxOutputs = 64;

// `index` of a list of nodes of the model: its name and shape.
void describe(const Model& m, const std::vector<int>& nodes, int32_t index, const char* what,
              const char** name, int64_t* shape, int32_t* rank) {
  FOVEA_REQUIRE(index >= 0 && static_cast<size_t>(index) < nodes.size(),
                "%s %d does not exist, the model has %zu", what, static_cast<int>(index), nodes.size());
  const graph::Node& node = m.graph()->node(nodes[static_cast<size_t>(index)]);
  if (name != nullptr) *name = node.name.c_str();
  shape_to(node.shape, shape, rank);
}

// How many classes the output does that tells the most of them apart.
size_t largest_output(const Model& m) {
  int64_t largest = 0;
  for (const int node : m.outputs()) {
    const Shape& shape = m.graph()->node(node).shape;
    if (shape.rank() > 0) largest = std::max(largest, shape[shape.rank() - 1]);
  }
  return static_cast<size_t>(largest);
}

}  // namespace

fv_status fv_model_create(fv_graph* graph, const fv_node* outputs, size_t output_count,
                          const fv_model_desc* desc, fv_model** model, fv_error* error) {
  return guard(error, [&] {
    const fv_graph& g = need(graph, "graph");
    if (g.error) throw *g.error;
    need(model, "model");
    FOVEA_REQUIRE(outputs != nullptr && output_count >= 1 && output_count <= kMaxOutputs,
                  "%zu outputs were given, expected 1 to %zu", outputs == nullptr ? size_t{0} : output_count,
                  kMaxOutputs);
    const fv_model_desc d = read_desc(desc, "fv_model_desc");
    model::ModelOptions options;
    options.dtype = d.dtype == 0 ? DType::f32 : static_cast<DType>(d.dtype);
    FOVEA_REQUIRE(options.dtype == DType::f32 || options.dtype == DType::f64,
                  "dtype is %d, expected FV_F32 or FV_F64", static_cast<int>(d.dtype));
    options.seed = d.seed;
    FOVEA_REQUIRE(d.transform == nullptr || d.fitted == nullptr, "transform and fitted are both given");
    options.transform = d.fitted == nullptr ? transform_from(d.transform) : d.fitted->impl.options();
    options.kernel_initializer = initializer_from(d.kernel_initializer);
    std::vector<int> indices;
    for (size_t i = 0; i < output_count; ++i) indices.push_back(need_node(g, outputs[i], "the output"));
    auto part = std::make_shared<graph::Graph>(g.graph.pruned(indices));
    auto made = std::make_unique<fv_model>();
    made->impl = std::make_shared<Model>(g.context, std::move(part), std::move(indices), options);
    *model = made.release();
  });
}

fv_status fv_model_clone(const fv_model* model, fv_model** clone, fv_error* error) {
  return guard(error, [&] {
    need(clone, "clone");
    auto made = std::make_unique<fv_model>();
    made->impl = need(model, "model").impl->clone();
    *clone = made.release();
  });
}

void fv_model_destroy(fv_model* model) { delete model; }

fv_status fv_model_reinitialize(fv_model* model, uint64_t seed, fv_error* error) {
  return guard(error, [&] {
    Model& m = *need(model, "model").impl;
    const Writing writing(m);
    m.reinitialize(seed);
  });
}

fv_status fv_model_lsuv(fv_model* model, const fv_tensor* inputs, size_t input_count,
                        const fv_lsuv_desc* desc, fv_error* error) {
  return guard(error, [&] {
    const std::shared_ptr<Model>& m = need(model, "model").impl;
    const fv_lsuv_desc d = read_desc(desc, "fv_lsuv_desc");
    FOVEA_REQUIRE(d.max_iterations >= 0, "max_iterations is %d", static_cast<int>(d.max_iterations));
    model::LsuvOptions options{number(d.tolerance, 0.1), d.max_iterations == 0 ? 10 : d.max_iterations};
    FOVEA_REQUIRE(options.tolerance > 0 && options.tolerance < 1, "tolerance is %g, expected 0 to 1",
                  options.tolerance);
    model::lsuv(m, Views(inputs, input_count, "input"), options);
  });
}

fv_status fv_model_statistics(const fv_model* model, const fv_tensor* inputs, size_t input_count,
                              const fv_statistics_desc* desc, fv_node_statistics* rows, size_t capacity,
                              size_t* needed, fv_error* error) {
  return guard(error, [&] {
    const std::shared_ptr<Model>& m = need(model, "model").impl;
    const fv_statistics_desc d = read_desc(desc, "fv_statistics_desc");
    FOVEA_REQUIRE(rows != nullptr || capacity == 0, "rows is NULL");
    FOVEA_REQUIRE(d.bins >= 0 && d.bins <= 65536, "bins is %d", static_cast<int>(d.bins));
    FOVEA_REQUIRE((d.bins > 0) == (d.histogram != nullptr), "bins and histogram go together");
    model::StatisticsOptions o;
    o.saturation = number(d.saturation, 0.99);
    o.bins = d.bins;
    o.training = d.training != 0;
    o.seed = d.seed;
    const bool both_default = d.low == 0 && d.high == 0;
    o.low = both_default ? -1 : number(d.low, 0);
    o.high = both_default ? 1 : number(d.high, 0);
    FOVEA_REQUIRE(o.saturation >= 0, "saturation is %g, expected 0 or more", o.saturation);
    FOVEA_REQUIRE(o.low < o.high && o.low > -1e300 && o.high < 1e300, "the histogram reaches from %g to %g",
                  o.low, o.high);
    const std::vector<model::NodeStatistics> all =
        model::statistics(m, Views(inputs, input_count, "input"), o);
    if (needed != nullptr) *needed = all.size();
    for (size_t i = 0; i < all.size(); ++i) {
      const model::NodeStatistics& s = all[i];
      std::copy(s.histogram.begin(), s.histogram.end(), d.histogram + i * s.histogram.size());
      if (i < capacity)
        rows[i] = {m->graph()->node(static_cast<int>(i)).name.c_str(),
                   s.mean,
                   s.stddev,
                   s.minimum,
                   s.maximum,
                   s.dead,
                   s.saturated};
    }
  });
}

fv_status fv_model_set_class_names(fv_model* model, const char* const* names, size_t count,
                                   fv_error* error) {
  return guard(error, [&] {
    Model& m = *need(model, "model").impl;
    FOVEA_REQUIRE(count <= 65536, "%zu names of classes are too many", count);
    std::vector<std::string> kept;
    for (size_t i = 0; i < count; ++i) kept.push_back(as_utf8(&need((&need(names, "names"))[i], "a name")));
    const Writing writing(m);
    m.set_class_names(std::move(kept));
  });
}

fv_status fv_model_class_name(const fv_model* model, int32_t label, char* buffer, size_t capacity,
                              size_t* needed, fv_error* error) {
  return guard(error, [&] {
    const Model& m = *need(model, "model").impl;
    const std::vector<std::string>& names = m.class_names();
    const auto at = static_cast<size_t>(label);
    FOVEA_REQUIRE(label >= 0 && (names.empty() || at < std::max(names.size(), largest_output(m))),
                  "label %d is not in [0, %zu)", label, std::max(names.size(), largest_output(m)));
    const std::string text = at < names.size() ? names[at] : std::to_string(label);
    write_text(text.c_str(), text.size(), buffer, capacity, needed);
  });
}

fv_status fv_model_save(const fv_model* model, const char* path, fv_error* error) {
  return guard(error, [&] {
    const Model& m = *need(model, "model").impl;
    const Reading reading(m);
    model::save_model(m, &need(path, "path"));
  });
}

fv_status fv_model_load(fv_context* context, const char* path, fv_model** model, fv_error* error) {
  return guard(error, [&] {
    need(model, "model");
    const std::shared_ptr<const Context>& c = need(context, "context").impl;
    auto made = std::make_unique<fv_model>();
    made->impl = model::load_model(c, io::SafetensorsReader(&need(path, "path")));
    *model = made.release();
  });
}

fv_status fv_model_summary(const fv_model* model, int64_t batch, char* buffer, size_t capacity,
                           size_t* needed, fv_error* error) {
  return guard(error, [&] {
    FOVEA_REQUIRE(batch >= 0 && batch <= train::kMaxBatch, "batch is %lld", static_cast<long long>(batch));
    const std::string text = model::summary(*need(model, "model").impl, batch == 0 ? 1 : batch);
    write_text(text.data(), text.size(), buffer, capacity, needed);
  });
}

fv_status fv_model_update_batch_norm(fv_model* model, const fv_dataset* dataset,
                                     const fv_batch_norm_update_desc* desc, fv_error* error) {
  return guard(error, [&] {
    const fv_batch_norm_update_desc d = read_desc(desc, "fv_batch_norm_update_desc");
    model::NormStatisticsOptions o;
    o.batch_size = d.batch_size == 0 ? o.batch_size : d.batch_size;
    o.batches = d.batches;
    o.seed = d.seed;
    const std::shared_ptr<const CancelToken> cancel = token_of(d.cancel);
    model::update_norm_statistics(*need(model, "model").impl, *need(dataset, "dataset").impl, o,
                                  cancel.get());
  });
}

fv_status fv_model_get_info(const fv_model* model, fv_model_info* info, fv_error* error) {
  return guard(error, [&] {
    const Model& m = *need(model, "model").impl;
    fv_model_info result{};
    result.dtype = static_cast<fv_dtype>(m.dtype());
    result.parameters = graph::Layout::elements(m.layout()->parameters);
    result.state = graph::Layout::elements(m.layout()->state);
    for (const graph::Node& node : m.graph()->nodes()) result.multiply_adds += node.layer->multiply_adds();
    result.inputs = static_cast<int32_t>(m.inputs().size());
    result.outputs = static_cast<int32_t>(m.outputs().size());
    result.tensors = m.tensor_count();
    result.nodes = m.graph()->size();
    result.class_names = static_cast<int32_t>(m.class_names().size());
    write_info(info, result, "info");
  });
}

fv_status fv_model_get_transform(const fv_model* model, fv_transform_desc* transform, fv_error* error) {
  return guard(error, [&] {
    write_info(transform, desc_of(need(model, "model").impl->transform()), "transform");
  });
}

fv_status fv_model_input(const fv_model* model, int32_t index, const char** name, int64_t shape[FV_MAX_RANK],
                         int32_t* rank, fv_error* error) {
  return guard(error, [&] {
    const Model& m = *need(model, "model").impl;
    describe(m, m.inputs(), index, "input", name, shape, rank);
  });
}

fv_status fv_model_output(const fv_model* model, int32_t index, const char** name, int64_t shape[FV_MAX_RANK],
                          int32_t* rank, fv_error* error) {
  return guard(error, [&] {
    const Model& m = *need(model, "model").impl;
    describe(m, m.outputs(), index, "output", name, shape, rank);
  });
}

fv_status fv_model_tensor_info(const fv_model* model, int32_t index, fv_tensor_info* info, fv_error* error) {
  return guard(error, [&] {
    const Model& m = *need(model, "model").impl;
    FOVEA_REQUIRE(index >= 0 && index < m.tensor_count(), "tensor %d does not exist, the model has %d",
                  static_cast<int>(index), m.tensor_count());
    const Model::Tensor t = m.tensor(index);
    fv_tensor_info result{};
    result.dtype = static_cast<fv_dtype>(m.dtype());
    result.name = t.slot->name.c_str();
    shape_to(t.slot->shape, result.shape, &result.rank);
    result.trainable = t.trainable ? 1 : 0;
    write_info(info, result, "info");
  });
}

fv_status fv_model_get_tensor(const fv_model* model, const char* name, fv_buffer* tensor, fv_error* error) {
  return guard(error, [&] {
    const Model& m = *need(model, "model").impl;
    const Model::Tensor t = m.tensor(&need(name, "name"));
    const Reading reading(m);
    write_tensor(t.slot->shape, m.dtype(), t.data, tensor, t.slot->name.c_str());
  });
}

fv_status fv_model_set_tensor(fv_model* model, const char* name, const fv_tensor* tensor, fv_error* error) {
  return guard(error, [&] {
    Model& m = *need(model, "model").impl;
    const Model::Tensor t = m.tensor(&need(name, "name"));
    const Writing writing(m);
    read_tensor(tensor, t.slot->shape, m.dtype(), t.data, t.slot->name.c_str());
    m.raise_version();
  });
}
