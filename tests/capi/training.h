// The training that train_child.cc is killed in and files_test.cc compares with.
#pragma once
#include <fovea/fovea.hpp>

#include <filesystem>

namespace fovea::test {

// LeNet-5 on drawn digits for three epochs, with a checkpoint after every other step and a rate that the
// callback halves after each epoch. Goes on where the checkpoint stands, if it exists. The final state is in
// the file.
inline fv_status train_to_the_end(const char* path, fv_error* err) {
  Handle<fv_context> context;
  Handle<fv_graph> graph;
  Handle<fv_model> model;
  Handle<fv_trainer> trainer;
  Handle<fv_dataset> data;
#define TRY(call) if (const fv_status s = (call); s != FV_OK) return s
  TRY(fv_context_create(nullptr, context.out(), err));
  auto digits = init<fv_digits_desc>();
  digits.count = 500;
  TRY(fv_dataset_digits(context, &digits, data.out(), err));
  if (std::filesystem::exists(path)) {
    TRY(fv_trainer_load(context, path, trainer.out(), err));
  } else {
    TRY(fv_graph_create(context, graph.out(), err));
    const fv_node logits = fv_zoo_lenet5(graph, nullptr);
    const fv_node node = fv_dropout(graph, logits, nullptr);
    TRY(fv_model_create(graph, &node, 1, nullptr, model.out(), err));
    auto desc = init<fv_trainer_desc>();
    desc.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY;
    desc.optimizer = FV_OPT_ADAM;
    desc.seed = 3;
    TRY(fv_trainer_create(model, &desc, trainer.out(), err));
  }
  auto fit = init<fv_fit_desc>();
  fit.epochs = 3;
  fit.batch_size = 16;
  fit.checkpoint_steps = 2;
  fit.checkpoint_path = path;
  fit.user = trainer;
  fit.on_progress = [](void* user, const fv_progress* p) -> int32_t {
    if (p->epoch_ended)
      fv_trainer_set_learning_rate(static_cast<fv_trainer*>(user), p->learning_rate / 2, nullptr);
    return 0;
  };
  return fv_trainer_fit(trainer, data, data, &fit, err);
#undef TRY
}

}  // namespace fovea::test
