// Photographs of CIFAR-10: a network of ReLUs learns them in a fraction of the epochs that one of tanh takes.
#include <cstdlib>
#include <fstream>

#include "support.h"

namespace fovea::test {
namespace {

constexpr size_t kImages = 1000, kPixels = 32 * 32;

// The first records of a batch: a label, then red, green and blue planes.
struct Cifar {
  std::vector<uint8_t> images;
  std::vector<int32_t> classes;
  bool read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<char> record(1 + 3 * kPixels);
    for (size_t i = 0; i < kImages && file.read(record.data(), std::streamsize(record.size())); ++i) {
      classes.push_back(record[0]);
      for (size_t p = 0; p < kPixels; ++p)
        for (size_t c = 0; c < 3; ++c) images.push_back(static_cast<uint8_t>(record[1 + c * kPixels + p]));
    }
    return classes.size() == kImages;
  }
};

// Epochs until a network of four layers has at most a quarter of its training images wrong; `most` + 1 where
// that takes longer. Pixels are 0 to 255 less their mean, weights begin with a deviation of 0.01, as was
// usual when ReLUs were new.
int32_t epochs_to_a_quarter(fv_context* context, const fv_dataset* data, fv_activation f, int32_t most) {
  fv_error err{};
  Graph graph;
  Model model;
  Trainer trainer;
  EXPECT_EQ(FV_OK, fv_graph_create(context, graph.out(), &err));
  const fv_initializer_desc gaussian{.struct_size = sizeof gaussian, .kind = FV_INIT_NORMAL, .stddev = 0.01};
  const double mean = 122;
  fv_node x = fv_input(graph, DESC(fv_input_desc, .shape = {32, 32, 3}));
  for (const int64_t filters : {32, 32, 64}) {
    x = fv_conv2d(graph, x,
                  DESC(fv_conv2d_desc, .filters = filters, .kernel = {5}, .padding = FV_PAD_SAME,
                       .activation = f, .kernel_initializer = &gaussian));
    x = fv_max_pool2d(graph, x, nullptr);
  }
  x = fv_dense(graph, fv_flatten(graph, x, nullptr),
               DESC(fv_dense_desc, .units = 10, .kernel_initializer = &gaussian));
  EXPECT_EQ(FV_OK, fv_model_create(graph, &x, 1,
                                   DESC(fv_model_desc, .seed = 1,
                                        .transform = DESC(fv_transform_desc, .channels = 1, .mean = &mean)),
                                   model.out(), &err))
      << err.message;
  EXPECT_EQ(FV_OK, fv_trainer_create(model,
                                     DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY,
                                          .optimizer = FV_OPT_SGD, .learning_rate = 0.001, .momentum = 0.9),
                                     trainer.out(), &err))
      << err.message;
  for (int32_t epoch = 1; epoch <= most; ++epoch) {
    EXPECT_EQ(FV_OK, fv_trainer_fit(trainer, data, nullptr,
                                    DESC(fv_fit_desc, .epochs = epoch, .batch_size = 32), &err))
        << err.message;
    std::vector<fv_history_row> rows(static_cast<size_t>(epoch));
    EXPECT_EQ(FV_OK, fv_trainer_history(trainer, rows.data(), rows.size(), nullptr, &err)) << err.message;
    if (rows.back().accuracy >= 0.75) return epoch;
  }
  return most + 1;
}

// A3: at the same rate a network of ReLUs is there in a third of the epochs.
TEST(Cifar, A3ReluLearnsFasterThanTanh) {
  const char* root = std::getenv("FOVEA_DATA");
  if (root == nullptr) GTEST_SKIP() << "FOVEA_DATA is not set";
  Cifar cifar;
  ASSERT_TRUE(cifar.read(std::string(root) + "/cifar10/data_batch_1_first4000.bin"));
  fv_error err{};
  Context context;
  Dataset data;
  OK(fv_context_create(nullptr, context.out(), &err));
  OK(fv_dataset_from_memory(
      context,
      DESC(fv_memory_dataset_desc, .classes = 10, .samples = tensor(cifar.images, {kImages, 32, 32, 3}),
           .labels = tensor(cifar.classes, {kImages})),
      data.out(), &err));
  const int32_t relu = epochs_to_a_quarter(context, data, FV_ACT_RELU, 30);
  EXPECT_LE(relu, 30);
  const int32_t tanh = epochs_to_a_quarter(context, data, FV_ACT_TANH, 3 * relu);
  EXPECT_GT(tanh, 3 * relu) << relu << " epochs with ReLU";
  RecordProperty("epochs", std::to_string(relu));
}

}  // namespace
}  // namespace fovea::test
