// The layers of merge.h and its neighbours through the public API: the shape of each, a training step, a
// file, and what is refused.
#include <cmath>
#include <functional>

#include "support.h"

namespace fovea::test {
namespace {

using Build = std::function<fv_node(fv_graph*, fv_node)>;
using Extents = std::vector<int64_t>;

// A layer on an input of 12 x 10 x 6.
struct Case {
  const char* what;
  Extents shape;
  Build build;
};

std::vector<Case> merges() {
  const auto two = [](auto layer) {
    return [=](fv_graph* g, fv_node x) { return layer(g, x, fv_tanh(g, x, nullptr), nullptr); };
  };
  const auto three = [](auto layer) {
    return [=](fv_graph* g, fv_node x) {
      const fv_node nodes[] = {x, fv_tanh(g, x, nullptr), fv_sigmoid(g, x, nullptr)};
      return layer(g, nodes, size_t{3}, nullptr);
    };
  };
  return {
      {"subtract", {12, 10, 6}, two(fv_subtract)},
      {"multiply", {12, 10, 6}, two(fv_multiply)},
      {"multiply channels",
       {12, 10, 6},
       [](fv_graph* g, fv_node x) {
         return fv_multiply(g, fv_global_average_pool2d(g, x, nullptr), x, nullptr);
       }},
      {"average", {12, 10, 6}, three(fv_average)},
      {"maximum", {12, 10, 6}, three(fv_maximum)},
      {"pad",
       {15, 11, 8},
       [](fv_graph* g, fv_node x) {
         return fv_pad(g, x, DESC(fv_pad_desc, .before = {3, 0, 2}, .after = {0, 1}, .value = 0.5));
       }},
      {"reflect",
       {15, 11, 6},
       [](fv_graph* g, fv_node x) {
         return fv_pad(g, x, DESC(fv_pad_desc, .before = {3}, .after = {0, 1}, .mode = FV_PAD_REFLECT));
       }},
      {"replicate",
       {12, 30, 6},
       [](fv_graph* g, fv_node x) {
         return fv_pad(g, x, DESC(fv_pad_desc, .before = {0, 20}, .mode = FV_PAD_REPLICATE));
       }},
      {"slice",
       {11, 9, 2},
       [](fv_graph* g, fv_node x) {
         return fv_slice(g, x, DESC(fv_slice_desc, .begin = {1, 0, 2}, .end = {0, -1, 4}));
       }},
      {"crop",
       {9, 3, 6},
       [](fv_graph* g, fv_node x) {
         return fv_crop(g, x, DESC(fv_crop_desc, .crop = {1, 2, 3, 4}));
       }},
      {"split",
       {12, 10, 9},
       [](fv_graph* g, fv_node x) {
         fv_node parts[3];
         EXPECT_EQ(fv_split(g, x, parts, 3, DESC(fv_parts_desc, .name = "s")), parts[0]);
         EXPECT_STREQ("s_3", fv_graph_node_name(g, parts[2]));
         const fv_node joined[] = {parts[2], x, parts[0]};
         return fv_slice(g, fv_concat(g, joined, 3, nullptr), DESC(fv_slice_desc, .end = {0, 0, -1}));
       }},
      {"split in sizes",
       {12, 3, 6},
       [](fv_graph* g, fv_node x) {
         const int64_t sizes[] = {7, 3};
         fv_node parts[2];
         fv_split(g, x, parts, 2, DESC(fv_parts_desc, .axis = 1, .sizes = sizes));
         return parts[1];
       }},
      {"reshape",
       {5, 24, 6},
       [](fv_graph* g, fv_node x) {
         return fv_reshape(g, x, DESC(fv_reshape_desc, .shape = {5, -1, 6}));
       }},
      {"permute",
       {6, 12, 10},
       [](fv_graph* g, fv_node x) {
         return fv_permute(g, x, DESC(fv_permute_desc, .axes = {2, 0, 1}));
       }},
  };
}

std::vector<Case> norms() {
  const Extents same{12, 10, 6};
  return {
      {"layer norm", same, [](fv_graph* g, fv_node x) { return fv_layer_norm(g, x, nullptr); }},
      {"layer norm of all", same,
       [](fv_graph* g, fv_node x) {
         return fv_layer_norm(g, x, DESC(fv_layer_norm_desc, .axes = 3, .epsilon = 0.01, .no_scale = 1));
       }},
      {"group norm", same,
       [](fv_graph* g, fv_node x) { return fv_group_norm(g, x, DESC(fv_group_norm_desc, .groups = 3)); }},
      {"instance norm", same, [](fv_graph* g, fv_node x) { return fv_instance_norm(g, x, nullptr); }},
      {"affine instance norm", same,
       [](fv_graph* g, fv_node x) {
         return fv_instance_norm(g, x, DESC(fv_instance_norm_desc, .affine = 1));
       }},
      {"local response norm", same,
       [](fv_graph* g, fv_node x) { return fv_local_response_norm(g, x, nullptr); }},
      {"local response norm divided", same,
       [](fv_graph* g, fv_node x) {
         return fv_local_response_norm(g, x,
                                       DESC(fv_local_response_norm_desc, .size = 3, .k = 1, .alpha = 0.5,
                                            .beta = 0.6, .divide_alpha = 1));
       }},
  };
}

std::vector<Case> poolings() {
  return {
      {"global max", {6}, [](fv_graph* g, fv_node x) { return fv_global_max_pool2d(g, x, nullptr); }},
      {"adaptive max",
       {5, 5, 6},
       [](fv_graph* g, fv_node x) {
         return fv_adaptive_max_pool2d(g, x, DESC(fv_adaptive_pool2d_desc, .size = {5}));
       }},
      {"adaptive average",
       {5, 3, 6},
       [](fv_graph* g, fv_node x) {
         return fv_adaptive_average_pool2d(g, x, DESC(fv_adaptive_pool2d_desc, .size = {5, 3}));
       }},
      {"fractional max",
       {8, 7, 6},
       [](fv_graph* g, fv_node x) { return fv_fractional_max_pool2d(g, x, nullptr); }},
      {"overlapping fractional max",
       {8, 5, 6},
       [](fv_graph* g, fv_node x) {
         return fv_fractional_max_pool2d(
             g, x, DESC(fv_fractional_pool2d_desc, .ratio = {1.5, 2}, .overlapping = 1));
       }},
      {"unpool",
       {12, 10, 6},
       [](fv_graph* g, fv_node x) {
         const fv_node pool = fv_max_pool2d(
             g, x, DESC(fv_pool2d_desc, .size = {3}, .strides = {2}, .ceil_mode = 1, .pad = {1, 0, 0, 1}));
         return fv_max_unpool2d(g, fv_tanh(g, pool, nullptr), pool, nullptr);
       }},
      {"nearest", {24, 20, 6}, [](fv_graph* g, fv_node x) { return fv_upsample2d(g, x, nullptr); }},
      {"bilinear",
       {36, 20, 6},
       [](fv_graph* g, fv_node x) {
         return fv_upsample2d(
             g, x,
             DESC(fv_upsample2d_desc, .scale = {3, 2}, .method = FV_UPSAMPLE_BILINEAR, .align_corners = 1));
       }},
      {"bed of nails",
       {36, 30, 6},
       [](fv_graph* g, fv_node x) {
         return fv_upsample2d(g, x,
                              DESC(fv_upsample2d_desc, .scale = {3}, .method = FV_UPSAMPLE_BED_OF_NAILS));
       }},
      {"pixel unshuffle",
       {6, 5, 24},
       [](fv_graph* g, fv_node x) { return fv_pixel_unshuffle(g, x, nullptr); }},
      {"pixel shuffle",
       {24, 20, 2},
       [](fv_graph* g, fv_node x) {
         return fv_pixel_shuffle(g, fv_pad(g, x, DESC(fv_pad_desc, .after = {0, 0, 2})), nullptr);
       }},
  };
}

std::vector<Case> convolutions() {
  return {
      {"transposed",
       {26, 21, 4},
       [](fv_graph* g, fv_node x) {
         return fv_transposed_conv2d(
             g, x,
             DESC(fv_transposed_conv2d_desc, .filters = 4, .kernel = {3}, .strides = {2}, .groups = 2,
                  .output_padding = {1}, .activation = FV_ACT_RELU));
       }},
      {"cut transposed",
       {9, 7, 4},
       [](fv_graph* g, fv_node x) {
         return fv_transposed_conv2d(
             g, x,
             DESC(fv_transposed_conv2d_desc, .filters = 4, .kernel = {1}, .pad = {1, 2, 3, 0}, .no_bias = 1));
       }},
      {"depthwise",
       {12, 10, 12},
       [](fv_graph* g, fv_node x) {
         return fv_depthwise_conv2d(g, x,
                                    DESC(fv_depthwise_conv2d_desc, .multiplier = 2, .kernel = {3},
                                         .padding = FV_PAD_SAME, .activation = FV_ACT_RELU6));
       }},
      {"separable",
       {6, 5, 9},
       [](fv_graph* g, fv_node x) {
         const fv_node y = fv_separable_conv2d(g, x,
                                               DESC(fv_separable_conv2d_desc, .name = "s", .filters = 9,
                                                    .kernel = {3}, .strides = {2}, .padding = FV_PAD_SAME));
         EXPECT_STREQ("s", fv_graph_node_name(g, y));
         EXPECT_STREQ("s_depthwise", fv_graph_node_name(g, y - 1));
         return y;
       }},
      {"local",
       {5, 4, 3},
       [](fv_graph* g, fv_node x) {
         return fv_local_conv2d(g, x,
                                DESC(fv_local_conv2d_desc, .filters = 3, .kernel = {3}, .strides = {2},
                                     .activation = FV_ACT_TANH));
       }},
      {"deformable",
       {12, 10, 5},
       [](fv_graph* g, fv_node x) {
         const fv_node offsets =
             fv_conv2d(g, x, DESC(fv_conv2d_desc, .filters = 18, .kernel = {3}, .padding = FV_PAD_SAME));
         return fv_deform_conv2d(
             g, x, offsets, FV_NODE_INVALID,
             DESC(fv_deform_conv2d_desc, .filters = 5, .kernel = {3}, .pad = {1, 1, 1, 1}));
       }},
      {"deformable with factors",
       {10, 8, 4},
       [](fv_graph* g, fv_node x) {
         const fv_node offsets = fv_conv2d(g, x, DESC(fv_conv2d_desc, .filters = 36, .kernel = {3}));
         const fv_node factors = fv_conv2d(
             g, x, DESC(fv_conv2d_desc, .filters = 18, .kernel = {3}, .activation = FV_ACT_SIGMOID));
         return fv_deform_conv2d(g, x, offsets, factors,
                                 DESC(fv_deform_conv2d_desc, .filters = 4, .kernel = {3}, .groups = 2,
                                      .offset_groups = 2, .no_bias = 1));
       }},
  };
}

std::vector<Case> noises() {
  const Extents same{12, 10, 6};
  return {
      {"spatial dropout", same,
       [](fv_graph* g, fv_node x) {
         return fv_add(g, x, fv_spatial_dropout(g, x, DESC(fv_spatial_dropout_desc, .rate = 0.25)), nullptr);
       }},
      {"stochastic depth", same,
       [](fv_graph* g, fv_node x) {
         return fv_add(g, x, fv_stochastic_depth(g, x, DESC(fv_stochastic_depth_desc, .whole_batch = 1)),
                       nullptr);
       }},
      {"gaussian noise", same, [](fv_graph* g, fv_node x) { return fv_gaussian_noise(g, x, nullptr); }},
      {"maxout",
       {12, 10, 2},
       [](fv_graph* g, fv_node x) { return fv_maxout(g, x, DESC(fv_maxout_desc, .pieces = 3)); }},
      {"drop connect conv2d",
       {10, 8, 5},
       [](fv_graph* g, fv_node x) {
         return fv_conv2d(g, x, DESC(fv_conv2d_desc, .filters = 5, .kernel = {3}, .drop_connect = 0.25));
       }},
      {"drop connect dense",
       {7},
       [](fv_graph* g, fv_node x) {
         return fv_dense(g, fv_flatten(g, x, nullptr), DESC(fv_dense_desc, .units = 7, .drop_connect = 0.5));
       }},
      {"squeeze and excitation", same,
       [](fv_graph* g, fv_node x) {
         const fv_node y = fv_squeeze_excite(g, x, DESC(fv_squeeze_excite_desc, .name = "se", .ratio = 2));
         EXPECT_STREQ("se", fv_graph_node_name(g, y));
         EXPECT_STREQ("se_expand", fv_graph_node_name(g, y - 1));
         return y;
       }},
      {"non local", same,
       [](fv_graph* g, fv_node x) { return fv_non_local(g, x, DESC(fv_non_local_desc, .name = "n")); }},
      {"matmul",
       {60, 60},
       [](fv_graph* g, fv_node x) {
         x = fv_reshape(g, x, DESC(fv_reshape_desc, .shape = {12, 60}));
         return fv_matmul(g, x, x, DESC(fv_matmul_desc, .transpose_a = 1));
       }},
  };
}

class LayersTest : public ::testing::TestWithParam<Case> {
 protected:
  std::vector<float> run(fv_model* model) {
    Session session;
    const fv_tensor t = tensor(in, {2, 12, 10, 6});
    std::vector<float> out(2 * 3);
    fv_buffer b = buffer(out);
    EXPECT_EQ(FV_OK, fv_session_create(model, DESC(fv_session_desc, .max_batch = 2), session.out(), &err))
        << err.message;
    EXPECT_EQ(FV_OK, fv_session_run(session, &t, 1, &b, 1, &err)) << err.message;
    return out;
  }

  const std::vector<float> in = noise(2 * 12 * 10 * 6);
  fv_error err{};
};

// Its shape; a training step that moves what lies in front of it; the same bits after a file.
TEST_P(LayersTest, ShapeStepAndFile) {
  Context context;
  Graph graph;
  OK(fv_context_create(DESC(fv_context_desc, .threads = 2), context.out(), &err));
  OK(fv_graph_create(context, graph.out(), &err));
  fv_node x = fv_input(graph, DESC(fv_input_desc, .name = "x", .shape = {12, 10, 6}));
  x = fv_conv2d(graph, x, DESC(fv_conv2d_desc, .name = "first", .filters = 6, .kernel = {1}));
  x = GetParam().build(graph, x);
  OK(fv_graph_status(graph, &err));
  int64_t extents[FV_MAX_RANK];
  int32_t rank = 0;
  OK(fv_graph_node_shape(graph, x, extents, &rank, &err));
  EXPECT_EQ(GetParam().shape, Extents(extents, extents + rank));
  x = fv_dense(graph, fv_flatten(graph, x, nullptr), DESC(fv_dense_desc, .units = 3));

  Model model, loaded;
  OK(fv_model_create(graph, &x, 1, DESC(fv_model_desc, .seed = 3), model.out(), &err));
  const std::vector<double> before = weights(model);
  const std::vector<int32_t> y = labels(2, 3);
  const fv_tensor xs = tensor(in, {2, 12, 10, 6}), ts = tensor(y, {2});
  {
    Trainer trainer = make_trainer(model);
    OK(fv_trainer_step(trainer, &xs, 1, &ts, nullptr, &err));
  }
  const std::vector<double> after = weights(model);
  ASSERT_EQ(before.size(), after.size());
  size_t moved = 0;
  for (size_t i = 0; i < 36; ++i) moved += before[i] != after[i];  // the first convolution's kernel
  EXPECT_GT(moved, 0u);

  const Folder folder;
  OK(fv_model_save(model, (folder / "m").c_str(), &err));
  OK(fv_model_load(context, (folder / "m").c_str(), loaded.out(), &err));
  const std::vector<float> out = run(model);
  EXPECT_EQ(out, run(loaded));
  for (float v : out) EXPECT_TRUE(std::isfinite(v));
}

std::string case_name(const ::testing::TestParamInfo<Case>& info) {
  std::string name = info.param.what;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
}
INSTANTIATE_TEST_SUITE_P(Merge, LayersTest, ::testing::ValuesIn(merges()), case_name);
INSTANTIATE_TEST_SUITE_P(Pooling, LayersTest, ::testing::ValuesIn(poolings()), case_name);
INSTANTIATE_TEST_SUITE_P(Convolution, LayersTest, ::testing::ValuesIn(convolutions()), case_name);
INSTANTIATE_TEST_SUITE_P(Noise, LayersTest, ::testing::ValuesIn(noises()), case_name);
INSTANTIATE_TEST_SUITE_P(Norm, LayersTest, ::testing::ValuesIn(norms()), case_name);

// ---- refusals -------------------------------------------------------------------------------------------

struct Refusal {
  Build build;
  std::vector<const char*> words;
};

void expect_refused(const std::vector<Refusal>& refusals) {
  Context context;
  fv_error err{};
  OK(fv_context_create(DESC(fv_context_desc, .threads = 1), context.out(), &err));
  for (const Refusal& r : refusals) {
    SCOPED_TRACE(r.words[0]);
    Graph graph;
    OK(fv_graph_create(context, graph.out(), &err));
    const fv_node x = fv_input(graph, DESC(fv_input_desc, .name = "x", .shape = {12, 10, 6}));
    EXPECT_EQ(FV_NODE_INVALID, r.build(graph, x));
    EXPECT_EQ(FV_INVALID_ARGUMENT, fv_graph_status(graph, &err));
    for (const char* word : r.words)
      EXPECT_NE(nullptr, std::strstr(err.message, word)) << err.message << ": " << word;
  }
}

TEST(LayersRefused, Merge) {
  expect_refused({
      {[](fv_graph* g, fv_node x) {
         return fv_subtract(g, x, fv_flatten(g, x, nullptr), DESC(fv_layer_desc, .name = "d"));
       },
       {"subtract 'd'", "12x10x6", "720"}},
      {[](fv_graph* g, fv_node x) {
         return fv_multiply(g, x, fv_slice(g, x, DESC(fv_slice_desc, .end = {0, 0, 5})),
                            DESC(fv_layer_desc, .name = "m"));
       },
       {"multiply 'm'", "12x10x6", "12x10x5"}},
      {[](fv_graph* g, fv_node x) { return fv_average(g, &x, 1, DESC(fv_layer_desc, .name = "a")); },
       {"average 'a'", "found 1"}},
      {[](fv_graph* g, fv_node) { return fv_maximum(g, nullptr, 3, nullptr); }, {"maximum", "no nodes"}},
      {[](fv_graph* g, fv_node x) {
         return fv_pad(g, x, DESC(fv_pad_desc, .name = "p", .before = {12}, .mode = FV_PAD_REFLECT));
       },
       {"pad 'p'", "12"}},
      {[](fv_graph* g, fv_node x) { return fv_pad(g, x, DESC(fv_pad_desc, .name = "p", .mode = 3)); },
       {"pad 'p'", "mode is 3"}},
      {[](fv_graph* g, fv_node x) { return fv_pad(g, x, DESC(fv_pad_desc, .name = "p", .value = NAN)); },
       {"pad 'p'", "value"}},
      {[](fv_graph* g, fv_node x) {
         return fv_slice(g, x, DESC(fv_slice_desc, .name = "s", .begin = {4}, .end = {4}));
       },
       {"slice 's'", "from 4 to 4", "12"}},
      {[](fv_graph* g, fv_node x) {
         return fv_crop(g, x, DESC(fv_crop_desc, .name = "c", .crop = {0, -1}));
       },
       {"slice 'c'", "-1"}},
      {[](fv_graph* g, fv_node x) {
         return fv_crop(g, x, DESC(fv_crop_desc, .name = "c", .crop = {6, 6}));
       },
       {"slice 'c'", "12"}},
      {[](fv_graph* g, fv_node x) {
         fv_node parts[4];
         const fv_node first = fv_split(g, x, parts, 4, DESC(fv_parts_desc, .name = "s"));
         EXPECT_EQ(FV_NODE_INVALID, parts[3]);
         return first;
       },
       {"split 's'", "4 parts", "6"}},
      {[](fv_graph* g, fv_node x) {
         const int64_t sizes[] = {4, 3};
         fv_node parts[2];
         return fv_split(g, x, parts, 2, DESC(fv_parts_desc, .name = "s", .sizes = sizes));
       },
       {"split 's'", "part 2", "3", "2 of 6"}},
      {[](fv_graph* g, fv_node x) { return fv_split(g, x, nullptr, 2, nullptr); },
       {"split", "parts is NULL"}},
      {[](fv_graph* g, fv_node x) {
         return fv_reshape(g, x, DESC(fv_reshape_desc, .name = "r", .shape = {7, -1}));
       },
       {"reshape 'r'", "720"}},
      {[](fv_graph* g, fv_node x) { return fv_permute(g, x, DESC(fv_permute_desc, .name = "p")); },
       {"permute 'p'", "twice"}},
  });
}

TEST(LayersRefused, Pooling) {
  expect_refused({
      {[](fv_graph* g, fv_node x) {
         return fv_adaptive_max_pool2d(g, x, DESC(fv_adaptive_pool2d_desc, .name = "p"));
       },
       {"adaptive_max_pool2d 'p'", "height of the output is 0"}},
      {[](fv_graph* g, fv_node x) {
         return fv_fractional_max_pool2d(g, x, DESC(fv_fractional_pool2d_desc, .name = "p", .ratio = {0.9}));
       },
       {"fractional_max_pool2d 'p'", "ratio is 0.9"}},
      {[](fv_graph* g, fv_node x) { return fv_max_unpool2d(g, x, x, DESC(fv_layer_desc, .name = "u")); },
       {"max_unpool2d 'u'", "'x' is of kind input"}},
      {[](fv_graph* g, fv_node x) {
         return fv_max_unpool2d(g, x, fv_max_pool2d(g, x, nullptr), DESC(fv_layer_desc, .name = "u"));
       },
       {"max_unpool2d 'u'", "6x5x6", "12x10x6"}},
      {[](fv_graph* g, fv_node x) { return fv_max_unpool2d(g, x, FV_NODE_INVALID, nullptr); },
       {"max_unpool2d", "INVALID"}},
      {[](fv_graph* g, fv_node x) {
         return fv_upsample2d(g, x, DESC(fv_upsample2d_desc, .name = "u", .scale = {-2}));
       },
       {"upsample2d 'u'", "-2"}},
      {[](fv_graph* g, fv_node x) {
         return fv_upsample2d(g, x, DESC(fv_upsample2d_desc, .name = "u", .method = 3));
       },
       {"upsample2d 'u'", "method is 3"}},
      {[](fv_graph* g, fv_node x) {
         return fv_pixel_shuffle(g, x, DESC(fv_pixel_shuffle_desc, .name = "s"));
       },
       {"pixel_shuffle 's'", "6 channels"}},
      {[](fv_graph* g, fv_node x) {
         return fv_pixel_unshuffle(g, x, DESC(fv_pixel_shuffle_desc, .name = "s", .factor = 5));
       },
       {"pixel_unshuffle 's'", "factor 5", "12x10x6"}},
  });
}

TEST(LayersRefused, Convolution) {
  expect_refused({
      {[](fv_graph* g, fv_node x) {
         return fv_transposed_conv2d(
             g, x, DESC(fv_transposed_conv2d_desc, .name = "t", .filters = 2, .kernel = {3}, .groups = 4));
       },
       {"transposed_conv2d 't'", "6 channels", "groups=4"}},
      {[](fv_graph* g, fv_node x) {
         return fv_transposed_conv2d(g, x,
                                     DESC(fv_transposed_conv2d_desc, .name = "t", .filters = 2, .kernel = {3},
                                          .activation = FV_ACT_GELU));
       },
       {"transposed_conv2d 't'", "gelu"}},
      {[](fv_graph* g, fv_node x) {
         return fv_depthwise_conv2d(g, fv_flatten(g, x, nullptr),
                                    DESC(fv_depthwise_conv2d_desc, .name = "d", .kernel = {3}));
       },
       {"conv2d 'd'", "720"}},
      {[](fv_graph* g, fv_node x) {
         return fv_separable_conv2d(g, x, DESC(fv_separable_conv2d_desc, .name = "s", .kernel = {3}));
       },
       {"conv2d 's'", "filters is 0"}},
      {[](fv_graph* g, fv_node x) {
         return fv_local_conv2d(g, x,
                                DESC(fv_local_conv2d_desc, .name = "l", .filters = 2, .kernel = {13, 1}));
       },
       {"local_conv2d 'l'", "13", "12"}},
      {[](fv_graph* g, fv_node x) {
         return fv_deform_conv2d(g, x, x, FV_NODE_INVALID,
                                 DESC(fv_deform_conv2d_desc, .name = "f", .filters = 2, .kernel = {3}));
       },
       {"deform_conv2d 'f'", "10x8x18", "12x10x6"}},
  });
}

TEST(LayersRefused, NoiseAndBlocks) {
  expect_refused({
      {[](fv_graph* g, fv_node x) {
         return fv_spatial_dropout(g, x, DESC(fv_spatial_dropout_desc, .name = "d", .rate = 1));
       },
       {"spatial_dropout 'd'", "rate is 1"}},
      {[](fv_graph* g, fv_node x) {
         return fv_stochastic_depth(g, x, DESC(fv_stochastic_depth_desc, .name = "d", .rate = -1));
       },
       {"stochastic_depth 'd'", "rate is -1"}},
      {[](fv_graph* g, fv_node x) {
         return fv_gaussian_noise(g, x, DESC(fv_gaussian_noise_desc, .name = "d", .stddev = -1));
       },
       {"gaussian_noise 'd'", "stddev is -1"}},
      {[](fv_graph* g, fv_node x) { return fv_maxout(g, x, DESC(fv_maxout_desc, .name = "m", .pieces = 4)); },
       {"maxout 'm'", "pieces=4"}},
      {[](fv_graph* g, fv_node x) {
         return fv_conv2d(g, x,
                          DESC(fv_conv2d_desc, .name = "c", .filters = 1, .kernel = {1}, .drop_connect = 1));
       },
       {"drop_connect_conv2d 'c'", "drop_connect is 1"}},
      {[](fv_graph* g, fv_node x) {
         return fv_squeeze_excite(g, x, DESC(fv_squeeze_excite_desc, .name = "s", .ratio = -1));
       },
       {"squeeze_excite 's'", "ratio is -1"}},
      {[](fv_graph* g, fv_node x) { return fv_non_local(g, fv_flatten(g, x, nullptr), nullptr); },
       {"non_local", "720"}},
      {[](fv_graph* g, fv_node x) {
         return fv_non_local(g, x, DESC(fv_non_local_desc, .name = "n", .channels = -2));
       },
       {"conv2d 'n_theta'", "-2"}},
      {[](fv_graph* g, fv_node x) { return fv_matmul(g, x, x, DESC(fv_matmul_desc, .name = "m")); },
       {"matmul 'm'", "12x10x6"}},
  });
}

TEST(LayersRefused, Norm) {
  expect_refused({
      {[](fv_graph* g, fv_node x) {
         return fv_layer_norm(g, x, DESC(fv_layer_norm_desc, .name = "n", .axes = 4));
       },
       {"layer_norm 'n'", "axes is 4", "12x10x6"}},
      {[](fv_graph* g, fv_node x) {
         return fv_layer_norm(g, x, DESC(fv_layer_norm_desc, .name = "n", .epsilon = FV_ZERO));
       },
       {"layer_norm 'n'", "epsilon is 0"}},
      {[](fv_graph* g, fv_node x) { return fv_group_norm(g, x, nullptr); }, {"group_norm", "groups is 0"}},
      {[](fv_graph* g, fv_node x) {
         return fv_group_norm(g, x, DESC(fv_group_norm_desc, .name = "n", .groups = 4));
       },
       {"group_norm 'n'", "6 channels", "groups=4"}},
      {[](fv_graph* g, fv_node x) {
         return fv_instance_norm(g, fv_global_average_pool2d(g, x, nullptr),
                                 DESC(fv_instance_norm_desc, .name = "n"));
       },
       {"instance_norm 'n'", "single value"}},
      {[](fv_graph* g, fv_node x) {
         return fv_local_response_norm(g, x, DESC(fv_local_response_norm_desc, .name = "n", .size = -1));
       },
       {"local_response_norm 'n'", "size is -1"}},
      {[](fv_graph* g, fv_node x) {
         return fv_local_response_norm(g, x, DESC(fv_local_response_norm_desc, .name = "n", .k = FV_ZERO));
       },
       {"local_response_norm 'n'", "k is 0"}},
  });
}

}  // namespace
}  // namespace fovea::test
