// Stratified splits, folds and test sets through the public API.
#include <algorithm>

#include "support.h"

namespace fovea::test {
namespace {

class SplitTest : public ::testing::Test {
 protected:
  void SetUp() override {
    OK(fv_context_create(nullptr, context.out(), &err));
    data = digits(context, 103);
  }
  static std::vector<int64_t> class_counts(const fv_dataset* d) {
    auto info = init<fv_dataset_info>();
    EXPECT_EQ(FV_OK, fv_dataset_get_info(d, &info, nullptr));
    std::vector<int64_t> counts(10);
    std::vector<uint8_t> image(28 * 28);
    for (int64_t i = 0; i < info.count; ++i) {
      fv_buffer b = buffer(image);
      int64_t label = -1;
      EXPECT_EQ(FV_OK, fv_dataset_get(d, i, &b, &label, nullptr));
      ++counts[static_cast<size_t>(label)];
    }
    return counts;
  }
  static int64_t count(const fv_dataset* d) {
    auto info = init<fv_dataset_info>();
    EXPECT_EQ(FV_OK, fv_dataset_get_info(d, &info, nullptr));
    return info.count;
  }
  static int32_t is_test(const fv_dataset* d) {
    auto info = init<fv_dataset_info>();
    EXPECT_EQ(FV_OK, fv_dataset_get_info(d, &info, nullptr));
    return info.test;
  }

  Context context;
  Dataset data, first, second;
  fv_error err{};
};

TEST_F(SplitTest, StratifiedSplit) {
  OK(fv_dataset_split(data, DESC(fv_split_desc, .count = 40, .stratified = 1), first.out(), second.out(),
                      &err));
  const std::vector<int64_t> whole = class_counts(data), part = class_counts(second);
  EXPECT_EQ(40, count(second));
  for (size_t c = 0; c < 10; ++c)
    EXPECT_LT(std::abs(static_cast<double>(part[c]) - static_cast<double>(whole[c]) * 40 / 103), 1);
}

TEST_F(SplitTest, D3FoldsPartition) {
  for (const int32_t stratified : {0, 1}) {
    const std::vector<int64_t> whole = class_counts(data);
    std::vector<int64_t> sum(10);
    for (int32_t i = 0; i < 4; ++i) {
      OK(fv_dataset_fold(data, DESC(fv_fold_desc, .fold = i, .folds = 4, .shuffle = 1,
                                    .stratified = stratified, .seed = 5), first.out(), second.out(), &err));
      EXPECT_EQ(103, count(first) + count(second));
      EXPECT_EQ(i < 3 ? 26 : 25, count(second));
      const std::vector<int64_t> part = class_counts(second);
      for (size_t c = 0; c < 10; ++c) sum[c] += part[c];
    }
    EXPECT_EQ(whole, sum);
  }
  OK(fv_dataset_fold(data, nullptr, first.out(), second.out(), &err));
  EXPECT_EQ(21, count(second));
}

TEST_F(SplitTest, D2TheMarkOfATestSet) {
  EXPECT_EQ(0, is_test(data));
  Dataset before;
  const int64_t one[] = {4};
  OK(fv_dataset_subset(data, one, 1, before.out(), &err));
  OK(fv_dataset_mark_test(data, &err));
  OK(fv_dataset_mark_test(data, &err));
  EXPECT_EQ(1, is_test(data));
  EXPECT_EQ(0, is_test(before));
  OK(fv_dataset_subset(data, one, 1, first.out(), &err));
  EXPECT_EQ(1, is_test(first));
  OK(fv_dataset_fold(data, nullptr, first.out(), second.out(), &err));
  EXPECT_EQ(2, is_test(first) + is_test(second));
  OK(fv_dataset_split(data, nullptr, first.out(), second.out(), &err));
  EXPECT_EQ(2, is_test(first) + is_test(second));
}

TEST_F(SplitTest, Errors) {
  fv_dataset *a = nullptr, *b = nullptr;
  const auto fold = [&](const fv_fold_desc* desc) { return fv_dataset_fold(data, desc, &a, &b, &err); };
  FAILS(FV_INVALID_ARGUMENT, fold(DESC(fv_fold_desc, .fold = 5)), "fold is 5", "0 to 4");
  FAILS(FV_INVALID_ARGUMENT, fold(DESC(fv_fold_desc, .folds = 1)), "folds is 1");
  FAILS(FV_INVALID_ARGUMENT, fold(DESC(fv_fold_desc, .folds = 104)), "2 to 103");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_fold(nullptr, nullptr, &a, &b, &err), "dataset is NULL");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_fold(data, nullptr, nullptr, &b, &err), "train is NULL");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_fold(data, nullptr, &a, nullptr, &err), "validation is NULL");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_mark_test(nullptr, &err), "dataset is NULL");
  const std::vector<float> x(4);
  Dataset targets;
  OK(fv_dataset_from_memory(context, DESC(fv_memory_dataset_desc, .samples = tensor(x, {4, 1}),
                                          .targets = tensor(x, {4, 1})), targets.out(), &err));
  FAILS(FV_INVALID_ARGUMENT,
        fv_dataset_fold(targets, DESC(fv_fold_desc, .folds = 2, .stratified = 1), &a, &b, &err), "stratified",
        "targets");
  EXPECT_EQ(nullptr, a);
  EXPECT_EQ(nullptr, b);
}

}  // namespace
}  // namespace fovea::test
