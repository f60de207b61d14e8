// Two datasets, or a dataset and a model, that mean different things by a label.
#include <fstream>
#include <numeric>

#include "support.h"

namespace fovea::test {
namespace {

class ClassMeaning : public ::testing::Test {
 protected:
  void SetUp() override { OK(fv_context_create(nullptr, context.out(), &err)); }

  // A folder of class folders with an image each.
  Dataset folders(std::initializer_list<const char*> classes) {
    const std::filesystem::path root = folder / ("root" + std::to_string(++roots)).c_str();
    for (const char* name : classes) {
      std::filesystem::create_directories(root / name);
      std::ofstream(root / name / "x.pgm", std::ios::binary) << "P5 4 4 255 " << std::string(16, name[0]);
    }
    Dataset d;
    EXPECT_EQ(FV_OK, fv_dataset_open_folder(context, root.c_str(), nullptr, d.out(), &err)) << err.message;
    return d;
  }
  // Labels 0, 1, ... without names, of samples like those.
  Dataset nameless(int32_t count) {
    std::vector<uint8_t> samples(static_cast<size_t>(count) * 48);
    std::vector<int32_t> labels(static_cast<size_t>(count));
    std::iota(labels.begin(), labels.end(), 0);
    Dataset d;
    const fv_memory_dataset_desc desc{.struct_size = sizeof desc,
                                      .samples = tensor(samples, {count, 4, 4, 3}),
                                      .labels = tensor(labels, {count})};
    EXPECT_EQ(FV_OK, fv_dataset_from_memory(context, &desc, d.out(), &err)) << err.message;
    return d;
  }
  Model network(int64_t outputs) {
    Graph g;
    Model model;
    EXPECT_EQ(FV_OK, fv_graph_create(context, g.out(), &err));
    const fv_node x = fv_flatten(g, fv_input(g, DESC(fv_input_desc, .shape = {4, 4, 3})), nullptr);
    const fv_node logits = fv_dense(g, x, DESC(fv_dense_desc, .units = outputs));
    EXPECT_EQ(FV_OK, fv_model_create(g, &logits, 1, nullptr, model.out(), &err)) << err.message;
    return model;
  }
  fv_status fit(fv_trainer* trainer, const Dataset& train, const fv_dataset* validation = nullptr,
                int32_t epochs = 1) {
    return fv_trainer_fit(trainer, train, validation, DESC(fv_fit_desc, .epochs = epochs), &err);
  }
  int32_t names(const fv_dataset* d) {
    int32_t count = -1;
    EXPECT_EQ(FV_OK, fv_dataset_count_class_names(d, &count, &err)) << err.message;
    return count;
  }

  fv_error err{};
  Folder folder;
  int roots = 0;
  Context context;
};

TEST_F(ClassMeaning, NamesAreCountedEvenWhereTheyAreNumbers) {
  const Dataset digits = folders({"0", "1", "2"}), plain = nameless(3);
  EXPECT_EQ(names(digits), 3);
  EXPECT_EQ(names(plain), 0);
  const fv_dataset* const parts[] = {plain, digits};
  Dataset all, part;
  OK(fv_dataset_concat(parts, 2, all.out(), &err));
  EXPECT_EQ(names(all), 3);
  const int64_t index = 0;
  OK(fv_dataset_subset(digits, &index, 1, part.out(), &err));
  EXPECT_EQ(names(part), 3);
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_count_class_names(digits, nullptr, &err), "count");
}

TEST_F(ClassMeaning, FoldersNamedByDigitsAreNotTakenForTheirNumbers) {
  const Dataset train = folders({"0", "1", "2", "3"}), validation = folders({"0", "2", "3"});
  const Model model = network(4);
  const Trainer trainer = make_trainer(model);
  FAILS(FV_INVALID_ARGUMENT, fit(trainer, train, validation), "class 1 is '1'", "'2' in the validation data");
  OK(fit(trainer, train, folders({"0", "1"})));
}

TEST_F(ClassMeaning, AConcatenationOfDigitsIsRefusedWhicheverComesFirst) {
  const Dataset a = folders({"0", "1", "2"}), b = folders({"0", "1", "3"}), plain = nameless(3);
  Dataset all;
  const fv_dataset* const two[] = {a, b};
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_concat(two, 2, all.out(), &err), "class 2", "'3'", "'2'");
  const fv_dataset* const three[] = {plain, a, b};
  FAILS(FV_INVALID_ARGUMENT, fv_dataset_concat(three, 3, all.out(), &err), "class 2", "'3'", "'2'");
}

TEST_F(ClassMeaning, WhatAModelHasLearnedIsMeasuredOnNothingElse) {
  const Dataset train = folders({"ant", "bee", "wasp"}), other = folders({"bee", "wasp"});
  const Model model = network(3);
  const Trainer trainer = make_trainer(model);
  OK(fit(trainer, train));
  Handle<fv_session> session;
  OK(fv_session_create(model, nullptr, session.out(), &err));
  auto evaluation = init<fv_evaluation>();
  FAILS(FV_INVALID_ARGUMENT, fv_session_evaluate(session, other, nullptr, &evaluation, &err),
        "class 0 is 'ant' in the model and 'bee' in the dataset");
  OK(fv_session_evaluate(session, train, nullptr, &evaluation, &err));
  OK(fv_session_evaluate(session, nameless(3), nullptr, &evaluation, &err));
  fv_session* one = session;
  FAILS(FV_INVALID_ARGUMENT, fv_ensemble_evaluate(&one, 1, other, nullptr, &evaluation, &err), "'bee'");
  double temperature = 0;
  FAILS(FV_INVALID_ARGUMENT, fv_session_fit_temperature(session, other, nullptr, &temperature, &err),
        "'bee'");
}

TEST_F(ClassMeaning, FitGoesOnWithTheSameNamesOnly) {
  const Model model = network(3);
  {
    const Trainer trainer = make_trainer(model);
    OK(fit(trainer, folders({"ant", "bee", "wasp"})));
    FAILS(FV_INVALID_ARGUMENT, fit(trainer, folders({"bee", "wasp"}), nullptr, 2),
          "class 0 is 'ant' in the model and 'bee' in the training data");
    OK(fit(trainer, folders({"ant", "bee"}), nullptr, 2));
  }
  char name[16];
  OK(fv_model_class_name(model, 2, name, sizeof name, nullptr, &err));
  EXPECT_STREQ(name, "wasp");
  // A new trainer may teach it something else.
  const Trainer trainer = make_trainer(model);
  OK(fit(trainer, folders({"bee", "wasp"})));
  OK(fv_model_class_name(model, 0, name, sizeof name, nullptr, &err));
  EXPECT_STREQ(name, "bee");
  // The network still tells three apart; the third has no name.
  OK(fv_model_class_name(model, 2, name, sizeof name, nullptr, &err));
  EXPECT_STREQ(name, "2");
  FAILS(FV_INVALID_ARGUMENT, fv_model_class_name(model, 3, name, sizeof name, nullptr, &err), "[0, 3)");
}

TEST_F(ClassMeaning, NamesThatAreTooManyForAModelStopNoTraining) {
  constexpr int64_t kClasses = 65537;
  std::ofstream(folder / "x.pgm", std::ios::binary) << "P5 4 4 255 " << std::string(16, 'x');
  const std::string path = folder / "list.csv";
  {
    std::ofstream list(path);
    for (int64_t k = 0; k < kClasses; ++k) list << "x.pgm,c" << k << "\n";
  }
  const fv_image_files_desc files{.struct_size = sizeof files, .headers_only = 1};
  Dataset all, one;
  OK(fv_dataset_open_list(context, path.c_str(), DESC(fv_image_list_desc, .files = &files), all.out(), &err));
  EXPECT_EQ(names(all), kClasses);
  const int64_t index = 0;
  OK(fv_dataset_subset(all, &index, 1, one.out(), &err));
  const Model model = network(kClasses);
  const Trainer trainer = make_trainer(model);
  OK(fit(trainer, one));
  auto info = init<fv_model_info>();
  OK(fv_model_get_info(model, &info, &err));
  EXPECT_EQ(info.class_names, 0);
}

}  // namespace
}  // namespace fovea::test
