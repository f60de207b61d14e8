// What the tests of datasets share: reading them, folders of small images.
#pragma once
#include <fstream>
#include <numeric>

#include "support.h"

namespace fovea::test {

class SourcesTest : public ::testing::Test {
 protected:
  void SetUp() override { OK(fv_context_create(DESC(fv_context_desc, .threads = 3), context.out(), &err)); }

  fv_dataset_info info(const fv_dataset* dataset) {
    auto i = init<fv_dataset_info>();
    EXPECT_EQ(FV_OK, fv_dataset_get_info(dataset, &i, &err)) << err.message;
    return i;
  }
  std::vector<uint8_t> sample(const fv_dataset* dataset, int64_t index, int64_t* label = nullptr) {
    std::vector<uint8_t> values(1 << 16);
    fv_buffer out = buffer(values);
    EXPECT_EQ(FV_OK, fv_dataset_get(dataset, index, &out, label, &err)) << err.message;
    size_t elements = 1;
    for (int i = 0; i < out.rank; ++i) elements *= static_cast<size_t>(out.shape[i]);
    values.resize(elements);
    return values;
  }
  std::vector<int> labels_of(const fv_dataset* dataset) {
    std::vector<int> out;
    for (int64_t i = 0; i < info(dataset).count; ++i) {
      int64_t label = -7;
      sample(dataset, i, &label);
      out.push_back(static_cast<int>(label));
    }
    return out;
  }
  // The first value of each sample.
  std::vector<int> firsts(const fv_dataset* dataset) {
    std::vector<int> out;
    for (int64_t i = 0; i < info(dataset).count; ++i) out.push_back(sample(dataset, i)[0]);
    return out;
  }
  template <class F>
  std::string text(F&& read) {
    size_t needed = 0;
    EXPECT_EQ(FV_OK, read(nullptr, size_t{0}, &needed)) << err.message;
    std::string out(needed, '?');
    EXPECT_EQ(FV_OK, read(out.data(), out.size(), &needed)) << err.message;
    out.pop_back();
    return out;
  }
  std::string class_name(const fv_dataset* dataset, int32_t label) {
    return text(
        [&](char* b, size_t c, size_t* n) { return fv_dataset_class_name(dataset, label, b, c, n, &err); });
  }
  std::string problem(const fv_dataset* dataset, int64_t i) {
    return text(
        [&](char* b, size_t c, size_t* n) { return fv_dataset_get_problem(dataset, i, b, c, n, &err); });
  }
  std::string sample_name(const fv_dataset* dataset, int64_t i) {
    return text(
        [&](char* b, size_t c, size_t* n) { return fv_dataset_sample_name(dataset, i, b, c, n, &err); });
  }
  fv_files_info files(const fv_dataset* dataset) {
    auto i = init<fv_files_info>();
    EXPECT_EQ(FV_OK, fv_dataset_get_files_info(dataset, &i, &err)) << err.message;
    return i;
  }
  // One value a sample: its number; labels as given.
  Dataset numbered(std::vector<int32_t> labels, int32_t classes = 0) {
    std::vector<uint8_t> values(labels.size());
    std::iota(values.begin(), values.end(), uint8_t{0});
    const auto n = static_cast<int64_t>(labels.size());
    Dataset d;
    EXPECT_EQ(FV_OK,
              fv_dataset_from_memory(context,
                                     DESC(fv_memory_dataset_desc, .classes = classes,
                                          .samples = tensor(values, {n, 1}), .labels = tensor(labels, {n})),
                                     d.out(), &err))
        << err.message;
    return d;
  }

  Context context;
  fv_error err{};
};

inline void write(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}
// A grey image of one value.
inline std::string pgm(int width, int height, char value) {
  return "P5 " + std::to_string(width) + " " + std::to_string(height) + " 255\n" +
         std::string(static_cast<size_t>(width * height), value);
}

class FolderTest : public SourcesTest {
 protected:
  FolderTest() {
    write(root / "cat" / "b.pgm", pgm(2, 2, 20));
    write(root / "cat" / "a.PGM", pgm(2, 2, 10));
    write(root / "cat" / "more" / "c.pgm", pgm(2, 2, 30));
    write(root / "Dog" / "x.pgm", pgm(2, 2, 40));
    write(root / "Dog" / "notes.txt", "no image");
    write(root / "Dog" / ".hidden.pgm", pgm(2, 2, 50));
    write(root / ".git" / "y.pgm", pgm(2, 2, 60));
  }
  const Folder folder;
  const std::filesystem::path root = folder / "data";
};

}  // namespace fovea::test
