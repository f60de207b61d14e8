// A ResNet-20 that others have trained on CIFAR-10 gives here what it gives there. FOVEA_DATA has its
// weights, as PyTorch names and lays them out, and the first images of CIFAR-10.
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "zoo/networks.h"
#include "zoo/torch_file.h"

namespace fovea::test {
namespace {

constexpr size_t kPixels = 32 * 32, kRecord = 1 + 3 * kPixels;

TEST(Zoo, R6TrainedResNet20ClassifiesCifar10) {
  const char* root = std::getenv("FOVEA_DATA");
  if (root == nullptr) GTEST_SKIP() << "FOVEA_DATA is not set";
  fv_error err{};
  // As torchvision normalises.
  const double mean[] = {0.485, 0.456, 0.406}, stddev[] = {0.229, 0.224, 0.225};
  Context context;
  Graph graph;
  Model model;
  OK(fv_context_create(nullptr, context.out(), &err));
  OK(fv_graph_create(context, graph.out(), &err));
  const fv_node logits = fv_zoo_resnet_cifar(graph, 20, nullptr);
  auto transform = init<fv_transform_desc>();
  transform.channels = 3;
  transform.scale = 1.0 / 255;
  transform.mean = mean;
  transform.stddev = stddev;
  OK(fv_model_create(graph, &logits, 1, DESC(fv_model_desc, .transform = &transform), model.out(), &err));
  TorchFile weights(std::string(root) + "/models/resnet20-12fca82f.safetensors");
  EXPECT_EQ(weights.names().size(), tensors_of(model).size());
  OK(load_from_torch(model, weights, "", {}, &err));

  // Records of a label and three planes.
  constexpr size_t kCount = 400;
  std::ifstream file(std::string(root) + "/cifar10/data_batch_1_first4000.bin", std::ios::binary);
  std::vector<char> records(kCount * kRecord);
  ASSERT_TRUE(file.read(records.data(), static_cast<std::streamsize>(records.size())));
  std::vector<uint8_t> images;
  std::vector<int32_t> classes;
  for (size_t i = 0; i < kCount; ++i) {
    const auto* record = reinterpret_cast<const uint8_t*>(records.data()) + i * kRecord;
    classes.push_back(record[0]);
    for (size_t pixel = 0; pixel < kPixels; ++pixel)
      for (size_t c = 0; c < 3; ++c) images.push_back(record[1 + c * kPixels + pixel]);
  }
  Session session;
  OK(fv_session_create(model, DESC(fv_session_desc, .max_batch = 100), session.out(), &err));
  const fv_tensor x = tensor(images, {kCount, 32, 32, 3});
  std::vector<float> y(kCount * 10);
  fv_buffer received = buffer(y);
  OK(fv_session_run(session, &x, 1, &received, 1, &err));

  const double first[] = {-12.449188, -5.698232, -0.65897083, 9.120669,   0.7109955,
                          4.555268,   19.827862, 0.38096485,  -6.6409006, -9.112813};
  for (size_t k = 0; k < 10; ++k) EXPECT_NEAR(y[k], first[k], 1e-4 * 19.827862) << k;
  int right = 0;
  for (size_t i = 0; i < kCount; ++i) {
    const auto begin = y.begin() + static_cast<std::ptrdiff_t>(10 * i);
    right += std::max_element(begin, begin + 10) - begin == classes[i];
  }
  EXPECT_EQ(right, 400);
}

}  // namespace
}  // namespace fovea::test
