// Datasets of image files: folders and lists, through the public API.
#include "sources_support.h"

namespace fovea::test {
namespace {

// ---- folders --------------------------------------------------------------------------------------

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

}  // namespace
}  // namespace fovea::test
