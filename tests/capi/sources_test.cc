// Datasets of files, of callbacks and of other datasets, through the public API.
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <set>
#include <thread>

#include "support.h"

namespace fovea::test {
namespace {

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

// ---- folders --------------------------------------------------------------------------------------

void write(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}
// A grey image of one value.
std::string pgm(int width, int height, char value) {
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

TEST_F(FolderTest, ClassesAndFilesAreSortedByBytes) {
  Dataset d;
  OK(fv_dataset_open_folder(context, root.c_str(), nullptr, d.out(), &err));
  const fv_dataset_info i = info(d);
  EXPECT_EQ(4, i.count);
  EXPECT_EQ(2, i.classes);
  EXPECT_EQ("Dog", class_name(d, 0));
  EXPECT_EQ("cat", class_name(d, 1));
  EXPECT_EQ((std::vector<int>{40, 10, 20, 30}), firsts(d));
  EXPECT_EQ((std::vector<int>{0, 1, 1, 1}), labels_of(d));
  // All of one size: a fixed shape, of three channels unless it is asked for others.
  EXPECT_EQ(3, i.rank);
  EXPECT_EQ(2, i.shape[0]);
  EXPECT_EQ(3, i.shape[2]);
  EXPECT_EQ(root / "cat" / "more" / "c.pgm", sample_name(d, 3));
  const fv_files_info f = files(d);
  EXPECT_EQ(4, f.files);
  EXPECT_EQ(0, f.broken);
  EXPECT_EQ(1, f.ignored);
  Dataset grey;
  OK(fv_dataset_open_folder(context, root.c_str(), DESC(fv_image_files_desc, .channels = 1), grey.out(),
                            &err));
  EXPECT_EQ(1, info(grey).shape[2]);
}

TEST_F(FolderTest, SamplesOfSeveralSizesVary) {
  write(root / "cat" / "z.pgm", pgm(3, 1, 70));
  Dataset d;
  OK(fv_dataset_open_folder(context, root.c_str(), nullptr, d.out(), &err));
  const fv_dataset_info i = info(d);
  EXPECT_EQ(0, i.shape[0]);
  EXPECT_EQ(0, i.shape[1]);
  EXPECT_EQ(3, i.shape[2]);
  EXPECT_EQ(9u, sample(d, 4).size());
  EXPECT_EQ(12u, sample(d, 3).size());
}

TEST_F(FolderTest, BrokenFilesAreLeftOutAndNamedOrRefused) {
  write(root / "cat" / "aa.pgm", pgm(2, 2, 1).substr(0, 12));
  write(root / "cat" / "bb.png", "RIFF0000WEBPVP8 ");
  for (const int32_t headers : {0, 1}) {
    Dataset d;
    auto options = init<fv_image_files_desc>();
    options.headers_only = headers;
    OK(fv_dataset_open_folder(context, root.c_str(), &options, d.out(), &err));
    // The cut one is seen by decoding alone.
    EXPECT_EQ(headers != 0 ? 5 : 4, info(d).count);
    EXPECT_EQ(headers != 0 ? 1 : 2, files(d).broken);
    EXPECT_EQ(6, files(d).files);
    const std::string last = problem(d, files(d).broken - 1);
    EXPECT_NE(std::string::npos, last.find("bb.png"));
    EXPECT_NE(std::string::npos, last.find("WebP"));
    // No label went to a neighbour.
    if (headers == 0) {
      EXPECT_EQ((std::vector<int>{0, 1, 1, 1}), labels_of(d));
    }
    options.refuse_broken = 1;
    fv_dataset* none = nullptr;
    const fv_status got = fv_dataset_open_folder(context, root.c_str(), &options, &none, &err);
    EXPECT_TRUE(
        failed(got, headers != 0 ? FV_UNSUPPORTED : FV_FORMAT, err, {headers != 0 ? "bb.png" : "aa.pgm"}));
  }
  // A damaged file that only its header was read of fails when it is read.
  Dataset d;
  OK(fv_dataset_open_folder(context, root.c_str(), DESC(fv_image_files_desc, .headers_only = 1), d.out(),
                            &err));
  std::vector<uint8_t> values(100);
  fv_buffer out = buffer(values);
  FAILS(FV_FORMAT, fv_dataset_get(d, 2, &out, nullptr, &err), "aa.pgm");
  // The report goes over to parts.
  Dataset first, second;
  OK(fv_dataset_split(d, DESC(fv_split_desc, .count = 1), first.out(), second.out(), &err));
  EXPECT_EQ(1, files(first).broken);
  EXPECT_EQ("cat", class_name(second, 1));
}

TEST_F(FolderTest, Errors) {
  fv_dataset* d = nullptr;
  FAILS(FV_NOT_FOUND, fv_dataset_open_folder(context, (root / "none").c_str(), nullptr, &d, &err), "none");
  FAILS(FV_FORMAT, fv_dataset_open_folder(context, (root / "cat" / "more").c_str(), nullptr, &d, &err),
        "no class folders");
  std::filesystem::create_directories(root / "empty");
  FAILS(FV_FORMAT, fv_dataset_open_folder(context, root.c_str(), nullptr, &d, &err), "'empty'", "no images");
  write(root / "empty" / "a.pgm", "P5 nothing");
  FAILS(FV_INVALID_ARGUMENT,
        fv_dataset_open_folder(context, root.c_str(), DESC(fv_image_files_desc, .channels = 5), &d, &err),
        "channels");
  Dataset whole;
  OK(fv_dataset_open_folder(context, root.c_str(), nullptr, whole.out(), &err));
  size_t needed = 0;
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_get_problem(whole, 1, nullptr, 0, &needed, &err), "[0, 1)");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_class_name(whole, 3, nullptr, 0, &needed, &err), "[0, 3)");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_sample_name(whole, 9, nullptr, 0, &needed, &err), "[0, 4)");
  for (const char* name : {"cat", "Dog"}) std::filesystem::remove_all(root / name);
  FAILS(FV_FORMAT, fv_dataset_open_folder(context, root.c_str(), nullptr, &d, &err), "none can be read",
        "a.pgm");
}

TEST_F(FolderTest, TheFingerprintIsOfTheFilesBytes) {
  const auto print = [&](const fv_image_files_desc* desc) {
    Dataset d;
    EXPECT_EQ(FV_OK, fv_dataset_open_folder(context, root.c_str(), desc, d.out(), &err)) << err.message;
    return info(d).fingerprint;
  };
  const uint64_t before = print(nullptr);
  EXPECT_EQ(before, print(nullptr));
  EXPECT_EQ(before, print(DESC(fv_image_files_desc, .headers_only = 1)));
  EXPECT_NE(before, print(DESC(fv_image_files_desc, .channels = 1)));
  write(root / "cat" / "b.pgm", pgm(2, 2, 21));
  EXPECT_NE(before, print(nullptr));
  write(root / "cat" / "b.pgm", pgm(2, 2, 20));
  EXPECT_EQ(before, print(nullptr));
}

// ---- lists ----------------------------------------------------------------------------------------

class ListTest : public FolderTest {
 protected:
  fv_status open(const std::string& text, Dataset& d, const fv_image_list_desc* desc = nullptr) {
    write(root / "list.csv", text);
    return fv_dataset_open_list(context, (root / "list.csv").c_str(), desc, d.out(), &err);
  }
};

TEST_F(ListTest, NamesAndIntegers) {
  Dataset d;
  OK(
      open("path,label,rest\r\ncat/b.pgm,zebra,1\r\n\"cat/a.PGM\",\"a \"\"cat\"\", it "
           "says\"\r\n\r\nDog/x.pgm,zebra",
           d));
  EXPECT_EQ((std::vector<int>{20, 10, 40}), firsts(d));
  EXPECT_EQ((std::vector<int>{1, 0, 1}), labels_of(d));
  EXPECT_EQ("a \"cat\", it says", class_name(d, 0));
  Dataset tabs;
  OK(
      open("\xef\xbb\xbf"
           "cat/b.pgm\t2\ncat/a.PGM\t0\n",
           tabs));
  EXPECT_EQ(3, info(tabs).classes);
  EXPECT_EQ((std::vector<int>{2, 0}), labels_of(tabs));
  Dataset more;
  OK(open("b.pgm;2\na.PGM;0\n", more,
          DESC(fv_image_list_desc, .classes = 7, .root = (root / "cat").c_str(),
               .files = DESC(fv_image_files_desc, .channels = 1))));
  EXPECT_EQ(7, info(more).classes);
  EXPECT_EQ(1, info(more).shape[2]);
  EXPECT_EQ("2", class_name(more, 2));
}

// Whatever the first line and the blanks look like, 10 is class 10.
TEST_F(ListTest, IntegersAreNeverTakenForNames) {
  for (const char* text : {"cat/b.pgm,10\ncat/a.PGM,2\n", "Image,Label\ncat/b.pgm,10\ncat/a.PGM,2\n",
                           "id,class\ncat/b.pgm,10\ncat/a.PGM,2\n", "cat/b.pgm, 10\n cat/a.PGM ,2 \n"}) {
    Dataset d;
    OK(open(text, d));
    EXPECT_EQ((std::vector<int>{10, 2}), labels_of(d)) << text;
    EXPECT_EQ(11, info(d).classes);
    EXPECT_EQ(0, files(d).broken);
  }
}

TEST_F(ListTest, ErrorsNameTheLine) {
  Dataset d;
  const fv_status bad = FV_FORMAT;
  FAILS(bad, open("path,label\ncat/b.pgm\n", d), "line 2", "no label");
  FAILS(bad, open("cat/b.pgm,1\n,2\n", d), "line 2", "path is empty");
  FAILS(bad, open("cat/b.pgm,1\ncat/b.pgm,\n", d), "line 2", "label is empty");
  FAILS(bad, open("a,\"b\nc\"\nd,\"e", d), "line 3", "not closed");
  FAILS(bad, open("a,\"b\"c\n", d), "line 1", "after a closing quote");
  FAILS(bad, open("cat/b.pgm,-1\n", d), "line 1", "negative");
  FAILS(bad, open("cat/b.pgm,3\n", d, DESC(fv_image_list_desc, .classes = 3)), "line 1", "beyond");
  FAILS(bad, open("", d), "no images");
  FAILS(bad, open("path,label\n", d), "no images");
  FAILS(FV_NOT_FOUND,
        open("cat/b.pgm,1\nnone.pgm,0\n", d,
             DESC(fv_image_list_desc, .files = DESC(fv_image_files_desc, .refuse_broken = 1))),
        "none.pgm");
  FAILS(FV_INVALID_ARGUMENT, open("a,b", d, DESC(fv_image_list_desc, .delimiter = 'x')), "delimiter");
  FAILS(FV_INVALID_ARGUMENT, open("a,b", d, DESC(fv_image_list_desc, .header = 3)), "header");
  FAILS(bad, open("cat/b.pgm,zebra\ncat/a.PGM,2\n", d), "line 2", "the label is a number");
  // A missing file is a broken one, and the others keep their labels.
  OK(open("cat/b.pgm,1\nnone.pgm,0\ncat/a.PGM,2\n", d));
  EXPECT_EQ((std::vector<int>{1, 2}), labels_of(d));
  EXPECT_EQ(1, files(d).broken);
}

// ---- CIFAR ----------------------------------------------------------------------------------------

TEST_F(SourcesTest, Cifar) {
  const Folder folder;
  std::string ten;
  for (const char label : {3, 9}) {
    ten += label;
    for (int c = 0; c < 3; ++c)
      for (int p = 0; p < 1024; ++p) ten += static_cast<char>(p % 50 + 60 * c + label);
  }
  write(folder / "ten.bin", ten);
  const std::string path = folder / "ten.bin";
  const char* paths[] = {path.c_str(), path.c_str()};
  Dataset d;
  OK(fv_dataset_open_cifar(context, paths, 2, nullptr, d.out(), &err));
  EXPECT_EQ(4, info(d).count);
  EXPECT_EQ((std::vector<int>{3, 9, 3, 9}), labels_of(d));
  EXPECT_EQ("cat", class_name(d, 3));
  const std::vector<uint8_t> pixels = sample(d, 1);
  ASSERT_EQ(3072u, pixels.size());
  for (size_t p = 0; p < 1024; ++p)
    for (size_t c = 0; c < 3; ++c) ASSERT_EQ(p % 50 + 60 * c + 9, pixels[3 * p + c]);
  int64_t counts[10];
  OK(fv_dataset_count_classes(d, counts, 10, &err));
  EXPECT_EQ(2, counts[9]);
  EXPECT_EQ(0, counts[0]);
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_count_classes(d, counts, 9, &err), "9", "10");

  write(folder / "ten.bin", std::string("\x13\x63") + std::string(3072, 'x'));
  Dataset fine, coarse;
  OK(fv_dataset_open_cifar(context, paths, 1, DESC(fv_cifar_desc, .hundred = 1), fine.out(), &err));
  OK(fv_dataset_open_cifar(context, paths, 1, DESC(fv_cifar_desc, .hundred = 1, .coarse = 1), coarse.out(),
                           &err));
  EXPECT_EQ("worm", class_name(fine, labels_of(fine)[0]));
  EXPECT_EQ("vehicles_2", class_name(coarse, labels_of(coarse)[0]));
  EXPECT_EQ(100, info(fine).classes);
  fv_dataset* none = nullptr;
  FAILS(FV_FORMAT, fv_dataset_open_cifar(context, paths, 1, nullptr, &none, &err), "3074", "3073");
  write(folder / "ten.bin", "\x0a" + std::string(3072, 'x'));
  FAILS(FV_FORMAT, fv_dataset_open_cifar(context, paths, 1, nullptr, &none, &err), "label 10", "byte 0");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_open_cifar(context, paths, 0, nullptr, &none, &err), "no files");
  FAILS(FV_INVALID_ARGUMENT,
        fv_dataset_open_cifar(context, paths, 1, DESC(fv_cifar_desc, .coarse = 1), &none, &err), "CIFAR-100");
}

// ---- callbacks ------------------------------------------------------------------------------------

struct Host {
  std::atomic<int> labels{0}, reads{0}, inside{0}, most{0}, drops{0};
  int64_t fail_at = -1;

  static fv_status get(void* user, int64_t index, void* pixels, int64_t* label, fv_error* error) {
    Host& host = *static_cast<Host*>(user);
    EXPECT_NE(pixels == nullptr, label == nullptr);
    if (label != nullptr) {
      EXPECT_EQ(host.labels++, index);
      *label = index % 3;
      return FV_OK;
    }
    const int now = ++host.inside;
    for (int most = host.most; now > most && !host.most.compare_exchange_weak(most, now);) {
    }
    ++host.reads;
    static_cast<uint8_t*>(pixels)[0] = static_cast<uint8_t>(index);
    static_cast<uint8_t*>(pixels)[1] = 7;
    std::this_thread::yield();
    --host.inside;
    if (index != host.fail_at) return FV_OK;
    if (error != nullptr) std::strcpy(error->message, "the disk is on fire");
    return FV_IO;
  }
  static fv_status twice(void* user, int64_t, const fv_tensor* in, void* out, size_t bytes, fv_error*) {
    ++static_cast<Host*>(user)->reads;
    for (size_t i = 0; i < bytes; ++i)
      static_cast<uint8_t*>(out)[i] = static_cast<uint8_t>(2 * static_cast<const uint8_t*>(in->data)[i]);
    return bytes == 0 ? FV_INTERNAL : FV_OK;
  }
  static void drop(void* user) { ++static_cast<Host*>(user)->drops; }
};

TEST_F(SourcesTest, Callback) {
  Host host;
  host.fail_at = 4;
  {
    Dataset d;
    OK(fv_dataset_from_callback(
        context,
        DESC(fv_callback_dataset_desc, .count = 5, .shape = {2}, .rank = 1, .classes = 4, .serial = 1,
             .get = Host::get, .user = &host, .drop = Host::drop),
        d.out(), &err));
    EXPECT_EQ(5, host.labels);
    EXPECT_EQ(0, host.reads);
    EXPECT_EQ((std::vector<uint8_t>{3, 7}), sample(d, 3));
    std::vector<uint8_t> values(2);
    fv_buffer out = buffer(values);
    FAILS(FV_IO, fv_dataset_get(d, 4, &out, nullptr, &err), "the disk is on fire");
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        std::vector<uint8_t> mine(2);
        fv_buffer b = buffer(mine);
        for (int i = 0; i < 200; ++i) {
          EXPECT_EQ(FV_OK, fv_dataset_get(d, i % 4, &b, nullptr, nullptr));
          EXPECT_EQ(i % 4, mine[0]);
        }
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(1, host.most);
    EXPECT_EQ(0, host.drops);
  }
  EXPECT_EQ(1, host.drops);
  fv_dataset* none = nullptr;
  FAILS(FV_INVALID_ARGUMENT,
        fv_dataset_from_callback(
            context, DESC(fv_callback_dataset_desc, .count = 5, .user = &host, .drop = Host::drop), &none,
            &err),
        "get is NULL");
  EXPECT_EQ(2, host.drops);
  host.labels = 0;
  FAILS(FV_INVALID_ARGUMENT,
        fv_dataset_from_callback(context,
                                 DESC(fv_callback_dataset_desc, .count = 5, .shape = {2}, .rank = 1,
                                      .classes = 2, .get = Host::get, .user = &host, .drop = Host::drop),
                                 &none, &err),
        "label 2 of sample 2");
  EXPECT_EQ(3, host.drops);
}

TEST_F(SourcesTest, Map) {
  Host host;
  {
    const Dataset d = numbered({0, 1, 2});
    Dataset mapped;
    OK(fv_dataset_map(d, DESC(fv_map_desc, .map = Host::twice, .user = &host, .drop = Host::drop),
                      mapped.out(), &err));
    EXPECT_EQ((std::vector<int>{0, 2, 4}), firsts(mapped));
    EXPECT_EQ((std::vector<int>{0, 1, 2}), labels_of(mapped));
    EXPECT_NE(info(d).fingerprint, info(mapped).fingerprint);
    Dataset wide;
    OK(fv_dataset_map(d,
                      DESC(fv_map_desc, .dtype = FV_F32, .shape = {2, 2}, .rank = 2, .map = Host::twice,
                           .user = &host, .drop = Host::drop),
                      wide.out(), &err));
    EXPECT_EQ(FV_F32, info(wide).dtype);
    EXPECT_EQ(2, info(wide).rank);
  }
  EXPECT_EQ(2, host.drops);
}

// ---- of other datasets ----------------------------------------------------------------------------

TEST_F(SourcesTest, Concat) {
  const Dataset a = numbered({0, 1, 2}), b = numbered({2, 0}, 3);
  Dataset both;
  const fv_dataset* parts[] = {a, b};
  OK(fv_dataset_concat(parts, 2, both.out(), &err));
  EXPECT_EQ((std::vector<int>{0, 1, 2, 0, 1}), firsts(both));
  EXPECT_EQ((std::vector<int>{0, 1, 2, 2, 0}), labels_of(both));
  EXPECT_EQ(0, info(both).test);
  Dataset marked = numbered({1, 1}, 3);
  OK(fv_dataset_mark_test(marked, &err));
  const fv_dataset* with_test[] = {a, marked};
  OK(fv_dataset_concat(with_test, 2, both.out(), &err));
  EXPECT_EQ(1, info(both).test);
  const Dataset other = numbered({1, 0});
  const fv_dataset* unlike[] = {a, other};
  fv_dataset* none = nullptr;
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_concat(unlike, 2, &none, &err), "dataset 1 has 2 classes", "3");
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_concat(parts, 0, &none, &err), "no datasets");
}

TEST_F(SourcesTest, RepeatAndShuffle) {
  const Dataset d = numbered({0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  Dataset twice, one, again, other;
  OK(fv_dataset_repeat(d, 2, twice.out(), &err));
  const std::vector<int> values = firsts(twice);
  ASSERT_EQ(20u, values.size());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(i % 10, values[static_cast<size_t>(i)]);
  OK(fv_dataset_shuffle(d, 1, one.out(), &err));
  OK(fv_dataset_shuffle(d, 1, again.out(), &err));
  OK(fv_dataset_shuffle(d, 2, other.out(), &err));
  EXPECT_EQ(firsts(one), firsts(again));
  EXPECT_NE(firsts(one), firsts(other));
  EXPECT_NE(firsts(one), firsts(d));
  EXPECT_EQ(firsts(one), labels_of(one));
  const std::vector<int> drawn = firsts(one);
  EXPECT_EQ(10u, std::set<int>(drawn.begin(), drawn.end()).size());
  fv_dataset* none = nullptr;
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_repeat(d, 0, &none, &err), "times is 0");
}

TEST_F(SourcesTest, Balance) {
  // Six of class 0, two of class 1, four of class 3, none of class 2.
  const Dataset d = numbered({0, 0, 0, 0, 0, 0, 1, 1, 3, 3, 3, 3});
  const auto uses = [&](int64_t per_class, uint64_t seed) {
    Dataset balanced;
    EXPECT_EQ(FV_OK, fv_dataset_balance(d, DESC(fv_balance_desc, .per_class = per_class, .seed = seed),
                                        balanced.out(), &err))
        << err.message;
    std::vector<int> out(12);
    for (const int i : firsts(balanced)) ++out[static_cast<size_t>(i)];
    return out;
  };
  const std::vector<int> largest = uses(0, 1);
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(1, largest[i]);
  EXPECT_EQ(3, largest[6]);
  EXPECT_EQ(3, largest[7]);
  EXPECT_EQ(6, std::accumulate(largest.begin() + 8, largest.end(), 0));
  for (size_t i = 8; i < 12; ++i) EXPECT_TRUE(largest[i] == 1 || largest[i] == 2);
  const std::vector<int> three = uses(3, 1);
  EXPECT_EQ(3, std::accumulate(three.begin(), three.begin() + 6, 0));
  EXPECT_EQ(1, *std::max_element(three.begin(), three.begin() + 6));
  EXPECT_EQ(three, uses(3, 1));
  EXPECT_NE(three, uses(3, 2));
}

TEST_F(FolderTest, CacheKeepsWhatFits) {
  Dataset d, all, some;
  OK(fv_dataset_open_folder(context, root.c_str(), nullptr, d.out(), &err));
  OK(fv_dataset_cache(context, d, 0, all.out(), &err));
  OK(fv_dataset_cache(context, d, 128, some.out(), &err));
  const std::vector<int> expected = firsts(d);
  EXPECT_EQ(expected, firsts(all));
  EXPECT_EQ(expected, firsts(some));
  EXPECT_EQ(info(d).fingerprint, info(all).fingerprint);
  EXPECT_EQ("cat", class_name(all, 1));
  // What was kept is read without its file: everything, and two samples of twelve bytes, rounded up to 64.
  std::filesystem::remove_all(root);
  EXPECT_EQ(expected, firsts(all));
  int read = 0;
  for (int64_t i = 0; i < 4; ++i) {
    std::vector<uint8_t> values(100);
    fv_buffer out = buffer(values);
    read += fv_dataset_get(some, i, &out, nullptr, &err) == FV_OK;
  }
  EXPECT_EQ(2, read);
  fv_dataset* none = nullptr;
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_cache(context, d, -1, &none, &err), "max_bytes");
}

TEST_F(FolderTest, ManyThreadsReadACache) {
  Dataset d, cached;
  OK(fv_dataset_open_folder(context, root.c_str(), nullptr, d.out(), &err));
  OK(fv_dataset_cache(context, d, 0, cached.out(), &err));
  const std::vector<int> expected = firsts(d);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      std::vector<uint8_t> values(100);
      fv_buffer out = buffer(values);
      for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(FV_OK, fv_dataset_get(cached, i % 4, &out, nullptr, nullptr));
        EXPECT_EQ(expected[static_cast<size_t>(i % 4)], values[0]);
      }
    });
  for (std::thread& thread : threads) thread.join();
}

// ---- audit ----------------------------------------------------------------------------------------

TEST_F(FolderTest, D12_AuditFindsCopiesLeaksAndDamage) {
  write(root / "cat" / "copy.pgm", pgm(2, 2, 10));
  write(root / "Dog" / "copy.ppm", "P6 2 2 255\n" + std::string(12, '\x14'));  // the pixels of cat/b.pgm
  write(root / "cat" / "wide.pgm", pgm(6, 4, 1));
  write(root / "cat" / "cut.pgm", pgm(6, 4, 1).substr(0, 20));
  Dataset train, test;
  OK(fv_dataset_open_folder(context, root.c_str(), DESC(fv_image_files_desc, .headers_only = 1), train.out(),
                            &err));
  const int64_t leaked[] = {3, 3};
  OK(fv_dataset_subset(train, leaked, 2, test.out(), &err));
  const fv_dataset* parts[] = {train, test};
  const char* names[] = {"train", "test"};
  Handle<fv_audit> audit;
  OK(fv_dataset_audit(context, parts, names, 2, audit.out(), &err));
  auto part = init<fv_audit_part>();
  OK(fv_audit_get_part(audit, 0, &part, &err));
  EXPECT_EQ(8, part.count);
  EXPECT_EQ(2, part.classes);
  EXPECT_EQ(1, part.unreadable);
  EXPECT_EQ(2, part.duplicates);
  EXPECT_EQ(1, part.conflicts);
  EXPECT_EQ(0, part.shared);
  EXPECT_EQ(2, part.smallest_class);
  EXPECT_EQ(6, part.largest_class);
  EXPECT_EQ(2, part.height_min);
  EXPECT_EQ(4, part.height_max);
  EXPECT_EQ(6, part.width_max);
  EXPECT_DOUBLE_EQ((6 * 2 + 6) / 7.0, part.width_mean);
  OK(fv_audit_get_part(audit, 1, &part, &err));
  EXPECT_EQ(2, part.shared);
  EXPECT_EQ(1, part.duplicates);
  const std::string said =
      text([&](char* b, size_t c, size_t* n) { return fv_audit_text(audit, b, c, n, &err); });
  for (const char* word : {"train: 8 samples", "Dog: 2", "cat: 6", "cut.pgm", "copy.pgm' is a copy of",
                           "with another label", "is in train, too"})
    EXPECT_NE(std::string::npos, said.find(word)) << word << " is not in " << said;
  FAILS(FV_INVALID_ARGUMENT, fv_audit_get_part(audit, 2, &part, &err), "[0, 2)");
  fv_audit* none = nullptr;
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_audit(context, parts, names, 0, &none, &err), "no datasets");
  fv_audit_destroy(nullptr);
}

TEST_F(FolderTest, TheCheckForLeaksTakesSamplesOfSeveralSizes) {
  write(root / "cat" / "wide.pgm", "P5 6 4 255\nabcdefghijklmnopqrstuvwx");
  write(root / "Dog" / "copy.pgm", "P5 6 4 255\nabcdefghijklmnopqrstuvwx");
  Dataset d;
  OK(fv_dataset_open_folder(context, root.c_str(), nullptr, d.out(), &err));
  Handle<fv_report> report;
  OK(fv_check_leakage(d, nullptr, report.out(), &err));
  std::vector<fv_finding> findings(16);
  size_t count = 0;
  OK(fv_report_findings(report, findings.data(), findings.size(), &count, &err));
  bool told = false;
  for (size_t i = 0; i < count && i < findings.size(); ++i)
    told = told || findings[i].code == FV_FINDING_DUPLICATE_SAMPLES;
  EXPECT_TRUE(told);
}

// ---- real data ------------------------------------------------------------------------------------

TEST_F(SourcesTest, RealPhotographs) {
  const char* data = std::getenv("FOVEA_DATA");
  if (data == nullptr) GTEST_SKIP() << "FOVEA_DATA is not set";
  const std::string root = std::string(data) + "/photos/hymenoptera_data/val";
  Dataset d;
  OK(fv_dataset_open_folder(context, root.c_str(), nullptr, d.out(), &err));
  EXPECT_EQ("ants", class_name(d, 0));
  EXPECT_EQ("bees", class_name(d, 1));
  int64_t counts[2];
  OK(fv_dataset_count_classes(d, counts, 2, &err));
  EXPECT_EQ(70, counts[0]);
  EXPECT_EQ(83, counts[1]);
  EXPECT_EQ(0, files(d).broken);
}

}  // namespace
}  // namespace fovea::test
