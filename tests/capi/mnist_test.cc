// LeNet-5 learns MNIST: at least 98.9 % of the test images after at most six epochs. The sample's recipe.
#include <cstdlib>

#include "support.h"

namespace fovea::test {
namespace {

TEST(Mnist, Lenet5ReachesItsAccuracy) {
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
  const fv_node logits = fv_zoo_lenet5(graph, nullptr);
  OK(fv_model_create(graph, &logits, 1, DESC(fv_model_desc, .seed = 1,
                     .transform = DESC(fv_transform_desc, .scale = 1.0 / 255)), model.out(), &err));
  OK(fv_trainer_create(model,
                       DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD,
                            .learning_rate = 0.05, .momentum = 0.9),
                       trainer.out(), &err));
  OK(fv_trainer_fit(trainer, train, nullptr,
                    DESC(fv_fit_desc, .epochs = 6, .batch_size = 64,
                         .on_progress = [](void* user, const fv_progress* p) -> int32_t {
                           if (p->epoch_ended)
                             fv_trainer_set_learning_rate(static_cast<fv_trainer*>(user),
                                                          p->learning_rate / 2, nullptr);
                           return 0;
                         },
                         .user = trainer), &err));
  auto result = init<fv_evaluation>();
  OK(fv_session_create(model, DESC(fv_session_desc, .max_batch = 128), session.out(), &err));
  OK(fv_session_evaluate(session, test, nullptr, &result, &err));
  EXPECT_EQ(10000, result.samples);
  EXPECT_GE(result.accuracy, 0.989);
  RecordProperty("accuracy", std::to_string(result.accuracy));
}

}  // namespace
}  // namespace fovea::test
