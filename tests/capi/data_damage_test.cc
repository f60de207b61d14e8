// What is wrong with data is said of the right thing: links that lead nowhere, files that break, samples that
// fail.
#include <atomic>

#include "sources_support.h"

namespace fovea::test {
namespace {

using DataDamageTest = FolderTest;

// ---- links ----------------------------------------------------------------------------------------

TEST_F(DataDamageTest, AnImageThatIsALinkToNowhereIsCountedAndNamed) {
  std::filesystem::create_symlink(root / "gone.pgm", root / "cat" / "link.pgm");
  std::filesystem::create_symlink("loop.pgm", root / "cat" / "loop.pgm");
  Dataset data;
  OK(fv_dataset_open_folder(context, root.c_str(), nullptr, data.out(), &err));
  EXPECT_EQ(info(data).count, 4);
  EXPECT_EQ(files(data).files, 6);
  EXPECT_EQ(files(data).broken, 2);
  EXPECT_NE(problem(data, 0).find("cat/link.pgm"), std::string::npos) << problem(data, 0);
  EXPECT_NE(problem(data, 1).find("cat/loop.pgm"), std::string::npos) << problem(data, 1);
  fv_dataset* none = nullptr;
  const fv_image_files_desc refuse{.struct_size = sizeof refuse, .refuse_broken = 1};
  FAILS(FV_NOT_FOUND, fv_dataset_open_folder(context, root.c_str(), &refuse, &none, &err), "cat/link.pgm");
}

TEST_F(DataDamageTest, AClassThatIsALinkToNowhereRenumbersNoOther) {
  std::filesystem::create_symlink(root / "gone", root / "bird");
  fv_dataset* none = nullptr;
  FAILS(FV_NOT_FOUND, fv_dataset_open_folder(context, root.c_str(), nullptr, &none, &err), "/bird'");
}

// ---- errors that name their sample ----------------------------------------------------------------

TEST_F(DataDamageTest, WhatBreaksLaterIsNamedByEverythingThatReads) {
  Dataset data;
  OK(fv_dataset_open_folder(context, root.c_str(), DESC(fv_image_files_desc, .headers_only = 1), data.out(),
                            &err));
  write(root / "cat" / "b.pgm", pgm(3, 2, 20));  // whole, but not what it was
  const char* const file = "cat/b.pgm";
  std::vector<uint8_t> pixels(64);
  fv_buffer out = buffer(pixels);
  FAILS(FV_FORMAT, fv_dataset_get(data, 2, &out, nullptr, &err), file);
  fv_color_axes axes;
  FAILS(FV_FORMAT, fv_augmentation_fit_colors(data, 0, 0, &axes, &err), file);
}

// Index 2, which is no file, fails once `failing` is set.
struct Failing {
  std::atomic<bool> failing{false};
  static fv_status map(void* user, int64_t index, const fv_tensor* in, void* out, size_t bytes,
                       fv_error* error) {
    std::memcpy(out, in->data, bytes);
    if (index != 2 || !static_cast<Failing*>(user)->failing) return FV_OK;
    std::snprintf(error->message, sizeof error->message, "no such luck");
    return FV_IO;
  }
};

TEST_F(DataDamageTest, ASampleThatIsNoFileIsNamedByItsNumber) {
  const Dataset data = numbered({0, 1, 0, 1});
  Failing failing{true};
  Dataset mapped;
  OK(fv_dataset_map(data, DESC(fv_map_desc, .map = Failing::map, .user = &failing), mapped.out(), &err));
  std::vector<uint8_t> value(1);
  fv_buffer out = buffer(value);
  FAILS(FV_IO, fv_dataset_get(mapped, 2, &out, nullptr, &err), "sample 2: no such luck");
  auto whole = init<fv_dataset_info>();
  FAILS(FV_IO, fv_dataset_get_info(mapped, &whole, &err), "sample 2: no such luck");
  Handle<fv_audit> audit;
  const fv_dataset* const parts[] = {mapped};
  OK(fv_dataset_audit(context, parts, nullptr, 1, audit.out(), &err));
  EXPECT_NE(text([&](char* b, size_t c, size_t* n) { return fv_audit_text(audit, b, c, n, &err); })
                .find("cannot be read: sample 2: no such luck"),
            std::string::npos);
  Handle<fv_transform> fitted;
  const fv_transform_fit_desc fit{.struct_size = sizeof fit, .featurewise_center = FV_STATISTIC_FEATURE};
  FAILS(FV_IO, fv_transform_fit(context, mapped, &fit, fitted.out(), &err), "sample 2: no such luck");
}

TEST_F(DataDamageTest, ASampleThatFailsInTheMiddleOfATrainingIsNamed) {
  Dataset data, mapped;
  OK(fv_dataset_open_folder(context, root.c_str(), nullptr, data.out(), &err));
  Failing failing;
  OK(fv_dataset_map(data, DESC(fv_map_desc, .map = Failing::map, .user = &failing), mapped.out(), &err));
  Graph g;
  Model model;
  OK(fv_graph_create(context, g.out(), &err));
  const fv_node x = fv_flatten(g, fv_input(g, DESC(fv_input_desc, .shape = {2, 2, 3})), nullptr);
  const fv_node logits = fv_dense(g, x, DESC(fv_dense_desc, .units = 2));
  OK(fv_model_create(g, &logits, 1, nullptr, model.out(), &err));
  const Trainer trainer = make_trainer(model);
  OK(fv_trainer_feed(trainer, mapped, DESC(fv_feed_desc, .batch_size = 4), &err));
  OK(fv_trainer_next(trainer, nullptr, &err));
  failing.failing = true;
  FAILS(FV_IO, fv_trainer_next(trainer, nullptr, &err), "cat/b.pgm", "no such luck");
}

TEST_F(DataDamageTest, ColorsAreNotFittedOnATestSet) {
  Dataset data;
  OK(fv_dataset_open_folder(context, root.c_str(), nullptr, data.out(), &err));
  fv_color_axes axes;
  OK(fv_augmentation_fit_colors(data, 0, 0, &axes, &err));
  OK(fv_dataset_mark_test(data, &err));
  FAILS(FV_INVALID_ARGUMENT, fv_augmentation_fit_colors(data, 0, 0, &axes, &err), "test set");
}

// ---- fingerprints, lists, audits ------------------------------------------------------------------

// Images of 1 x 1 and of 2 x 1, as a callback gives them and as two datasets put together do.
TEST_F(DataDamageTest, TheSameSamplesHaveTheSameFingerprintWhereSizesVary) {
  const uint8_t pixels[] = {7, 8, 9};
  const std::vector<int32_t> label = {0};
  const auto one = [&](int64_t first, int64_t height) {
    const std::vector<uint8_t> values(pixels + first, pixels + first + height);
    const fv_memory_dataset_desc desc{.struct_size = sizeof desc,
                                      .classes = 1,
                                      .samples = tensor(values, {1, height, 1, 1}),
                                      .labels = tensor(label, {1})};
    Dataset d;
    EXPECT_EQ(FV_OK, fv_dataset_from_memory(context, &desc, d.out(), &err)) << err.message;
    return d;
  };
  const Dataset small = one(0, 1), large = one(1, 2);
  const fv_dataset* const parts[] = {small, large};
  Dataset joined, asked;
  OK(fv_dataset_concat(parts, 2, joined.out(), &err));
  fv_callback_dataset_desc desc{.struct_size = sizeof desc, .count = 2, .shape = {0, 0, 1}, .rank = 3};
  desc.classes = 1;
  desc.user = const_cast<uint8_t*>(pixels);
  desc.get = [](void* user, int64_t i, void* out, int64_t* of, fv_error*) -> fv_status {
    if (of != nullptr) *of = 0;
    if (out != nullptr) std::memcpy(out, static_cast<uint8_t*>(user) + i, static_cast<size_t>(i + 1));
    return FV_OK;
  };
  desc.get_size = [](void*, int64_t i, int64_t* height, int64_t* width, fv_error*) -> fv_status {
    *height = i + 1;
    *width = 1;
    return FV_OK;
  };
  OK(fv_dataset_from_callback(context, &desc, asked.out(), &err));
  EXPECT_EQ(info(joined).fingerprint, info(asked).fingerprint);
}

TEST_F(DataDamageTest, TheDelimiterIsNotLookedForInQuotes) {
  write(folder / "a;b;c.pgm", pgm(2, 2, 10));
  write(folder / "list.csv", "\"a;b;c.pgm\",cat\n");
  Dataset data;
  OK(fv_dataset_open_list(context, (folder / "list.csv").c_str(), nullptr, data.out(), &err));
  EXPECT_EQ(class_name(data, 0), "cat");
}

TEST_F(DataDamageTest, AnImageTooWideToCompareIsNotUnreadable) {
  constexpr int64_t kWidth = (1 << 20) + 1;
  std::vector<uint8_t> wide(32 * kWidth);
  for (size_t i = 0; i < wide.size(); ++i) wide[i] = static_cast<uint8_t>(i / 100000);
  const std::vector<int32_t> label = {0};
  const fv_memory_dataset_desc desc{.struct_size = sizeof desc,
                                    .samples = tensor(wide, {1, 32, kWidth, 1}),
                                    .labels = tensor(label, {1}),
                                    .borrow = 1};
  Dataset data;
  OK(fv_dataset_from_memory(context, &desc, data.out(), &err));
  const fv_dataset* const parts[] = {data};
  Handle<fv_audit> audit;
  OK(fv_dataset_audit(context, parts, nullptr, 1, audit.out(), &err));
  auto part = init<fv_audit_part>();
  OK(fv_audit_get_part(audit, 0, &part, &err));
  EXPECT_EQ(part.unreadable, 0);
  EXPECT_EQ(part.width_max, kWidth);
}

}  // namespace
}  // namespace fovea::test
