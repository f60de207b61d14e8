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
