// Datasets of CIFAR, of callbacks and of other datasets; audits, through the public API.
#include <atomic>
#include <cstdlib>
#include <set>
#include <thread>

#include "sources_support.h"

namespace fovea::test {
namespace {

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
