// Weights by name, new heads, parts of networks, through the public API.
#include "support.h"

namespace fovea::test {
namespace {

using Report = Handle<fv_load_report>;

std::vector<double> values(const fv_model* model, const char* name) {
  std::vector<double> v(4096);
  fv_buffer b = buffer(v);
  fv_error err{};
  EXPECT_EQ(FV_OK, fv_model_get_tensor(model, name, &b, &err)) << err.message;
  size_t n = 1;
  for (int i = 0; i < b.rank; ++i) n *= static_cast<size_t>(b.shape[i]);
  v.resize(n);
  return v;
}

std::string text_of(const fv_load_report* report) {
  std::vector<char> text(16384);
  fv_error err{};
  EXPECT_EQ(FV_OK, fv_load_report_text(report, text.data(), text.size(), nullptr, &err)) << err.message;
  return text.data();
}

class TransferTest : public ::testing::Test {
 protected:
  void SetUp() override { OK(fv_context_create(DESC(fv_context_desc, .threads = 2), context.out(), &err)); }

  // 4 inputs, `hidden` units with batch norm, `classes` logits.
  Model small(int64_t hidden, int64_t classes, uint64_t seed, fv_dtype dtype = FV_F32) {
    Graph g;
    Model made;
    EXPECT_EQ(FV_OK, fv_graph_create(context, g.out(), &err));
    fv_node x = fv_input(g, DESC(fv_input_desc, .name = "x", .shape = {4}));
    x = fv_dense(g, x, DESC(fv_dense_desc, .name = "a", .units = hidden));
    x = fv_batch_norm(g, x, DESC(fv_batch_norm_desc, .name = "bn"));
    x = fv_dense(g, fv_relu(g, x, DESC(fv_layer_desc, .name = "relu")),
                 DESC(fv_dense_desc, .name = "out", .units = classes));
    EXPECT_EQ(FV_OK, fv_model_create(g, &x, 1, DESC(fv_model_desc, .dtype = dtype, .seed = seed), made.out(),
                                     &err))
        << err.message;
    return made;
  }
  Model vgg(int32_t depth, uint64_t seed) {
    Graph g;
    Model made;
    EXPECT_EQ(FV_OK, fv_graph_create(context, g.out(), &err));
    const fv_node x = fv_zoo_vgg(
        g, depth, 0,
        DESC(fv_zoo_desc, .classes = 10, .height = 32, .width = 32, .width_multiplier = 0.0625));
    EXPECT_EQ(FV_OK, fv_model_create(g, &x, 1, DESC(fv_model_desc, .seed = seed), made.out(), &err))
        << err.message;
    return made;
  }

  Context context;
  Folder folder;
  fv_error err{};
};

// VGG's own way to train the deep ones: configuration A first, its layers then in D. The zoo counts layers as
// torchvision does, so the convolutions of each block are renamed.
TEST_F(TransferTest, I10ShallowNetStartsDeepOne) {
  const Model shallow = vgg(11, 1), deep = vgg(16, 2), fresh = vgg(16, 2);
  const fv_rename blocks[] = {{"features.3.", "features.5."},   {"features.6.", "features.10."},
                              {"features.8.", "features.12."},  {"features.11.", "features.17."},
                              {"features.13.", "features.19."}, {"features.16.", "features.24."},
                              {"features.18.", "features.26."}};
  Report report;
  OK(fv_model_copy_weights(deep, shallow, DESC(fv_load_desc, .renames = blocks, .rename_count = 7),
                           report.out(), &err));
  EXPECT_EQ(2 * (8 + 3), fv_load_report_count(report, FV_MATCH_LOADED));
  EXPECT_EQ(2 * 5, fv_load_report_count(report, FV_MATCH_MISSING));
  EXPECT_EQ(0, fv_load_report_count(report, FV_MATCH_DIFFERENT));
  EXPECT_EQ(0, fv_load_report_count(report, FV_MATCH_LEFT_OVER));
  EXPECT_EQ(32, fv_load_report_count(report, 0));

  EXPECT_EQ(values(shallow, "features.3.bias"), values(deep, "features.5.bias"));
  EXPECT_EQ(values(shallow, "classifier.6.kernel"), values(deep, "classifier.6.kernel"));
  EXPECT_NE(values(fresh, "features.5.kernel"), values(deep, "features.5.kernel"));
  EXPECT_EQ(values(fresh, "features.7.kernel"), values(deep, "features.7.kernel"));

  std::vector<fv_load_row> rows(32);
  size_t needed = 0;
  OK(fv_load_report_rows(report, rows.data(), rows.size(), &needed, &err));
  ASSERT_EQ(32u, needed);
  EXPECT_STREQ("features.2.kernel", rows[2].name);
  EXPECT_EQ(nullptr, rows[2].source);
  EXPECT_EQ(FV_MATCH_MISSING, rows[2].match);
  EXPECT_STREQ("features.5.kernel", rows[4].name);
  EXPECT_STREQ("features.3.kernel", rows[4].source);
  EXPECT_EQ(FV_MATCH_LOADED, rows[4].match);
  EXPECT_EQ(4, rows[4].rank);
  EXPECT_NE(std::string::npos, text_of(report).find("22 loaded, 10 missing, 0 different, 0 left over"));
  EXPECT_NE(std::string::npos, text_of(report).find("missing    features.2.kernel 3x3x4x4\n"));
}

TEST_F(TransferTest, LoadsWhatFitsOfAFile) {
  const Model source = small(8, 3, 1), model = small(8, 5, 2), fresh = small(8, 5, 2);
  OK(fv_model_save(source, (folder / "m.fovea").c_str(), &err));
  Report report;
  OK(fv_model_load_weights(model, (folder / "m.fovea").c_str(), nullptr, report.out(), &err));
  EXPECT_EQ(6, fv_load_report_count(report, FV_MATCH_LOADED));  // a, and batch norm's four
  EXPECT_EQ(2, fv_load_report_count(report, FV_MATCH_DIFFERENT));
  EXPECT_EQ(values(source, "a.kernel"), values(model, "a.kernel"));
  EXPECT_EQ(values(source, "bn.running_var"), values(model, "bn.running_var"));
  EXPECT_EQ(values(fresh, "out.kernel"), values(model, "out.kernel"));
  EXPECT_NE(std::string::npos, text_of(report).find("different  out.kernel 8x5, in the source 8x3\n"));
}

TEST_F(TransferTest, ConvertsBetweenElementTypes) {
  const Model source = small(8, 3, 1, FV_F64), model = small(8, 3, 2);
  OK(fv_model_save(source, (folder / "m.fovea").c_str(), &err));
  for (const bool from_file : {true, false}) {
    Report report;
    if (from_file)
      OK(fv_model_load_weights(model, (folder / "m.fovea").c_str(), nullptr, report.out(), &err));
    else
      OK(fv_model_copy_weights(model, source, nullptr, report.out(), &err));
    EXPECT_EQ(8, fv_load_report_count(report, FV_MATCH_LOADED));
    const std::vector<double> wide = values(source, "a.kernel"), narrow = values(model, "a.kernel");
    ASSERT_EQ(wide.size(), narrow.size());
    for (size_t i = 0; i < wide.size(); ++i) EXPECT_EQ(static_cast<float>(wide[i]), narrow[i]);
  }
}

TEST_F(TransferTest, PrefixesPatternsAndLeftovers) {
  const Model source = small(8, 3, 1), model = small(8, 3, 2);
  const fv_rename away[] = {{"a.", "b."}};
  Report report;
  OK(fv_model_copy_weights(model, source, DESC(fv_load_desc, .renames = away, .rename_count = 1),
                           report.out(), &err));
  EXPECT_EQ(6, fv_load_report_count(report, FV_MATCH_LOADED));
  EXPECT_EQ(2, fv_load_report_count(report, FV_MATCH_MISSING));
  EXPECT_EQ(2, fv_load_report_count(report, FV_MATCH_LEFT_OVER));
  std::vector<fv_load_row> rows(10);
  OK(fv_load_report_rows(report, rows.data(), rows.size(), nullptr, &err));
  EXPECT_STREQ("b.bias", rows[9].name);
  EXPECT_STREQ("a.bias", rows[9].source);
  EXPECT_EQ(0, rows[9].rank);
  EXPECT_EQ(1, rows[9].source_rank);
  OK(fv_model_copy_weights(model, source, DESC(fv_load_desc, .strict = 1, .tensors = "bn.*"), report.out(),
                           &err));
  EXPECT_EQ(4, fv_load_report_count(report, 0));
  OK(fv_model_copy_weights(model, source, nullptr, nullptr, &err));
  EXPECT_EQ(weights(source), weights(model));
}

TEST_F(TransferTest, ACheckpointsOwnTensorsAreNoWeights) {
  const Model source = small(8, 3, 1), model = small(8, 3, 2);
  Trainer trainer = make_trainer(source, FV_OPT_ADAM);
  OK(fv_trainer_save(trainer, (folder / "c.fovea").c_str(), &err));
  Report report;
  OK(fv_model_load_weights(model, (folder / "c.fovea").c_str(), DESC(fv_load_desc, .strict = 1), report.out(),
                           &err));
  EXPECT_EQ(8, fv_load_report_count(report, 0));
  EXPECT_EQ(weights(source), weights(model));
}

TEST_F(TransferTest, ErrorsLeaveTheModelAsItWas) {
  const Model source = small(8, 3, 1), model = small(8, 5, 2);
  const std::vector<double> before = weights(model);
  OK(fv_model_save(source, (folder / "m.fovea").c_str(), &err));
  fv_load_report* report = nullptr;
  const auto load = [&](const char* file, const fv_load_desc* desc) {
    return fv_model_load_weights(model, (folder / file).c_str(), desc, &report, &err);
  };
  FAILS(FV_NOT_FOUND, load("none", nullptr), "none");
  FAILS(FV_MISMATCH, load("m.fovea", DESC(fv_load_desc, .strict = 1)), "2 differ", "out.kernel");
  const fv_rename both[] = {{"a.", "out."}};
  FAILS(FV_INVALID_ARGUMENT, load("m.fovea", DESC(fv_load_desc, .renames = both, .rename_count = 1)),
        "a.", "out.");
  FAILS(FV_INVALID_ARGUMENT, load("m.fovea", DESC(fv_load_desc, .rename_count = 1)), "renames");
  FAILS(FV_INVALID_ARGUMENT, fv_model_copy_weights(model, model, nullptr, &report, &err), "itself");
  // The last byte of the last tensor is missing.
  std::filesystem::resize_file(folder / "m.fovea", std::filesystem::file_size(folder / "m.fovea") - 1);
  FAILS(FV_FORMAT, load("m.fovea", nullptr), "m.fovea");
  EXPECT_EQ(nullptr, report);
  EXPECT_EQ(before, weights(model));
  EXPECT_EQ(0, fv_load_report_count(nullptr, 0));
}

TEST_F(TransferTest, ReplacesTheHead) {
  const Model body = small(8, 3, 1);
  Model made;
  OK(fv_model_replace_head(body, "relu", DESC(fv_head_desc, .units = 5, .name = "out", .seed = 7), made.out(),
                           &err));
  for (const char* name : {"a.kernel", "a.bias", "bn.gamma", "bn.running_mean", "bn.running_var"})
    EXPECT_EQ(values(body, name), values(made, name)) << name;
  EXPECT_EQ(40u, values(made, "out.kernel").size());
  fv_model_info info{.struct_size = sizeof info};
  OK(fv_model_get_info(made, &info, &err));
  EXPECT_EQ(1, info.outputs);
  // Equal seeds give equal heads; nothing of an old head of the same name and shape comes along.
  Model again, same_units;
  OK(fv_model_replace_head(body, "relu", DESC(fv_head_desc, .units = 5, .seed = 7), again.out(), &err));
  EXPECT_EQ(values(made, "out.kernel"), values(again, "head.kernel"));
  OK(fv_model_replace_head(body, "relu", DESC(fv_head_desc, .units = 3, .name = "out", .seed = 7),
                           same_units.out(), &err));
  EXPECT_NE(values(body, "out.kernel"), values(same_units, "out.kernel"));

  fv_model* none = nullptr;
  FAILS(FV_NOT_FOUND, fv_model_replace_head(body, "conv9", DESC(fv_head_desc, .units = 2), &none, &err),
        "conv9");
  FAILS(FV_INVALID_ARGUMENT, fv_model_replace_head(body, "relu", nullptr, &none, &err), "units");
  FAILS(FV_INVALID_ARGUMENT,
        fv_model_replace_head(body, "relu", DESC(fv_head_desc, .units = 2, .name = "a"), &none, &err), "'a'",
        "taken");
}

TEST_F(TransferTest, AHeadOnAnImageFlattensIt) {
  Made made = make(lenet);
  Model headed;
  fv_model_info info{.struct_size = sizeof info};
  OK(fv_model_replace_head(made.model, "image", DESC(fv_head_desc, .units = 2), headed.out(), &err));
  OK(fv_model_get_info(headed, &info, &err));
  EXPECT_EQ(28 * 28 * 2 + 2, info.parameters);
}

TEST_F(TransferTest, BuildsOnFromANodeOfAModel) {
  const Model body = small(8, 3, 1);
  Graph g;
  OK(fv_graph_from_model(body, g.out(), &err));
  const fv_node relu = fv_graph_find(g, "relu");
  ASSERT_NE(FV_NODE_INVALID, relu);
  EXPECT_EQ(FV_NODE_INVALID, fv_graph_find(g, "conv9"));
  EXPECT_EQ(FV_NODE_INVALID, fv_graph_find(nullptr, "relu"));
  const fv_node outputs[] = {fv_graph_find(g, "out"),
                             fv_dense(g, relu, DESC(fv_dense_desc, .name = "more", .units = 2))};
  Model model;
  OK(fv_model_create(g, outputs, 2, DESC(fv_model_desc, .seed = 9), model.out(), &err));
  Report report;
  OK(fv_model_copy_weights(model, body, nullptr, report.out(), &err));
  EXPECT_EQ(8, fv_load_report_count(report, FV_MATCH_LOADED));
  EXPECT_EQ(2, fv_load_report_count(report, FV_MATCH_MISSING));
  // The old output is computed as before.
  Session before, after;
  OK(fv_session_create(body, nullptr, before.out(), &err));
  OK(fv_session_create(model, nullptr, after.out(), &err));
  const std::vector<float> x = noise(4);
  std::vector<float> y(3), old_y(3), more(2);
  const fv_tensor in = tensor(x, {1, 4});
  fv_buffer expected = buffer(y), got[] = {buffer(old_y), buffer(more)};
  OK(fv_session_run(before, &in, 1, &expected, 1, &err));
  OK(fv_session_run(after, &in, 1, got, 2, &err));
  EXPECT_EQ(y, old_y);
}

}  // namespace
}  // namespace fovea::test
