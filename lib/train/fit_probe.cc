#include "train/fit_probe.h"

#include <algorithm>
#include <fovea/fovea.hpp>

#include "train/fit_error.h"

namespace fovea::train {
namespace {

using Features = std::vector<Handle<fv_dataset>>;

// The network up to `nodes`, whose images are averaged unless they are wanted whole.
fv_status cut(const fv_model& model, const std::vector<const char*>& nodes, bool whole_images,
              Handle<fv_model>* made, fv_error* error) {
  Handle<fv_graph> graph;
  TRY(fv_graph_from_model(&model, graph.out(), error));
  std::vector<fv_node> outputs;
  for (const char* name : nodes) {
    fv_node x = fv_graph_find(graph, name);
    if (x == FV_NODE_INVALID)
      return refuse(error, FV_NOT_FOUND, "the model has no node '%.200s'", name);
    int64_t shape[FV_MAX_RANK];
    int32_t rank = 0;
    TRY(fv_graph_node_shape(graph, x, shape, &rank, error));
    if (rank == 3 && !whole_images) x = fv_global_average_pool2d(graph, x, nullptr);
    else if (rank > 1) x = fv_flatten(graph, x, nullptr);
    outputs.push_back(x);
  }
  auto info = init<fv_model_info>();
  Handle<fv_transform> transform;
  TRY(fv_model_get_info(&model, &info, error));
  TRY(fv_model_transform(&model, 0, transform.out(), error));
  auto desc = init<fv_model_desc>();
  desc.dtype = info.dtype;
  desc.fitted = transform;
  TRY(fv_model_create(graph, outputs.data(), outputs.size(), &desc, made->out(), error));
  return fv_model_copy_weights(*made, &model, nullptr, nullptr, error);
}

fv_status features_of(const fv_model* network, int32_t batch, size_t count, const fv_dataset& data,
                      Features* features, fv_error* error) {
  Handle<fv_session> session;
  auto desc = init<fv_session_desc>();
  desc.max_batch = batch;
  TRY(fv_session_create(network, &desc, session.out(), error));
  std::vector<fv_dataset*> made(count, nullptr);
  features->reserve(count);
  TRY(fv_session_features(session, &data, nullptr, made.data(), count, error));
  for (fv_dataset* part : made) features->emplace_back(part);
  return FV_OK;
}

// A dense layer on features of mean 0 and deviation 1.
fv_status train_probe(fv_context* context, const fv_dataset* train, const fv_dataset* validation,
                      const fv_probe_desc& desc, fv_dtype dtype, fv_probe_result* result, fv_error* error) {
  auto data = init<fv_dataset_info>();
  TRY(fv_dataset_get_info(train, &data, error));
  if (data.classes == 0)
    return refuse(error, FV_INVALID_ARGUMENT, "the dataset has targets, a probe needs labels");
  result->features = data.shape[0];
  Handle<fv_graph> graph;
  TRY(fv_graph_create(context, graph.out(), error));
  auto input = init<fv_input_desc>();
  input.shape[0] = data.shape[0];
  auto norm = init<fv_batch_norm_desc>();
  norm.no_scale = norm.no_center = 1;
  auto dense = init<fv_dense_desc>();
  dense.units = data.classes;
  const fv_node logits =
      fv_dense(graph, fv_batch_norm(graph, fv_input(graph, &input), &norm), &dense);
  Handle<fv_model> model;
  auto options = init<fv_model_desc>();
  options.dtype = dtype;
  options.seed = desc.seed;
  TRY(fv_model_create(graph, &logits, 1, &options, model.out(), error));

  Handle<fv_trainer> trainer;
  auto training = init<fv_trainer_desc>();
  training.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY;
  training.optimizer = FV_OPT_ADAM;
  training.learning_rate = desc.learning_rate == 0 ? 0.01 : desc.learning_rate;
  training.l2 = desc.l2;
  training.seed = desc.seed;
  TRY(fv_trainer_create(model, &training, trainer.out(), error));
  auto fit = init<fv_fit_desc>();
  fit.epochs = desc.epochs == 0 ? 20 : desc.epochs;
  fit.batch_size = desc.batch_size;
  TRY(fv_trainer_fit(trainer, train, nullptr, &fit, error));

  Handle<fv_session> session;
  auto running = init<fv_session_desc>();
  running.max_batch = desc.batch_size;
  TRY(fv_session_create(model, &running, session.out(), error));
  auto measure = init<fv_evaluate_desc>();
  measure.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY;
  auto found = init<fv_evaluation>();
  TRY(fv_session_evaluate(session, train, &measure, &found, error));
  result->train_accuracy = found.accuracy;
  TRY(fv_session_evaluate(session, validation, &measure, &found, error));
  result->accuracy = found.accuracy;
  result->loss = found.loss;
  return FV_OK;
}

}  // namespace

fv_status probe(fv_context* context, const fv_model& model, const std::vector<const char*>& nodes,
                const fv_dataset& train, const fv_dataset& validation, const fv_probe_desc& desc,
                fv_probe_result* results, fv_error* error) {
  fv_probe_desc d = desc;
  if (d.batch_size == 0) d.batch_size = 64;
  Handle<fv_model> network;
  TRY(cut(model, nodes, d.whole_images != 0, &network, error));
  auto info = init<fv_model_info>();
  TRY(fv_model_get_info(network, &info, error));
  Features learned, held_out;
  TRY(features_of(network, d.batch_size, nodes.size(), train, &learned, error));
  TRY(features_of(network, d.batch_size, nodes.size(), validation, &held_out, error));
  std::vector<fv_probe_result> found(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i)
    TRY(train_probe(context, learned[i], held_out[i], d, info.dtype, &found[i], error));
  std::copy(found.begin(), found.end(), results);
  return FV_OK;
}

}  // namespace fovea::train
