// Networks of the zoo learn MNIST by their recipes: LeNet-5 to at least 98.9 % of the test images within six
// epochs, the Keras CNN to at least 99 % within twelve.
#include <cstdlib>

#include "support.h"

namespace fovea::test {
namespace {

// Stops when the goal is reached.
int32_t on_progress(void* goal, const fv_progress* p) {
  return p->epoch_ended && p->val_accuracy >= *static_cast<const double*>(goal);
}

void learn(Network network, fv_recipe_name name, double accuracy) {
  const char* root = std::getenv("FOVEA_DATA");
  if (root == nullptr) GTEST_SKIP() << "FOVEA_DATA is not set";
  const std::string folder = std::string(root) + "/mnist/";
  fv_error err{};
  Context context;
  Graph graph;
  Model model;
  Trainer trainer;
  Session session;
  Dataset train, test;
  OK(fv_context_create(nullptr, context.out(), &err));
  OK(fv_dataset_open_idx(context, (folder + "train-images-idx3-ubyte.gz").c_str(),
                         (folder + "train-labels-idx1-ubyte.gz").c_str(), nullptr, train.out(), &err));
  OK(fv_dataset_open_idx(context, (folder + "t10k-images-idx3-ubyte.gz").c_str(),
                         (folder + "t10k-labels-idx1-ubyte.gz").c_str(), nullptr, test.out(), &err));
  OK(fv_graph_create(context, graph.out(), &err));
  const fv_node logits = network(graph);
  OK(fv_model_create(graph, &logits, 1, DESC(fv_model_desc, .seed = 1,
                     .transform = DESC(fv_transform_desc, .scale = 1.0 / 255)), model.out(), &err));
  auto recipe = init<fv_recipe>();
  OK(fv_zoo_recipe(name, &recipe, &err));
  OK(fv_trainer_create(model,
                       DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY,
                            .optimizer = recipe.optimizer, .learning_rate = recipe.learning_rate,
                            .momentum = recipe.momentum, .schedule = recipe.schedule),
                       trainer.out(), &err));
  const fv_status status =
      fv_trainer_fit(trainer, train, test,
                     DESC(fv_fit_desc, .epochs = recipe.epochs, .batch_size = recipe.batch_size,
                          .on_progress = on_progress, .user = &accuracy), &err);
  ASSERT_TRUE(status == FV_OK || status == FV_CANCELLED) << err.message;
  auto result = init<fv_evaluation>();
  OK(fv_session_create(model, DESC(fv_session_desc, .max_batch = 128), session.out(), &err));
  OK(fv_session_evaluate(session, test, nullptr, &result, &err));
  EXPECT_EQ(10000, result.samples);
  EXPECT_GE(result.accuracy, accuracy);
  ::testing::Test::RecordProperty("accuracy", std::to_string(result.accuracy));
}

TEST(Mnist, R1LeNet5ReachesItsAccuracy) {
  learn([](fv_graph* g) { return fv_zoo_lenet5(g, nullptr); }, FV_RECIPE_LENET5, 0.989);
}

TEST(Mnist, R0KerasCnnReachesItsAccuracy) {
  learn([](fv_graph* g) { return fv_zoo_keras_cnn(g, nullptr); }, FV_RECIPE_KERAS_CNN, 0.99);
}

}  // namespace
}  // namespace fovea::test
