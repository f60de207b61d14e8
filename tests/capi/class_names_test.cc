// What classes are called, where several datasets come together.
#include <fstream>

#include "support.h"

namespace fovea::test {
namespace {

class ClassNames : public ::testing::Test {
 protected:
  void SetUp() override {
    OK(fv_context_create(nullptr, context.out(), &err));
    for (const char* name : {"a.pgm", "b.pgm", "c.pgm"})
      std::ofstream(folder / name, std::ios::binary) << "P5 8 8 255 " << std::string(64, name[0]);
  }
  // A list with these labels.
  Dataset list(std::initializer_list<const char*> labels) {
    const std::string path = folder / "list.csv";
    std::ofstream file(path);
    const char* image = "abc";
    for (const char* label : labels) file << *image++ << ".pgm," << label << "\n";
    file.close();
    Dataset d;
    EXPECT_EQ(FV_OK, fv_dataset_open_list(context, path.c_str(), nullptr, d.out(), &err)) << err.message;
    return d;
  }

  fv_error err{};
  Folder folder;
  Context context;
};

TEST_F(ClassNames, FitRefusesTwoMeaningsOfALabel) {
  Graph g;
  OK(fv_graph_create(context, g.out(), &err));
  const fv_node x = fv_flatten(g, fv_input(g, DESC(fv_input_desc, .shape = {8, 8, 3})), nullptr);
  const fv_node logits = fv_dense(g, x, DESC(fv_dense_desc, .units = 3));
  Model model;
  OK(fv_model_create(g, &logits, 1, nullptr, model.out(), &err));
  const Trainer trainer = make_trainer(model);
  const Dataset train = list({"ant", "bee", "wasp"});
  const auto fit = [&](const Dataset& validation) {
    return fv_trainer_fit(trainer, train, validation, DESC(fv_fit_desc, .epochs = 1), &err);
  };
  FAILS(FV_INVALID_ARGUMENT, fit(list({"bee", "wasp"})), "class 0 is 'ant'", "'bee' in the validation data");
  FAILS(FV_INVALID_ARGUMENT, fit(list({"ant", "bee", "hornet"})), "class 2 is 'wasp'", "'hornet'");
  // A part of the classes, or none of their names.
  OK(fit(list({"bee", "ant"})));
  OK(fit(list({"2", "0", "1"})));
}

// A folder for each of these classes, with an image.
std::string folders(const Folder& folder, std::initializer_list<const char*> classes) {
  const std::filesystem::path root = folder / "root";
  std::filesystem::remove_all(root);
  for (const char* name : classes) {
    std::filesystem::create_directories(root / name);
    std::ofstream(root / name / "x.pgm", std::ios::binary) << "P5 8 8 255 " << std::string(64, name[0]);
  }
  return root;
}

std::string name_of(const fv_dataset* data, int32_t label) {
  char name[32] = "";
  EXPECT_EQ(FV_OK, fv_dataset_class_name(data, label, name, sizeof name, nullptr, nullptr));
  return name;
}

TEST_F(ClassNames, AreNumberedInTheOrderThatIsGiven) {
  const char* const order[] = {"wasp", "bee", "ant"};
  fv_image_files_desc files{.struct_size = sizeof files, .class_names = order, .class_count = 3};
  Dataset data;
  OK(fv_dataset_open_folder(context, folders(folder, {"ant", "wasp"}).c_str(), &files, data.out(), &err));
  EXPECT_EQ(name_of(data, 0) + name_of(data, 1) + name_of(data, 2), "waspbeeant");
  int64_t counts[3];
  OK(fv_dataset_count_classes(data, counts, 3, &err));
  EXPECT_EQ(counts[0] * 100 + counts[1] * 10 + counts[2], 101);
  // What is of no class counts as broken, or is refused.
  const std::string more = folders(folder, {"ant", "hornet"});
  OK(fv_dataset_open_folder(context, more.c_str(), &files, data.out(), &err));
  auto info = init<fv_files_info>();
  OK(fv_dataset_get_files_info(data, &info, &err));
  EXPECT_EQ(info.broken, 1);
  char problem[512];
  OK(fv_dataset_get_problem(data, 0, problem, sizeof problem, nullptr, &err));
  EXPECT_NE(std::string(problem).find("'hornet' is none of the classes"), std::string::npos) << problem;
  files.refuse_broken = 1;
  fv_dataset* none = nullptr;
  FAILS(FV_FORMAT, fv_dataset_open_folder(context, more.c_str(), &files, &none, &err), "'hornet'");
  const char* const twice[] = {"ant", "ant"}, *const empty[] = {""};
  files.class_names = twice;
  files.class_count = 2;
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_open_folder(context, more.c_str(), &files, &none, &err), "twice");
  files.class_names = empty;
  files.class_count = 1;
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_open_folder(context, more.c_str(), &files, &none, &err), "empty");
}

TEST_F(ClassNames, OfAListTakeTheTrainingsOrder) {
  const std::string path = folder / "list.csv";
  const char* const order[] = {"wasp", "bee", "2"};
  const fv_image_files_desc files{.struct_size = sizeof files, .class_names = order, .class_count = 3};
  const auto open = [&](const char* lines) {
    std::ofstream(path) << lines;
    Dataset d;
    EXPECT_EQ(FV_OK, fv_dataset_open_list(context, path.c_str(), DESC(fv_image_list_desc, .files = &files),
                                          d.out(), &err))
        << err.message;
    return d;
  };
  const auto labels = [&](const Dataset& d, int count) {
    std::string out;
    std::vector<uint8_t> pixels(192);
    for (int i = 0; i < count; ++i) {
      fv_buffer b = buffer(pixels);
      int64_t label = -7;
      EXPECT_EQ(FV_OK, fv_dataset_get(d, i, &b, &label, &err)) << err.message;
      out += std::to_string(label);
    }
    return out;
  };
  EXPECT_EQ(labels(open("a.pgm,bee\nb.pgm,hornet\nc.pgm,2\n"), 2), "12");
  // Integers that name no class are numbers of classes.
  EXPECT_EQ(labels(open("a.pgm,1\nb.pgm,0\n"), 2), "10");
  fv_dataset* none = nullptr;
  std::ofstream(path) << "a.pgm,3\n";
  FAILS(FV_FORMAT,
        fv_dataset_open_list(context, path.c_str(), DESC(fv_image_list_desc, .files = &files), &none, &err),
        "beyond the classes");
}

std::string class_of(const fv_model* model, int32_t label) {
  char name[32] = "";
  EXPECT_EQ(FV_OK, fv_model_class_name(model, label, name, sizeof name, nullptr, nullptr));
  return name;
}

TEST_F(ClassNames, FitGivesThemToTheModelAndTheFileKeepsThem) {
  Graph g;
  OK(fv_graph_create(context, g.out(), &err));
  const fv_node x = fv_flatten(g, fv_input(g, DESC(fv_input_desc, .shape = {8, 8, 3})), nullptr);
  const fv_node logits = fv_dense(g, x, DESC(fv_dense_desc, .units = 3));
  Model model, loaded, clone;
  OK(fv_model_create(g, &logits, 1, nullptr, model.out(), &err));
  EXPECT_EQ(class_of(model, 2), "2");
  const std::string plain = folder / "plain.fovea", named = folder / "named.fovea";
  OK(fv_model_save(model, plain.c_str(), &err));
  {
    const Trainer trainer = make_trainer(model);
    OK(fv_trainer_fit(trainer, list({"ant", "bee", "w\xC3\xA4spe"}), nullptr, DESC(fv_fit_desc, .epochs = 1),
                      &err));
    EXPECT_EQ(class_of(model, 2), "w\xC3\xA4spe");
    // Data without names leave them.
    OK(fv_trainer_fit(trainer, list({"2", "0", "1"}), nullptr, DESC(fv_fit_desc, .epochs = 1), &err));
  }
  OK(fv_model_save(model, named.c_str(), &err));
  OK(fv_model_load(context, named.c_str(), loaded.out(), &err));
  OK(fv_model_clone(loaded, clone.out(), &err));
  EXPECT_EQ(class_of(clone, 0) + class_of(clone, 1) + class_of(clone, 2), "antbeew\xC3\xA4spe");
  auto info = init<fv_model_info>();
  OK(fv_model_get_info(clone, &info, &err));
  EXPECT_EQ(info.class_names, 3);
  char name[8];
  FAILS(FV_INVALID_ARGUMENT, fv_model_class_name(clone, 3, name, sizeof name, nullptr, &err), "[0, 3)");
  // Bytes that are no UTF-8 can be saved.
  const char* const odd[] = {"a\xFFz"};
  OK(fv_model_set_class_names(clone, odd, 1, &err));
  EXPECT_EQ(class_of(clone, 0), "a\xEF\xBF\xBDz");
  OK(fv_model_save(clone, named.c_str(), &err));
  OK(fv_model_set_class_names(clone, nullptr, 0, &err));
  EXPECT_EQ(class_of(clone, 7), "7");
  // A file without names.
  OK(fv_model_load(context, plain.c_str(), loaded.out(), &err));
  OK(fv_model_get_info(loaded, &info, &err));
  EXPECT_EQ(info.class_names, 0);
}

TEST_F(ClassNames, AConcatenationHasTheNamesOfWhicheverPartHasThem) {
  const Dataset plain = list({"2", "0", "1"}), named = list({"ant", "bee", "wasp"});
  const fv_dataset* const parts[] = {plain, named};
  Dataset all;
  OK(fv_dataset_concat(parts, 2, all.out(), &err));
  char name[16];
  OK(fv_dataset_class_name(all, 2, name, sizeof name, nullptr, &err));
  EXPECT_STREQ(name, "wasp");
}

}  // namespace
}  // namespace fovea::test
