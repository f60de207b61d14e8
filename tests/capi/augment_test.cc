// Augmentation as a user has it: pipelines, datasets in training, Keras's generator, contact sheets, errors.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <fstream>
#include <iterator>
#include <set>

#include "support.h"

namespace fovea::test {
namespace {

using Augmentation = Handle<fv_augmentation>;

class AugmentTest : public ::testing::Test {
 protected:
  AugmentTest() {
    EXPECT_EQ(FV_OK, fv_context_create(nullptr, context.out(), &err));
    for (size_t i = 0; i < 12 * 16 * 3; ++i) pixels.push_back(static_cast<uint8_t>(i * 37 % 251));
  }

  fv_tensor image() const { return tensor(pixels, {12, 16, 3}); }
  Augmentation make(const std::vector<const fv_augment_desc*>& steps) {
    Augmentation augmentation;
    EXPECT_EQ(FV_OK,
              fv_augmentation_create(context, steps.data(), steps.size(), nullptr, augmentation.out(), &err))
        << err.message;
    return augmentation;
  }
  std::vector<uint8_t> apply(const Augmentation& augmentation, int64_t position = 0, uint64_t seed = 1,
                             int64_t epoch = 0) {
    std::vector<uint8_t> out(pixels.size());
    fv_buffer to = buffer(out);
    const fv_tensor from = image();
    EXPECT_EQ(FV_OK, fv_augmentation_apply(augmentation, &from, seed, epoch, position, &to, &err))
        << err.message;
    return out;
  }
  // Of random colors.
  Dataset data(int64_t count) {
    std::vector<uint8_t> samples;
    for (int64_t i = 0; i < count * 8 * 8 * 3; ++i)
      samples.push_back(static_cast<uint8_t>((i * i + i * 7) >> 3));
    const auto classes = labels(static_cast<size_t>(count), 10);
    Dataset dataset;
    EXPECT_EQ(FV_OK, fv_dataset_from_memory(context,
                                            DESC(fv_memory_dataset_desc, .classes = 10,
                                                 .samples = tensor(samples, {count, 8, 8, 3}),
                                                 .labels = tensor(classes, {count})),
                                            dataset.out(), &err))
        << err.message;
    return dataset;
  }

  fv_error err{};
  Context context;
  std::vector<uint8_t> pixels;
};

TEST_F(AugmentTest, U1_FlipTwiceIsTheIdentity) {
  const auto once = make({DESC(fv_augment_desc, .step = FV_AUGMENT_HORIZONTAL_FLIP, .probability = 1)});
  const auto flipped = apply(once);
  EXPECT_NE(flipped, pixels);
  EXPECT_TRUE(std::equal(flipped.begin(), flipped.begin() + 3, pixels.begin() + 45));
  const fv_augment_desc flip{
      .struct_size = sizeof flip, .step = FV_AUGMENT_HORIZONTAL_FLIP, .probability = 1};
  EXPECT_EQ(apply(make({&flip, &flip})), pixels);
}

TEST_F(AugmentTest, DrawsDependOnSeedEpochAndPosition) {
  const auto random = make({DESC(fv_augment_desc, .step = FV_AUGMENT_ROTATION, .low = -30, .high = 30),
                            DESC(fv_augment_desc, .step = FV_AUGMENT_NOISE, .low = 5, .high = 5)});
  const auto first = apply(random);
  EXPECT_EQ(apply(random), first);
  EXPECT_NE(apply(random, 1), first);
  EXPECT_NE(apply(random, 0, 2), first);
  EXPECT_NE(apply(random, 0, 1, 1), first);
}

TEST_F(AugmentTest, ZeroIsSpelled) {
  EXPECT_EQ(apply(make({DESC(fv_augment_desc, .step = FV_AUGMENT_INVERT, .probability = FV_ZERO)})), pixels);
  EXPECT_EQ(apply(make({DESC(fv_augment_desc, .step = FV_AUGMENT_LENS, .low = FV_ZERO, .high = FV_ZERO)})),
            pixels);
  EXPECT_EQ(
      apply(make({DESC(fv_augment_desc, .step = FV_AUGMENT_COLOR_OFFSET, .low = FV_ZERO, .high = FV_ZERO)})),
      pixels);
  const auto black =
      apply(make({DESC(fv_augment_desc, .step = FV_AUGMENT_BRIGHTNESS, .low = FV_ZERO, .high = FV_ZERO)}));
  EXPECT_EQ(black, std::vector<uint8_t>(pixels.size()));
}

TEST_F(AugmentTest, ShapesAndRescale) {
  const auto steps =
      make({DESC(fv_augment_desc, .step = FV_AUGMENT_SCALE_CROP, .low = 20, .high = 30, .size = {18}),
            DESC(fv_augment_desc, .step = FV_AUGMENT_RESCALE, .low = 1 / 255.0)});
  const int64_t shape[] = {12, 16, 3};
  int64_t made[3];
  OK(fv_augmentation_shape(steps, shape, made, &err));
  EXPECT_EQ((std::vector<int64_t>{18, 18, 3}), std::vector<int64_t>(made, made + 3));
  std::vector<float> out(18 * 18 * 3, -1);
  fv_buffer to = buffer(out);
  const fv_tensor from = image();
  OK(fv_augmentation_apply(steps, &from, 1, 0, 0, &to, &err));
  EXPECT_EQ(FV_F32, to.dtype);
  EXPECT_EQ(18, to.shape[1]);
  for (float v : out) EXPECT_TRUE(v >= 0 && v <= 1);
}

// U7: the names, and what belongs elsewhere.
TEST_F(AugmentTest, Groups) {
  const std::vector<uint8_t> inverted = apply(make({DESC(fv_augment_desc, .step = FV_AUGMENT_INVERT)}));
  EXPECT_EQ(apply(make({DESC(fv_augment_desc, .step = FV_AUGMENT_RANDOM_APPLY, .probability = 1, .count = 1),
                        DESC(fv_augment_desc, .step = FV_AUGMENT_INVERT)})),
            inverted);
  EXPECT_EQ(apply(make({DESC(fv_augment_desc, .step = FV_AUGMENT_RANDOM_APPLY, .probability = FV_ZERO,
                             .count = 1),
                        DESC(fv_augment_desc, .step = FV_AUGMENT_INVERT)})),
            pixels);
  for (const fv_augment_step group : {FV_AUGMENT_RANDOM_CHOICE, FV_AUGMENT_RANDOM_ORDER})
    EXPECT_EQ(apply(make({DESC(fv_augment_desc, .step = group, .count = 1),
                          DESC(fv_augment_desc, .step = FV_AUGMENT_INVERT)})),
              inverted);
}

// Keras's images are floats of 0 to 255 until rescale.
TEST_F(AugmentTest, U7_KerasGeneratorOnFloats) {
  const std::vector<float> grey = {10, 100, 200, 255};
  const fv_tensor from = tensor(grey, {2, 2, 1});
  const auto brighten = [&](double white) {
    Augmentation keras;
    EXPECT_EQ(FV_OK, fv_augmentation_from_keras(context,
                                                DESC(fv_image_data_generator_desc,
                                                     .brightness_range = {2, 2}, .rescale = 1 / 255.0,
                                                     .white = white),
                                                keras.out(), &err))
        << err.message;
    std::vector<float> out(4);
    fv_buffer to = buffer(out);
    EXPECT_EQ(FV_OK, fv_augmentation_apply(keras, &from, 1, 0, 0, &to, &err)) << err.message;
    for (float& v : out) v = std::round(v * 255);
    return out;
  };
  EXPECT_EQ(brighten(0), (std::vector<float>{20, 200, 255, 255}));
  EXPECT_EQ(brighten(300), (std::vector<float>{20, 200, 300, 300}));
}

TEST_F(AugmentTest, U7_KerasGenerator) {
  Augmentation keras;
  OK(fv_augmentation_from_keras(context, nullptr, keras.out(), &err));
  EXPECT_EQ(apply(keras), pixels);
  OK(fv_augmentation_from_keras(
      context,
      DESC(fv_image_data_generator_desc, .horizontal_flip = 1, .rotation_range = 20, .width_shift_range = 0.1,
           .height_shift_range = 2, .brightness_range = {0.8, 1.2}, .shear_range = 5, .zoom_range = {0.1},
           .channel_shift_range = 10, .fill_mode = "reflect", .vertical_flip = 1,
           .data_format = "channels_last"),
      keras.out(), &err));
  EXPECT_NE(apply(keras), apply(keras, 1));
  OK(fv_augmentation_from_keras(context, DESC(fv_image_data_generator_desc, .rescale = 1 / 255.0),
                                keras.out(), &err));
  std::vector<float> out(pixels.size());
  fv_buffer to = buffer(out);
  const fv_tensor from = image();
  OK(fv_augmentation_apply(keras, &from, 1, 0, 0, &to, &err));
  for (size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i], static_cast<float>(pixels[i] * (1 / 255.0)));

  const auto refuses = [&](const fv_image_data_generator_desc* desc, fv_status status, const char* words) {
    fv_augmentation* none = nullptr;
    FAILS(status, fv_augmentation_from_keras(context, desc, &none, &err), words);
    EXPECT_EQ(none, nullptr);
  };
  const fv_status elsewhere = FV_UNSUPPORTED, bad = FV_INVALID_ARGUMENT;
  refuses(DESC(fv_image_data_generator_desc, .featurewise_center = 1), elsewhere,
          "featurewise_center belongs to the model");
  refuses(DESC(fv_image_data_generator_desc, .samplewise_center = 1), elsewhere, "samplewise_center");
  refuses(DESC(fv_image_data_generator_desc, .featurewise_std_normalization = 1), elsewhere,
          "featurewise_std");
  refuses(DESC(fv_image_data_generator_desc, .samplewise_std_normalization = 1), elsewhere, "samplewise_std");
  refuses(DESC(fv_image_data_generator_desc, .zca_whitening = 1), elsewhere, "fv_transform_fit");
  refuses(DESC(fv_image_data_generator_desc, .data_format = "channels_first"), elsewhere, "'channels_first'");
  refuses(DESC(fv_image_data_generator_desc, .fill_mode = "mirror"), bad, "'mirror'");
  refuses(DESC(fv_image_data_generator_desc, .rotation_range = -1), bad, "rotation_range is -1");
  refuses(DESC(fv_image_data_generator_desc, .zoom_range = {2, 1}), bad, "zoom_range is 2 to 1");
}

// U8: mixup and cutmix are the trainer's, upon what the augmentation has made.
TEST_F(AugmentTest, U8_MixupOfAugmentedImages) {
  Graph graph;
  OK(fv_graph_create(context, graph.out(), &err));
  fv_node x = fv_input(graph, DESC(fv_input_desc, .name = "image", .shape = {8, 8, 3}));
  x = fv_dense(graph, fv_flatten(graph, x, nullptr), DESC(fv_dense_desc, .units = 10));
  const auto flip = make({DESC(fv_augment_desc, .step = FV_AUGMENT_HORIZONTAL_FLIP)});
  const Dataset plain = data(40);
  Dataset augmented;
  OK(fv_dataset_augment(plain, flip, augmented.out(), &err));
  const auto train = [&](const fv_dataset* set, double mixup) {
    Model model;
    Trainer trainer;
    EXPECT_EQ(FV_OK, fv_model_create(graph, &x, 1, DESC(fv_model_desc, .seed = 1), model.out(), &err));
    EXPECT_EQ(FV_OK, fv_trainer_create(
                         model,
                         DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD,
                              .learning_rate = 0.01, .mix = DESC(fv_mix_desc, .mixup = mixup)),
                         trainer.out(), &err))
        << err.message;
    EXPECT_EQ(FV_OK,
              fv_trainer_fit(trainer, set, nullptr, DESC(fv_fit_desc, .epochs = 2, .batch_size = 10), &err))
        << err.message;
    return weights(model);
  };
  const auto mixed = train(augmented, 0.4);
  EXPECT_EQ(train(augmented, 0.4), mixed);
  EXPECT_NE(train(augmented, 0), mixed);
  EXPECT_NE(train(plain, 0.4), mixed);
}

TEST_F(AugmentTest, DatasetIsDrawnAnewInEveryEpochAndReadTheSame) {
  const auto crop = make({DESC(fv_augment_desc, .step = FV_AUGMENT_CROP, .size = {8}, .padding = 2)});
  const Dataset plain = data(6);
  Dataset augmented;
  OK(fv_dataset_augment(plain, crop, augmented.out(), &err));
  auto info = init<fv_dataset_info>(), base = init<fv_dataset_info>();
  OK(fv_dataset_get_info(augmented, &info, &err));
  OK(fv_dataset_get_info(plain, &base, &err));
  EXPECT_EQ(6, info.count);
  EXPECT_EQ(10, info.classes);
  EXPECT_EQ(8, info.shape[0]);
  EXPECT_NE(base.fingerprint, info.fingerprint);
  std::vector<uint8_t> a(192), b(192);
  fv_buffer to_a = buffer(a), to_b = buffer(b);
  int64_t label = -1, plain_label = -1;
  OK(fv_dataset_get(augmented, 3, &to_a, &label, &err));
  OK(fv_dataset_get(augmented, 3, &to_b, nullptr, &err));
  EXPECT_EQ(a, b);
  OK(fv_dataset_get(plain, 3, &to_b, &plain_label, &err));
  EXPECT_EQ(plain_label, label);
  // The same as seed 0, epoch 0, position 3.
  std::vector<uint8_t> c(192);
  fv_buffer to_c = buffer(c);
  const fv_tensor from = tensor(b, {8, 8, 3});
  OK(fv_augmentation_apply(crop, &from, 0, 0, 3, &to_c, &err));
  EXPECT_EQ(a, c);
}

TEST_F(AugmentTest, U5_FitColors) {
  fv_color_axes colors{};
  OK(fv_augmentation_fit_colors(data(20), 0, 0, &colors, &err));
  EXPECT_GE(colors.variances[0], colors.variances[1]);
  EXPECT_GE(colors.variances[1], colors.variances[2]);
  for (int axis = 0; axis < 3; ++axis) {
    double square = 0;
    for (int c = 0; c < 3; ++c) square += colors.axes[3 * c + axis] * colors.axes[3 * c + axis];
    EXPECT_NEAR(1, square, 1e-12);
  }
  EXPECT_NE(apply(make({DESC(fv_augment_desc, .step = FV_AUGMENT_COLOR_OFFSET, .low = 2, .high = 2,
                             .colors = colors)})),
            pixels);
  FAILS(FV_INVALID_ARGUMENT, fv_augmentation_fit_colors(digits(context, 10), 0, 0, &colors, &err), "RGB");
}

struct Host {
  std::atomic<int> calls{0}, drops{0};
  fv_status answer = FV_OK;

  static fv_status call(void* user, fv_buffer* image, uint64_t random, fv_error* error) {
    Host& host = *static_cast<Host*>(user);
    ++host.calls;
    static_cast<uint8_t*>(image->data)[0] = static_cast<uint8_t>(random | 1);
    if (host.answer != FV_OK) std::snprintf(error->message, sizeof error->message, "not today");
    return host.answer;
  }
  static void drop(void* user) { ++static_cast<Host*>(user)->drops; }
};

TEST_F(AugmentTest, CallbackRunsAndFailsAndIsDroppedOnce) {
  Host host;
  const fv_augment_desc step{.struct_size = sizeof step,
                             .step = FV_AUGMENT_CALLBACK,
                             .function = Host::call,
                             .user = &host,
                             .drop = Host::drop,
                             .name = "mark"};
  {
    const auto marked = make({&step});
    const auto out = apply(marked);
    EXPECT_TRUE(std::equal(out.begin() + 1, out.end(), pixels.begin() + 1));
    EXPECT_EQ(apply(marked), out);
    Dataset augmented;
    OK(fv_dataset_augment(data(4), marked, augmented.out(), &err));
    host.answer = FV_MISMATCH;
    std::vector<uint8_t> sample(192);
    fv_buffer to = buffer(sample);
    FAILS(FV_MISMATCH, fv_dataset_get(augmented, 0, &to, nullptr, &err), "not today");
    EXPECT_EQ(0, host.drops);
  }
  EXPECT_EQ(1, host.drops);
  EXPECT_EQ(3, host.calls);
  // Refused, for another reason too: dropped all the same.
  fv_augmentation* none = nullptr;
  const fv_augment_desc wrong{.struct_size = sizeof wrong, .step = 99};
  const fv_augment_desc* const steps[] = {&step, &wrong};
  FAILS(FV_INVALID_ARGUMENT, fv_augmentation_create(context, steps, 2, nullptr, &none, &err), "step is 99");
  EXPECT_EQ(2, host.drops);
  FAILS(FV_INVALID_ARGUMENT, fv_augmentation_create(nullptr, steps, 1, nullptr, &none, &err),
        "context is NULL");
  EXPECT_EQ(3, host.drops);
}

TEST_F(AugmentTest, ContactSheet) {
  const Folder folder;
  const std::string path = folder / "sheet.png";
  const auto steps = make({DESC(fv_augment_desc, .step = FV_AUGMENT_ROTATION, .low = -30, .high = 30)});
  const fv_tensor from = image();
  OK(fv_augmentation_contact_sheet(
      steps, &from, DESC(fv_contact_sheet_desc, .count = 6, .columns = 3, .zoom = 2), path.c_str(), &err));
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  ASSERT_EQ(0, bytes.compare(0, 8, "\x89PNG\r\n\x1a\n"));
  EXPECT_EQ(3 * (16 * 2 + 3) + 3, static_cast<unsigned char>(bytes[19]));
  // Six pictures, all different.
  std::vector<uint8_t> sheet(200 * 200 * 3);
  fv_buffer out = buffer(sheet);
  OK(fv_image_decode_file(context, path.c_str(), DESC(fv_image_desc, .channels = 3), &out, nullptr, &err));
  std::set<std::vector<uint8_t>> tiles;
  for (int64_t tile = 0; tile < 6; ++tile) {
    std::vector<uint8_t> rows;
    for (int64_t y = 0; y < 32; ++y) {
      const auto row = sheet.begin() +
                       ((tile / 3 * 35 + 3 + y) * out.shape[1] + tile % 3 * 35 + 3) * 3;
      rows.insert(rows.end(), row, row + 32 * 3);
    }
    tiles.insert(rows);
  }
  EXPECT_EQ(tiles.size(), 6u);
  FAILS(FV_INVALID_ARGUMENT,
        fv_augmentation_contact_sheet(steps, &from, DESC(fv_contact_sheet_desc, .count = -1), path.c_str(),
                                      &err),
        "count is -1");
  FAILS(FV_INVALID_ARGUMENT, fv_augmentation_contact_sheet(steps, &from, nullptr, nullptr, &err),
        "path is NULL");
}

TEST_F(AugmentTest, Errors) {
  const fv_status bad = FV_INVALID_ARGUMENT;
  fv_augmentation* none = nullptr;
  const auto refuses = [&](const fv_augment_desc* step, const char* words) {
    FAILS(bad, fv_augmentation_create(context, &step, 1, nullptr, &none, &err), words);
  };
  refuses(DESC(fv_augment_desc), "step is 0");
  refuses(DESC(fv_augment_desc, .step = 41), "step is 41");  // one of the inside
  refuses(DESC(fv_augment_desc, .step = FV_AUGMENT_ROTATION), "step 0 (rotation) needs a range");
  refuses(DESC(fv_augment_desc, .step = FV_AUGMENT_INVERT, .interpolation = 9), "interpolation is 9");
  refuses(DESC(fv_augment_desc, .step = FV_AUGMENT_ZOOM, .low = 1, .high = 1,
               .interpolation = FV_INTERPOLATION_AREA),
          "step 0 (zoom): area is for resizing");
  refuses(DESC(fv_augment_desc, .step = FV_AUGMENT_INVERT, .fill_mode = -1), "fill_mode is -1");
  refuses(DESC(fv_augment_desc, .step = FV_AUGMENT_NOISE, .low = NAN, .high = 1), "range is nan");
  refuses(nullptr, "a step is NULL");
  FAILS(bad, fv_augmentation_create(context, nullptr, 2, nullptr, &none, &err), "steps is NULL");
  FAILS(bad, fv_augmentation_create(context, nullptr, 0, nullptr, nullptr, &err), "augmentation is NULL");
  FAILS(bad,
        fv_augmentation_create(context, nullptr, 0, DESC(fv_augmentation_desc, .white = -2), &none, &err),
        "white is -2");
  const auto nothing = make({});
  std::vector<uint8_t> small(10);
  fv_buffer to = buffer(small);
  fv_tensor from = image();
  FAILS(bad, fv_augmentation_apply(nothing, &from, 0, 0, 0, &to, &err), "room for 10 bytes, 576");
  FAILS(bad, fv_augmentation_apply(nothing, &from, 0, -1, 0, &to, &err), "epoch is -1");
  from.rank = 2;
  FAILS(bad, fv_augmentation_apply(nothing, &from, 0, 0, 0, &to, &err), "12x16");
  from = image();
  from.shape[1] = 0;
  FAILS(bad, fv_augmentation_apply(nothing, &from, 0, 0, 0, &to, &err), "12x0x3");
  from.data = nullptr;
  FAILS(bad, fv_augmentation_apply(nothing, &from, 0, 0, 0, &to, &err), "image has no data");
  const int64_t shape[] = {4, -1, 3};
  int64_t made[3];
  FAILS(bad, fv_augmentation_shape(nothing, shape, made, &err), "-1");
  const std::vector<float> rows(20);
  const std::vector<int32_t> classes(4);
  Dataset vectors;
  OK(fv_dataset_from_memory(
      context, DESC(fv_memory_dataset_desc, .samples = tensor(rows, {4, 5}), .labels = tensor(classes, {4})),
      vectors.out(), &err));
  fv_dataset* no_dataset = nullptr;
  FAILS(bad, fv_dataset_augment(vectors, nothing, &no_dataset, &err), "samples of the shape 5 are no images");
  const auto hue = make({DESC(fv_augment_desc, .step = FV_AUGMENT_COLOR_OFFSET)});
  FAILS(bad, fv_dataset_augment(digits(context, 10), hue, &no_dataset, &err),
        "step 0 (color offset) is for RGB");
}

}  // namespace
}  // namespace fovea::test
