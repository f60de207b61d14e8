// Datasets through the public API: every source and part, and every error that dataset.h names.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>

#include "support.h"

namespace fovea::test {
namespace {

class DatasetTest : public ::testing::Test {
 protected:
  void SetUp() override { OK(fv_context_create(DESC(fv_context_desc, .threads = 2), context.out(), &err)); }

  fv_dataset_info info(const fv_dataset* dataset) {
    auto i = init<fv_dataset_info>();
    EXPECT_EQ(FV_OK, fv_dataset_get_info(dataset, &i, &err)) << err.message;
    return i;
  }
  template <class T>
  std::vector<T> sample(const fv_dataset* dataset, int64_t index, size_t elements) {
    std::vector<T> values(elements);
    fv_buffer out = buffer(values);
    EXPECT_EQ(FV_OK, fv_dataset_get(dataset, index, &out, nullptr, &err)) << err.message;
    return values;
  }
  int64_t label(const fv_dataset* dataset, int64_t index) {
    std::vector<double> values(4096);
    fv_buffer out = buffer(values);
    out.dtype = 0;
    int64_t got = -7;
    EXPECT_EQ(FV_OK, fv_dataset_get(dataset, index, &out, &got, &err)) << err.message;
    return got;
  }
  // Sample i of a dataset whose samples are their own number.
  std::vector<int> numbers(const fv_dataset* dataset) {
    std::vector<int> out;
    for (int64_t i = 0; i < info(dataset).count; ++i)
      out.push_back(static_cast<int>(sample<float>(dataset, i, 1)[0]));
    return out;
  }
  Dataset numbered(size_t count) {
    std::vector<float> values(count);
    std::iota(values.begin(), values.end(), 0.0f);
    Dataset d;
    const int64_t n = static_cast<int64_t>(count);
    EXPECT_EQ(FV_OK, fv_dataset_from_memory(context,
                                            DESC(fv_memory_dataset_desc, .samples = tensor(values, {n, 1}),
                                                 .targets = tensor(values, {n})),
                                            d.out(), &err))
        << err.message;
    return d;
  }

  Context context;
  fv_error err{};
};

// ---- memory ---------------------------------------------------------------------------------------

class MemoryTest : public DatasetTest {
 protected:
  MemoryTest() {
    std::iota(pixels.begin(), pixels.end(), uint8_t{0});
    desc.samples = tensor(pixels, {4, 3, 2, 1});
    desc.labels = tensor(ids, {4});
    desc.user = &drops;
    desc.drop = [](void* user) { ++*static_cast<int*>(user); };
  }

  std::vector<uint8_t> pixels = std::vector<uint8_t>(24);
  std::vector<int32_t> ids{2, 0, 1, 2};
  std::vector<double> targets{1, 2, 3, 4, 5, 6, 7, 8};
  fv_memory_dataset_desc desc = init<fv_memory_dataset_desc>();
  int drops = 0;
};

TEST_F(MemoryTest, CopyDropsAtOnce) {
  Dataset d;
  OK(fv_dataset_from_memory(context, &desc, d.out(), &err));
  EXPECT_EQ(1, drops);
  pixels.assign(24, 99);
  ids.assign(4, 0);
  const fv_dataset_info i = info(d);
  EXPECT_EQ(FV_U8, i.dtype);
  EXPECT_EQ(4, i.count);
  EXPECT_EQ(3, i.rank);
  EXPECT_EQ(3, i.shape[0]);
  EXPECT_EQ(2, i.shape[1]);
  EXPECT_EQ(1, i.shape[2]);
  EXPECT_EQ(0, i.shape[3]);
  EXPECT_EQ(3, i.classes);
  EXPECT_EQ(0, i.target_rank);
  EXPECT_EQ((std::vector<uint8_t>{6, 7, 8, 9, 10, 11}), sample<uint8_t>(d, 1, 6));
  EXPECT_EQ(2, label(d, 0));
  EXPECT_EQ(0, label(d, 1));
}

TEST_F(MemoryTest, BorrowDropsWhenTheLastUserGoes) {
  desc.borrow = 1;
  Dataset part;
  {
    Dataset d;
    OK(fv_dataset_from_memory(context, &desc, d.out(), &err));
    const int64_t indices[] = {3};
    OK(fv_dataset_subset(d, indices, 1, part.out(), &err));
    context = {};
  }
  EXPECT_EQ(0, drops);
  pixels[18] = 77;
  EXPECT_EQ(77, sample<uint8_t>(part, 0, 6)[0]);
  part = {};
  EXPECT_EQ(1, drops);
}

TEST_F(MemoryTest, Targets) {
  desc.labels = {};
  desc.targets = tensor(targets, {4, 2});
  Dataset d;
  OK(fv_dataset_from_memory(context, &desc, d.out(), &err));
  const fv_dataset_info i = info(d);
  EXPECT_EQ(0, i.classes);
  EXPECT_EQ(1, i.target_rank);
  EXPECT_EQ(2, i.target_shape[0]);
  EXPECT_EQ(-1, label(d, 0));
}

TEST_F(MemoryTest, EveryErrorDropsOnceAndLeavesTheOutput) {
  int failures = 0;
  Dataset d;
  const auto refused = [&](fv_status code, auto&& change, std::initializer_list<const char*> words) {
    for (const int32_t borrow : {0, 1}) {
      fv_memory_dataset_desc changed = desc;
      changed.borrow = borrow;
      change(changed);
      fv_dataset* out = nullptr;
      EXPECT_TRUE(failed(fv_dataset_from_memory(context, &changed, &out, &err), code, err, words));
      EXPECT_EQ(nullptr, out);
      EXPECT_EQ(++failures, drops);
    }
  };
  const fv_status bad = FV_INVALID_ARGUMENT;
  refused(bad, [](auto& c) { c.samples.data = nullptr; }, {"samples have no data"});
  refused(bad, [](auto& c) { c.samples.dtype = 0; }, {"samples", "dtype 0"});
  refused(bad, [](auto& c) { c.samples.dtype = FV_I64; }, {"samples", "i64", "u8, f32 or f64"});
  refused(bad, [](auto& c) { c.samples.rank = 9; }, {"samples", "rank 9"});
  refused(bad, [](auto& c) { c.samples.rank = -1; }, {"samples", "rank -1"});
  refused(bad, [](auto& c) { c.samples.shape[1] = -3; }, {"-3"});
  refused(bad, [](auto& c) { c.samples.shape[1] = INT64_MAX; }, {"too large"});
  refused(bad, [](auto& c) { c.samples.shape[1] = 0; }, {"4x0x2x1", "empty"});
  refused(bad, [](auto& c) { c.labels = {}; }, {"neither labels nor targets"});
  refused(bad, [&](auto& c) { c.targets = tensor(targets, {4, 2}); }, {"both labels and targets"});
  refused(bad, [&](auto& c) { c.labels = tensor(pixels, {4}); }, {"labels", "u8", "i32 or i64"});
  refused(bad, [](auto& c) { c.labels.shape[0] = 3; }, {"labels", "3", "4"});
  refused(bad, [](auto& c) { c.classes = 2; }, {"label 2 of sample 0", "[0, 2)"});
  refused(bad, [](auto& c) { c.classes = -1; }, {"classes is -1"});
}

TEST_F(MemoryTest, AFieldOfALaterVersion) {
  struct {
    fv_memory_dataset_desc known;
    int64_t later;
  } wider{desc, 1};
  wider.known.struct_size = sizeof wider;
  Dataset d;
  FAILS(FV_UNSUPPORTED, fv_dataset_from_memory(context, &wider.known, d.out(), &err), "field at byte");
  EXPECT_EQ(1, drops);
  wider.later = 0;
  OK(fv_dataset_from_memory(context, &wider.known, d.out(), &err));
  EXPECT_EQ(2, drops);
}

TEST_F(MemoryTest, DropAlsoWithoutContextOrOutput) {
  fv_dataset* out = nullptr;
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_from_memory(nullptr, &desc, &out, &err), "context is NULL");
  EXPECT_EQ(1, drops);
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_from_memory(context, &desc, nullptr, &err), "dataset is NULL");
  EXPECT_EQ(2, drops);
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_from_memory(context, nullptr, &out, &err), "samples have no data");
  desc.drop = nullptr;
  OK(fv_dataset_from_memory(context, &desc, &out, &err));
  fv_dataset_destroy(out);
  EXPECT_EQ(2, drops);
}

// ---- IDX ------------------------------------------------------------------------------------------

class IdxTest : public DatasetTest {
 protected:
  void write(const char* name, std::string bytes) {
    std::ofstream(folder / name, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  void SetUp() override {
    DatasetTest::SetUp();
    write("images", images);
    write("labels", labels_file);
  }
  fv_status open(const char* image_name, const char* label_name, const fv_idx_desc* desc = nullptr) {
    fv_dataset* made = nullptr;
    const fv_status status = fv_dataset_open_idx(context, (folder / image_name).c_str(),
                                                 (folder / label_name).c_str(), desc, &made, &err);
    EXPECT_EQ(status == FV_OK, made != nullptr);
    dataset = Dataset(made);
    return status;
  }

  Folder folder;
  Dataset dataset;
  const std::string images{"\0\0\x08\3\0\0\0\2\0\0\0\1\0\0\0\3abcdef", 22};
  const std::string labels_file{"\0\0\x08\1\0\0\0\2\4\1", 10};
};

TEST_F(IdxTest, Opens) {
  OK(open("images", "labels"));
  EXPECT_EQ(2, info(dataset).count);
  EXPECT_EQ(5, info(dataset).classes);
  EXPECT_EQ((std::vector<uint8_t>{'d', 'e', 'f'}), sample<uint8_t>(dataset, 1, 3));
  EXPECT_EQ(4, label(dataset, 0));
  OK(open("images", "labels", DESC(fv_idx_desc, .classes = 10)));
  EXPECT_EQ(10, info(dataset).classes);
}

TEST_F(IdxTest, Errors) {
  FAILS(FV_NOT_FOUND, open("none", "labels"), "none", "No such file");
  FAILS(FV_NOT_FOUND, open("images", "none"), "none");
  FAILS(FV_IO, open("", "labels"), "directory");
  FAILS(FV_FORMAT, open("labels", "images"), "labels", "rank 1 at byte 3");
  write("short", images.substr(0, 20));
  FAILS(FV_FORMAT, open("short", "labels"), "short", "truncated", "byte 16");
  write("long", images + "x");
  FAILS(FV_FORMAT, open("long", "labels"), "long", "at byte 22");
  write("text", "this is no IDX file");
  FAILS(FV_FORMAT, open("text", "labels"), "text", "no IDX file", "74 68 69 73");
  std::string floats = images;
  floats[2] = 0x0D;
  write("floats", floats);
  FAILS(FV_UNSUPPORTED, open("floats", "labels"), "floats", "0x0d", "at byte 2");
  std::string three = labels_file + "\1";
  three[7] = 3;
  write("three", three);
  FAILS(FV_FORMAT, open("images", "three"), "2 images", "3 labels");
  FAILS(FV_FORMAT, open("images", "labels", DESC(fv_idx_desc, .classes = 3)), "label 4 at byte 8",
        "3 classes");
  FAILS(FV_FORMAT, open("images", "labels", DESC(fv_idx_desc, .max_bytes = 5)), "more than the 5 bytes");
  FAILS(FV_INVALID_ARGUMENT, open("images", "labels", DESC(fv_idx_desc, .max_bytes = -5)), "max_bytes is -5");
  FAILS(FV_INVALID_ARGUMENT, open("images", "labels", DESC(fv_idx_desc, .classes = 300)), "classes is 300");
  fv_dataset* out = nullptr;
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_open_idx(nullptr, "a", "b", nullptr, &out, &err), "context is NULL");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_open_idx(context, nullptr, "b", nullptr, &out, &err),
        "images_path is NULL");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_open_idx(context, "a", nullptr, nullptr, &out, &err),
        "labels_path is NULL");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_open_idx(context, "a", "b", nullptr, nullptr, &err),
        "dataset is NULL");
}

// ---- digits ---------------------------------------------------------------------------------------

TEST_F(DatasetTest, Digits) {
  Dataset d;
  OK(fv_dataset_digits(context, DESC(fv_digits_desc, .count = 50, .seed = 1), d.out(), &err));
  const fv_dataset_info i = info(d);
  EXPECT_EQ(FV_U8, i.dtype);
  EXPECT_EQ(50, i.count);
  EXPECT_EQ(28, i.shape[0]);
  EXPECT_EQ(1, i.shape[2]);
  EXPECT_EQ(10, i.classes);
  Dataset same, large, quiet;
  OK(fv_dataset_digits(context, DESC(fv_digits_desc, .size = 28, .count = 50, .seed = 1, .noise = 12),
                       same.out(), &err));
  EXPECT_EQ(i.fingerprint, info(same).fingerprint);
  OK(fv_dataset_digits(context, DESC(fv_digits_desc, .size = 40, .count = 5), large.out(), &err));
  EXPECT_EQ(40, info(large).shape[1]);
  OK(fv_dataset_digits(context, DESC(fv_digits_desc, .count = 5, .noise = FV_ZERO), quiet.out(), &err));
  EXPECT_EQ(0, sample<uint8_t>(quiet, 0, 784)[0]);
}

TEST_F(DatasetTest, DigitsErrors) {
  fv_dataset* out = nullptr;
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_digits(context, nullptr, &out, &err), "count 0");
  FAILS(FV_INVALID_ARGUMENT,
        fv_dataset_digits(context, DESC(fv_digits_desc, .size = 8, .count = 1), &out, &err), "size 8",
        "[16, 256]");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_digits(context, DESC(fv_digits_desc, .count = -1), &out, &err),
        "count -1");
  FAILS(FV_INVALID_ARGUMENT,
        fv_dataset_digits(context, DESC(fv_digits_desc, .count = 1, .noise = -2), &out, &err), "noise -2");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_digits(nullptr, DESC(fv_digits_desc, .count = 1), &out, &err),
        "context");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_digits(context, DESC(fv_digits_desc, .count = 1), nullptr, &err),
        "dataset");
  EXPECT_EQ(nullptr, out);
}

TEST_F(DatasetTest, OutOfMemory) {
  struct Refusing {
    static void* allocate(void*, size_t, size_t) { return nullptr; }
    static void release(void*, void*, size_t) {}
  };
  Context poor;
  OK(fv_context_create(
      DESC(fv_context_desc, .threads = 1, .allocate = Refusing::allocate, .release = Refusing::release),
      poor.out(), &err));
  fv_dataset* out = nullptr;
  FAILS(FV_OUT_OF_MEMORY, fv_dataset_digits(poor, DESC(fv_digits_desc, .count = 1), &out, &err), "784 bytes");
  EXPECT_EQ(nullptr, out);
}

// ---- parts ----------------------------------------------------------------------------------------

TEST_F(DatasetTest, Split) {
  const Dataset d = numbered(50);
  Dataset first, second;
  OK(fv_dataset_split(d, nullptr, first.out(), second.out(), &err));
  EXPECT_EQ(45, info(first).count);
  EXPECT_EQ((std::vector<int>{45, 46, 47, 48, 49}), numbers(second));
  OK(fv_dataset_split(d, DESC(fv_split_desc, .fraction = 0.07), first.out(), second.out(), &err));
  EXPECT_EQ((std::vector<int>{46, 47, 48, 49}), numbers(second));  // 3.5, rounded up
  OK(fv_dataset_split(d, DESC(fv_split_desc, .shuffle = 1, .count = 20, .seed = 3), first.out(), second.out(),
                      &err));
  std::vector<int> all = numbers(first), drawn = numbers(second);
  EXPECT_EQ(20u, drawn.size());
  EXPECT_LT(drawn.front(), 20);
  all.insert(all.end(), drawn.begin(), drawn.end());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(numbers(d), all);
  Dataset again;
  OK(fv_dataset_split(d, DESC(fv_split_desc, .shuffle = 1, .count = 20, .seed = 3), first.out(), again.out(),
                      &err));
  EXPECT_EQ(info(second).fingerprint, info(again).fingerprint);
}

TEST_F(DatasetTest, SplitErrors) {
  const Dataset d = numbered(50);
  fv_dataset *first = nullptr, *second = nullptr;
  const auto split = [&](const fv_split_desc* desc) {
    return fv_dataset_split(d, desc, &first, &second, &err);
  };
  FAILS(FV_INVALID_ARGUMENT, split(DESC(fv_split_desc, .fraction = 0.5, .count = 5)), "fraction 0.5",
        "count 5");
  FAILS(FV_INVALID_ARGUMENT, split(DESC(fv_split_desc, .fraction = 1)), "fraction 1");
  FAILS(FV_INVALID_ARGUMENT, split(DESC(fv_split_desc, .fraction = std::nan(""))), "fraction");
  FAILS(FV_INVALID_ARGUMENT, split(DESC(fv_split_desc, .count = 50)), "50 of 50", "empty");
  FAILS(FV_INVALID_ARGUMENT, split(DESC(fv_split_desc, .count = -1)), "-1 of 50");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_split(nullptr, nullptr, &first, &second, &err), "dataset is NULL");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_split(d, nullptr, nullptr, &second, &err), "first is NULL");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_split(d, nullptr, &first, nullptr, &err), "second is NULL");
  EXPECT_EQ(nullptr, first);
  EXPECT_EQ(nullptr, second);
}

TEST_F(DatasetTest, Subset) {
  const Dataset d = numbered(9);
  Dataset part;
  const int64_t indices[] = {8, 0, 8, 3};
  OK(fv_dataset_subset(d, indices, 4, part.out(), &err));
  EXPECT_EQ((std::vector<int>{8, 0, 8, 3}), numbers(part));
  fv_dataset* out = nullptr;
  const int64_t wrong[] = {0, 9};
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_subset(d, wrong, 2, &out, &err), "index 9", "[0, 9)");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_subset(d, indices, 0, &out, &err), "without samples");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_subset(d, nullptr, 2, &out, &err), "indices is NULL");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_subset(d, indices, SIZE_MAX, &out, &err), "count");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_subset(nullptr, indices, 1, &out, &err), "dataset is NULL");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_subset(d, indices, 1, nullptr, &err), "subset is NULL");
  EXPECT_EQ(nullptr, out);
}

// ---- reading --------------------------------------------------------------------------------------

TEST_F(DatasetTest, InfoOfAShorterStruct) {
  const Dataset d = numbered(9);
  auto i = init<fv_dataset_info>();
  i.struct_size = offsetof(fv_dataset_info, shape);
  i.rank = -5;
  OK(fv_dataset_get_info(d, &i, &err));
  EXPECT_EQ(9, i.count);
  EXPECT_EQ(-5, i.rank);  // past what the caller knows
  i.struct_size = 0;
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_get_info(d, &i, &err), "struct_size");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_get_info(d, nullptr, &err), "info is NULL");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_get_info(nullptr, &i, &err), "dataset is NULL");
}

TEST_F(DatasetTest, GetErrors) {
  const Dataset d = numbered(9);
  std::vector<float> values(1, 42);
  int64_t got = 42;
  fv_buffer out = buffer(values);
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_get(d, 9, &out, &got, &err), "index 9", "[0, 9)");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_get(d, -1, &out, &got, &err), "index -1");
  out.capacity = 3;
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_get(d, 0, &out, &got, &err), "3 bytes", "4 are needed");
  out = buffer(values);
  out.data = nullptr;
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_get(d, 0, &out, &got, &err), "0 bytes");
  out = buffer(values);
  out.dtype = FV_F64;
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_get(d, 0, &out, &got, &err), "stores f32");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_get(d, 0, nullptr, &got, &err), "sample is NULL");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_get(nullptr, 0, &out, &got, &err), "dataset is NULL");
  EXPECT_EQ(42, values[0]);
  EXPECT_EQ(42, got);
  EXPECT_EQ(FV_INVALID_ARGUMENT, fv_dataset_get(d, 9, &out, &got, nullptr));  // error is nullable
  out = buffer(values);
  out.dtype = 0;
  OK(fv_dataset_get(d, 5, &out, nullptr, &err));
  EXPECT_EQ(FV_F32, out.dtype);
  EXPECT_EQ(1, out.rank);
  EXPECT_EQ(1, out.shape[0]);
  EXPECT_EQ(5, values[0]);
}

TEST(Dataset, DestroyNull) {
  fv_dataset_destroy(nullptr);
}

}  // namespace
}  // namespace fovea::test
