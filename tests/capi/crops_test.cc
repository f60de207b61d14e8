// Images through a session: encoded ones, and several views of each. Rows E1, U3 and U10 of the feature list.
#include <cmath>
#include <fstream>
#include <map>
#include <tuple>

#include "support.h"

namespace fovea::test {
namespace {

constexpr size_t kClasses = 5;

std::vector<uint8_t> picture(size_t bytes, uint32_t seed = 3) {
  std::vector<uint8_t> x(bytes);
  for (uint8_t& v : x) v = static_cast<uint8_t>((seed = seed * 1664525u + 1013904223u) >> 24);
  return x;
}

std::vector<double> softmax(const float* x) {
  std::vector<double> p(kClasses);
  double sum = 0;
  for (size_t i = 0; i < kClasses; ++i) sum += p[i] = std::exp(static_cast<double>(x[i]));
  for (double& v : p) v /= sum;
  return p;
}

class CropsTest : public ::testing::Test {
 protected:
  void SetUp() override { OK(fv_context_create(DESC(fv_context_desc, .threads = 2), context.out(), &err)); }

  // 8 x 8 x 3 to five logits.
  Model network(const fv_transform_desc* transform, bool ends_in_softmax = false) {
    Graph graph;
    EXPECT_EQ(FV_OK, fv_graph_create(context, graph.out(), &err));
    fv_node x = fv_input(graph, DESC(fv_input_desc, .name = "x", .shape = {8, 8, 3}));
    x = fv_dense(graph, fv_flatten(graph, x, nullptr), DESC(fv_dense_desc, .units = kClasses));
    if (ends_in_softmax) x = fv_softmax(graph, x, nullptr);
    Model model;
    EXPECT_EQ(FV_OK, fv_model_create(graph, &x, 1, DESC(fv_model_desc, .seed = 4, .transform = transform),
                                     model.out(), &err))
        << err.message;
    return model;
  }
  Session session(const fv_model* model, const fv_crops_desc* crops = nullptr, int32_t max_batch = 3) {
    Session s;
    EXPECT_EQ(FV_OK, fv_session_create(model, DESC(fv_session_desc, .max_batch = max_batch, .crops = crops),
                                       s.out(), &err))
        << err.message;
    return s;
  }
  std::vector<float> run(fv_session* s, const fv_tensor& images) {
    std::vector<float> out(static_cast<size_t>(images.shape[0]) * kClasses);
    fv_buffer b = buffer(out);
    EXPECT_EQ(FV_OK, fv_session_run(s, &images, 1, &b, 1, &err)) << err.message;
    return out;
  }
  std::vector<fv_crop_box> boxes(int64_t height, int64_t width, int64_t side, const fv_crops_desc* desc,
                                 int32_t resize_short = 0) {
    size_t needed = 0;
    EXPECT_EQ(FV_OK, fv_crop_boxes(height, width, side, side, resize_short, desc, nullptr, 0, &needed, &err))
        << err.message;
    std::vector<fv_crop_box> all(needed);
    EXPECT_EQ(FV_OK, fv_crop_boxes(height, width, side, side, resize_short, desc, all.data(), needed, nullptr,
                                   &err));
    return all;
  }

  Context context;
  fv_error err{};
};

TEST_F(CropsTest, U3_TheFiftyBoxes) {
  const auto all = boxes(375, 500, 224, DESC(fv_crops_desc, .crops = FV_CROPS_RESNET_MULTI_SCALE));
  // Of 375 x 500: height, width, and where the middle begins.
  const int64_t scales[5][4] = {
      {224, 298, 0, 37}, {256, 341, 16, 58}, {384, 512, 80, 144}, {480, 640, 128, 208}, {640, 853, 208, 314}};
  ASSERT_EQ(all.size(), 50u);
  size_t i = 0;
  for (const auto& [height, width, top, left] : scales)
    for (const int32_t mirrored : {0, 1}) {
      const int64_t corners[5][2] = {
          {0, 0}, {0, width - 224}, {height - 224, 0}, {height - 224, width - 224}, {top, left}};
      for (const auto& corner : corners) {
        const fv_crop_box& b = all[i++];
        EXPECT_EQ(std::tuple(b.resized_height, b.resized_width, b.top, b.left, b.height, b.width, b.mirrored),
                  std::tuple(height, width, corner[0], corner[1], 224, 224, mirrored))
            << i;
      }
    }
}

TEST_F(CropsTest, U3_OtherSetsOfBoxes) {
  EXPECT_EQ(boxes(20, 30, 8, DESC(fv_crops_desc, .crops = FV_CROPS_NONE)).size(), 1u);
  const auto flip = boxes(20, 30, 8, DESC(fv_crops_desc, .crops = FV_CROPS_FLIP), 10);
  ASSERT_EQ(flip.size(), 2u);
  EXPECT_EQ(flip[0].left, flip[1].left);
  EXPECT_EQ(flip[0].resized_width, 15);
  EXPECT_EQ(flip[0].mirrored + flip[1].mirrored, 1);
  EXPECT_EQ(boxes(20, 30, 8, DESC(fv_crops_desc, .crops = FV_CROPS_TEN)).size(), 10u);
  const int32_t scales[] = {9, 12, 16};
  EXPECT_EQ(
      boxes(20, 30, 8, DESC(fv_crops_desc, .crops = FV_CROPS_TEN, .scales = scales, .scale_count = 3)).size(),
      30u);
  fv_crop_box box;
  FAILS(FV_INVALID_ARGUMENT,
        fv_crop_boxes(20, 30, 21, 8, 0, DESC(fv_crops_desc, .crops = FV_CROPS_TEN), &box, 1, nullptr, &err),
        "21 x 8", "20 x 30");
  FAILS(FV_INVALID_ARGUMENT,
        fv_crop_boxes(20, 30, 8, 8, 0, DESC(fv_crops_desc, .crops = 4), &box, 1, nullptr, &err), "crops");
}

// What the mean over views is: the plain session on each view, cut by hand, softmax, mean.
TEST_F(CropsTest, E1_U10_TenCropsAreTheMeanOfTheirSoftmax) {
  const Model model = network(DESC(fv_transform_desc, .scale = 1.0 / 255));
  constexpr int64_t h = 11, w = 14, n = 4;
  const std::vector<uint8_t> x = picture(n * h * w * 3);
  std::vector<double> expected(n * kClasses), raw(n * kClasses);
  Session plain = session(model);
  for (size_t i = 0; i < n; ++i)
    for (const int64_t top : {0, 3, -1})
      for (const int64_t left : {0, 6}) {
        if (top < 0 && left != 0) continue;  // the middle, once: 1.5 to the even 2, and 3
        for (const bool mirrored : {false, true}) {
          std::vector<uint8_t> view;
          for (int64_t r = 0; r < 8; ++r)
            for (int64_t c = 0; c < 8; ++c) {
              const int64_t row = (top < 0 ? 2 : top) + r,
                            column = (top < 0 ? 3 : left) + (mirrored ? 7 - c : c);
              const uint8_t* p = x.data() + ((static_cast<int64_t>(i) * h + row) * w + column) * 3;
              view.insert(view.end(), p, p + 3);
            }
          const std::vector<float> logits = run(plain, tensor(view, {1, 8, 8, 3}));
          const std::vector<double> p = softmax(logits.data());
          for (size_t k = 0; k < kClasses; ++k) {
            expected[i * kClasses + k] += p[k] / 10;
            raw[i * kClasses + k] += static_cast<double>(logits[k]) / 10;
          }
        }
      }
  std::vector<float> first;
  for (const int32_t max_batch : {1, 7, 10, 64}) {
    Session ten = session(model, DESC(fv_crops_desc, .crops = FV_CROPS_TEN), max_batch);
    const std::vector<float> got = run(ten, tensor(x, {n, h, w, 3}));
    for (size_t k = 0; k < got.size(); ++k) EXPECT_NEAR(got[k], expected[k], 1e-6);
    Session raw_ten = session(model, DESC(fv_crops_desc, .crops = FV_CROPS_TEN, .raw = 1), max_batch);
    const std::vector<float> means = run(raw_ten, tensor(x, {n, h, w, 3}));
    for (size_t k = 0; k < means.size(); ++k) EXPECT_NEAR(means[k], raw[k], 1e-5);
  }
  // Evaluated, these are the probabilities.
  auto desc = init<fv_memory_dataset_desc>();
  const std::vector<int32_t> y = {1, 0, 4, 2};
  desc.samples = tensor(x, {n, h, w, 3});
  desc.labels = tensor(y, {n});
  desc.classes = kClasses;
  Dataset data;
  OK(fv_dataset_from_memory(context, &desc, data.out(), &err));
  Session ten = session(model, DESC(fv_crops_desc, .crops = FV_CROPS_TEN));
  auto e = init<fv_evaluation>();
  OK(fv_session_evaluate(ten, data, DESC(fv_evaluate_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY), &e, &err));
  double loss = 0, right = 0;
  for (size_t i = 0; i < n; ++i) {
    const double* p = expected.data() + i * kClasses;
    loss -= std::log(p[y[i]]) / n;
    right += std::max_element(p, p + kClasses) - p == y[i];
  }
  EXPECT_NEAR(e.loss, loss, 1e-5);
  EXPECT_EQ(e.accuracy, right / n);
}

// A mirrored image has the same mean over both.
TEST_F(CropsTest, U10_FlipsAreAveraged) {
  const Model model = network(nullptr);
  const std::vector<uint8_t> x = picture(8 * 8 * 3);
  std::vector<uint8_t> mirrored;
  for (size_t r = 0; r < 8; ++r)
    for (size_t c = 8; c-- > 0;)
      mirrored.insert(mirrored.end(), &x[(r * 8 + c) * 3], &x[(r * 8 + c) * 3] + 3);
  Session flip = session(model, DESC(fv_crops_desc, .crops = FV_CROPS_FLIP, .raw = 1)), plain = session(model);
  const std::vector<float> a = run(flip, tensor(x, {1, 8, 8, 3})),
                           b = run(flip, tensor(mirrored, {1, 8, 8, 3}));
  const std::vector<float> p = run(plain, tensor(x, {1, 8, 8, 3})),
                           q = run(plain, tensor(mirrored, {1, 8, 8, 3}));
  EXPECT_EQ(a, b);
  for (size_t k = 0; k < kClasses; ++k) EXPECT_NEAR(a[k], (p[k] + q[k]) / 2, 1e-4);
}

TEST_F(CropsTest, RunsEncodedImages) {
  const Model model = network(DESC(fv_transform_desc, .scale = 1.0 / 255, .resize_short = 9));
  const std::vector<uint8_t> small = picture(10 * 13 * 3), large = picture(30 * 21 * 3, 8);
  const auto file = [](const std::vector<uint8_t>& pixels, const char* header) {
    return std::string(header) + std::string(pixels.begin(), pixels.end());
  };
  const std::string a = file(small, "P6 13 10 255\n"), b = file(large, "P6 21 30 255\n");
  const Folder folder;
  std::ofstream(folder / "b.ppm", std::ios::binary) << b;
  const std::string path = folder / "b.ppm";
  const fv_encoded_image images[] = {{a.data(), a.size(), nullptr}, {nullptr, 0, path.c_str()}};
  for (const fv_crops crops : {FV_CROPS_NONE, FV_CROPS_FLIP, FV_CROPS_TEN}) {
    Session s = session(model, DESC(fv_crops_desc, .crops = crops));
    std::vector<float> out(2 * kClasses);
    fv_buffer o = buffer(out);
    OK(fv_session_run_images(s, images, 2, &o, 1, &err));
    EXPECT_EQ(o.shape[0], 2);
    const std::vector<float> first = run(s, tensor(small, {1, 10, 13, 3}));
    const std::vector<float> second = run(s, tensor(large, {1, 30, 21, 3}));
    for (size_t k = 0; k < kClasses; ++k) {  // another batch, so another product
      EXPECT_NEAR(out[k], first[k], 1e-5) << crops;
      EXPECT_NEAR(out[kClasses + k], second[k], 1e-5) << crops;
    }
  }
  // The network's own numbers for it.
  Handle<fv_transform> transform;
  OK(fv_model_transform(model, 0, transform.out(), &err));
  std::vector<float> from_file(192), from_pixels(192);
  fv_buffer f = buffer(from_file), p = buffer(from_pixels);
  const fv_tensor pixels = tensor(small, {10, 13, 3});
  OK(fv_transform_apply_image(transform, &images[0], &f, &err));
  OK(fv_transform_apply(transform, &pixels, &p, &err));
  EXPECT_EQ(from_file, from_pixels);
}

TEST_F(CropsTest, RefusesWhatItCannotRun) {
  const Model fixed = network(nullptr), probabilities = network(nullptr, true);
  const std::string image = "P6 9 8 255\n" + std::string(9 * 8 * 3, 'x');
  const fv_encoded_image given{image.data(), image.size(), nullptr}, none{nullptr, 0, nullptr};
  const fv_encoded_image broken{image.data(), 20, nullptr}, missing{nullptr, 0, "/no/such/image.png"};
  std::vector<float> out(kClasses);
  fv_buffer b = buffer(out);
  Session s = session(fixed);
  FAILS(FV_INVALID_ARGUMENT, fv_session_run_images(s, &given, 1, &b, 1, &err), "8x9x3", "does not resize",
        "8x8x3");
  FAILS(FV_INVALID_ARGUMENT, fv_session_run_images(s, &none, 1, &b, 1, &err), "bytes or a path");
  FAILS(FV_INVALID_ARGUMENT, fv_session_run_images(s, nullptr, 0, &b, 1, &err), "0 images");
  FAILS(FV_FORMAT, fv_session_run_images(s, &broken, 1, &b, 1, &err));
  FAILS(FV_NOT_FOUND, fv_session_run_images(s, &missing, 1, &b, 1, &err), "/no/such/image.png");
  Session ten = session(probabilities, DESC(fv_crops_desc, .crops = FV_CROPS_TEN));
  FAILS(FV_INVALID_ARGUMENT, fv_session_run_images(ten, &given, 1, &b, 1, &err), "softmax already");
  const int32_t zero = 0;
  FAILS(FV_INVALID_ARGUMENT,
        fv_session_create(fixed,
                          DESC(fv_session_desc, .crops = DESC(fv_crops_desc, .crops = FV_CROPS_TEN,
                                                              .scales = &zero, .scale_count = 1)),
                          s.out(), &err),
        "scale");
}

}  // namespace
}  // namespace fovea::test
