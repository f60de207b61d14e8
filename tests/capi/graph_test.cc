// graph.h and layers.h: shapes, names, and every refusal with its code, node and message.
#include <cmath>
#include <functional>

#include "support.h"

namespace fovea::test {
namespace {

class GraphTest : public ::testing::Test {
 protected:
  void SetUp() override {
    OK(fv_context_create(DESC(fv_context_desc, .threads = 1), context.out(), &err));
    OK(fv_graph_create(context, graph.out(), &err));
  }

  fv_node input(std::vector<int64_t> shape, const char* name = nullptr) {
    auto desc = init<fv_input_desc>();
    desc.name = name;
    std::copy(shape.begin(), shape.end(), desc.shape);
    return fv_input(graph, &desc);
  }

  std::vector<int64_t> shape(fv_node node) {
    int64_t extents[FV_MAX_RANK];
    int32_t rank = -1;
    EXPECT_EQ(FV_OK, fv_graph_node_shape(graph, node, extents, &rank, &err)) << err.message;
    return {extents, extents + std::max(rank, 0)};
  }

  // Building `node` in a fresh graph, after an input of that shape, fails: the graph keeps an error that has
  // the words, and names the node; nothing more can be added; a model is refused with the same error.
  void refused(std::vector<int64_t> in, const std::function<fv_node(fv_graph*, fv_node)>& build,
               std::initializer_list<const char*> words, fv_status code = FV_INVALID_ARGUMENT) {
    OK(fv_graph_create(context, graph.out(), &err));
    const fv_node x = input(std::move(in), "x");
    ASSERT_NE(FV_NODE_INVALID, x);
    EXPECT_EQ(FV_NODE_INVALID, build(graph, x));
    std::memset(&err, 0x5a, sizeof err);
    EXPECT_TRUE(failed(fv_graph_status(graph, &err), code, err, words));
    EXPECT_NE(FV_NODE_INVALID, err.node);
    EXPECT_EQ(x >> 32, err.node >> 32) << "the node is of another graph";
    const std::string first = err.message;
    EXPECT_EQ(FV_NODE_INVALID, fv_relu(graph, x, nullptr)) << "a graph with an error grows";
    fv_model* model = nullptr;
    EXPECT_EQ(code, fv_model_create(graph, &x, 1, nullptr, &model, &err));
    EXPECT_EQ(first, err.message);
    EXPECT_EQ(nullptr, model);
  }

  fv_error err{};
  Context context;
  Graph graph;
};

TEST_F(GraphTest, ShapesOfEveryLayer) {
  const fv_node x = input({9, 11, 6}, "x");
  EXPECT_EQ((std::vector<int64_t>{9, 11, 6}), shape(x));
  auto conv = [&](auto... set) {
    auto d = init<fv_conv2d_desc>();
    d.filters = 12;
    d.kernel[0] = 3;
    (set(d), ...);
    return shape(fv_conv2d(graph, x, &d));
  };
  using Conv = fv_conv2d_desc;
  using Shape = std::vector<int64_t>;
  EXPECT_EQ((Shape{7, 9, 12}), conv());
  EXPECT_EQ((Shape{7, 7, 12}), conv([](Conv& d) { d.kernel[1] = 5; }));
  EXPECT_EQ((Shape{4, 5, 12}), conv([](Conv& d) { d.strides[0] = 2; }));
  EXPECT_EQ((Shape{4, 3, 12}), conv([](Conv& d) { d.strides[0] = 2; d.strides[1] = 3; }));
  EXPECT_EQ((Shape{5, 7, 12}), conv([](Conv& d) { d.dilation[0] = 2; }));
  EXPECT_EQ((Shape{9, 11, 12}), conv([](Conv& d) { d.padding = FV_PAD_SAME; }));
  EXPECT_EQ((Shape{5, 6, 12}), conv([](Conv& d) { d.padding = FV_PAD_SAME; d.strides[0] = 2; }));
  EXPECT_EQ((Shape{10, 16, 12}), conv([](Conv& d) {
              d.pad[0] = 1;
              d.pad[1] = 2;
              d.pad[2] = 3;
              d.pad[3] = 4;
            }));
  EXPECT_EQ((Shape{7, 9, 12}), conv([](Conv& d) { d.groups = 3; }));
  EXPECT_EQ((Shape{4, 5, 6}), shape(fv_max_pool2d(graph, x, nullptr)));
  EXPECT_EQ((Shape{5, 6, 6}), shape(fv_max_pool2d(graph, x, DESC(fv_pool2d_desc, .ceil_mode = 1))));
  EXPECT_EQ((Shape{4, 5, 6}),
            shape(fv_average_pool2d(graph, x, DESC(fv_pool2d_desc, .size = {3}, .strides = {2}))));
  EXPECT_EQ((Shape{5, 6, 6}),
            shape(fv_average_pool2d(graph, x,
                                    DESC(fv_pool2d_desc, .size = {3}, .strides = {2}, .pad = {1, 1, 1, 1}))));
  EXPECT_EQ((Shape{6}), shape(fv_global_average_pool2d(graph, x, nullptr)));
  EXPECT_EQ((Shape{9, 11, 6}), shape(fv_batch_norm(graph, x, nullptr)));
  EXPECT_EQ((Shape{9, 11, 6}),
            shape(fv_sigmoid(graph, fv_tanh(graph, fv_relu(graph, x, nullptr), nullptr), nullptr)));
  EXPECT_EQ((Shape{9, 11, 6}), shape(fv_dropout(graph, x, nullptr)));
  EXPECT_EQ((Shape{9, 11, 6}), shape(fv_softmax(graph, x, nullptr)));
  EXPECT_EQ((Shape{9, 11, 6}), shape(fv_add(graph, x, x, nullptr)));
  const fv_node three[] = {x, x, x};
  EXPECT_EQ((Shape{9, 11, 18}), shape(fv_concat(graph, three, 3, nullptr)));
  EXPECT_EQ((Shape{9, 11, 6}), shape(fv_concat(graph, three, 1, nullptr)));
  const fv_node flat = fv_flatten(graph, x, nullptr);
  EXPECT_EQ((Shape{594}), shape(flat));
  EXPECT_EQ((Shape{10}), shape(fv_dense(graph, flat, DESC(fv_dense_desc, .units = 10))));
  EXPECT_EQ((Shape{11, 12, 6}),
            shape(fv_pad(graph, x, DESC(fv_pad_desc, .before = {1, 0}, .after = {1, 1}))));
  OK(fv_graph_status(graph, &err));
}

TEST_F(GraphTest, Names) {
  const fv_node x = input({8, 8, 1}, "picture");
  auto conv = [&](const char* name) {
    return fv_conv2d(graph, x, DESC(fv_conv2d_desc, .name = name, .filters = 1, .kernel = {1}));
  };
  EXPECT_STREQ("picture", fv_graph_node_name(graph, x));
  EXPECT_STREQ("conv2d_1", fv_graph_node_name(graph, conv(nullptr)));
  EXPECT_STREQ("conv2d_3", fv_graph_node_name(graph, conv("conv2d_3")));
  EXPECT_STREQ("conv2d_2", fv_graph_node_name(graph, conv(nullptr)));
  EXPECT_STREQ("conv2d_4", fv_graph_node_name(graph, conv(nullptr))) << "3 is taken";
  EXPECT_STREQ("relu_1", fv_graph_node_name(graph, fv_relu(graph, x, nullptr)));
  EXPECT_EQ(nullptr, fv_graph_node_name(graph, FV_NODE_INVALID));
  EXPECT_EQ(nullptr, fv_graph_node_name(graph, x + 100));
  EXPECT_EQ(nullptr, fv_graph_node_name(nullptr, x));
  OK(fv_graph_status(graph, &err));
}

TEST_F(GraphTest, NodesOfAnotherGraphAreCaught) {
  Graph other;
  OK(fv_graph_create(context, other.out(), &err));
  const fv_node foreign = fv_input(other, DESC(fv_input_desc, .shape = {3}));
  int64_t extents[FV_MAX_RANK];
  int32_t rank;
  FAILS(FV_INVALID_ARGUMENT, fv_graph_node_shape(graph, foreign, extents, &rank, &err),
        "not a node of this graph");
  EXPECT_EQ(nullptr, fv_graph_node_name(graph, foreign));
  refused({3}, [&](fv_graph* g, fv_node) { return fv_relu(g, foreign, DESC(fv_layer_desc, .name = "r")); },
          {"relu", "'r'", "not a node of this graph"});
  const fv_node x = fv_input(other, DESC(fv_input_desc, .shape = {3}));
  fv_model* model = nullptr;
  OK(fv_graph_create(context, graph.out(), &err));
  FAILS(FV_INVALID_ARGUMENT, fv_model_create(graph, &x, 1, nullptr, &model, &err),
        "not a node of this graph");
}

TEST_F(GraphTest, NullAndInvalid) {
  int64_t extents[FV_MAX_RANK];
  int32_t rank;
  fv_graph* none = nullptr;
  FAILS(FV_INVALID_ARGUMENT, fv_graph_create(nullptr, &none, &err), "context");
  FAILS(FV_INVALID_ARGUMENT, fv_graph_create(context, nullptr, &err), "graph");
  FAILS(FV_INVALID_ARGUMENT, fv_graph_status(nullptr, &err), "graph");
  EXPECT_EQ(FV_INVALID_ARGUMENT, fv_graph_status(nullptr, nullptr));
  FAILS(FV_INVALID_ARGUMENT, fv_graph_node_shape(nullptr, 1, extents, &rank, &err), "graph");
  FAILS(FV_INVALID_ARGUMENT, fv_graph_node_shape(graph, FV_NODE_INVALID, extents, &rank, &err), "node");
  const fv_node x = input({3});
  FAILS(FV_INVALID_ARGUMENT, fv_graph_node_shape(graph, x, nullptr, &rank, &err), "shape");
  FAILS(FV_INVALID_ARGUMENT, fv_graph_node_shape(graph, x, extents, nullptr, &err), "rank");

  EXPECT_EQ(FV_NODE_INVALID, fv_input(nullptr, DESC(fv_input_desc, .shape = {3})));
  EXPECT_EQ(FV_NODE_INVALID, fv_relu(nullptr, x, nullptr));
  EXPECT_EQ(FV_NODE_INVALID, fv_add(nullptr, x, x, nullptr));
  EXPECT_EQ(FV_NODE_INVALID, fv_concat(nullptr, &x, 1, nullptr));
  EXPECT_EQ(FV_NODE_INVALID, fv_dense(nullptr, x, nullptr));
  OK(fv_graph_status(graph, &err));

  // The first error stays, whatever comes after it.
  EXPECT_EQ(FV_NODE_INVALID, fv_dense(graph, x, DESC(fv_dense_desc, .name = "first", .units = -1)));
  EXPECT_EQ(FV_NODE_INVALID, fv_dense(graph, x, DESC(fv_dense_desc, .name = "second", .units = -2)));
  EXPECT_EQ(FV_NODE_INVALID, fv_relu(graph, FV_NODE_INVALID, nullptr));
  FAILS(FV_INVALID_ARGUMENT, fv_graph_status(graph, &err), "first", "-1");
}

TEST_F(GraphTest, InvalidNodesPassThroughSilentlyAfterAnError) {
  fv_node x = fv_dense(graph, input({4}), nullptr);
  EXPECT_EQ(FV_NODE_INVALID, x);
  for (int i = 0; i < 3; ++i) x = fv_relu(graph, x, nullptr);
  EXPECT_EQ(FV_NODE_INVALID, x);
  FAILS(FV_INVALID_ARGUMENT, fv_graph_status(graph, &err), "dense", "units");
}

TEST_F(GraphTest, RefusedInput) {
  auto one = [](std::initializer_list<int64_t> extents) {
    return [extents](fv_graph* g, fv_node) {
      auto d = init<fv_input_desc>();
      d.name = "bad";
      std::copy(extents.begin(), extents.end(), d.shape);
      return fv_input(g, &d);
    };
  };
  refused({3}, one({}), {"input", "'bad'"});
  refused({3}, one({3, -2}), {"input", "'bad'", "-2"});
  refused({3}, one({1, 1, 1, 1, 1, 1, 1, 1}), {"input", "'bad'", "8", "1 to 7"});
  refused({3}, one({int64_t{1} << 40, int64_t{1} << 40}), {"input", "'bad'"});
  refused({3}, [](fv_graph* g, fv_node) { return fv_input(g, nullptr); }, {"input"});
  refused({3},
          [](fv_graph* g, fv_node) { return fv_input(g, DESC(fv_input_desc, .name = "x", .shape = {3})); },
          {"'x'", "taken"});
}

TEST_F(GraphTest, RefusedConv2d) {
  auto conv = [](auto set) {
    return [set](fv_graph* g, fv_node x) {
      auto d = init<fv_conv2d_desc>();
      d.name = "c3";
      d.filters = 8;
      d.kernel[0] = 3;
      set(d);
      return fv_conv2d(g, x, &d);
    };
  };
  using D = fv_conv2d_desc;
  const std::vector<int64_t> in{10, 10, 64};
  refused(in, conv([](D& d) { d.filters = 0; }), {"conv2d", "'c3'", "filters"});
  refused(in, conv([](D& d) { d.filters = -8; }), {"'c3'", "filters", "-8"});
  refused(in, conv([](D& d) { d.kernel[0] = 0; }), {"'c3'", "kernel"});
  refused(in, conv([](D& d) { d.kernel[1] = -3; }), {"'c3'", "kernel", "-3"});
  refused(in, conv([](D& d) { d.strides[0] = -1; }), {"'c3'", "stride", "-1"});
  refused(in, conv([](D& d) { d.dilation[1] = -2; d.dilation[0] = 1; }), {"'c3'", "dilation", "-2"});
  refused(in, conv([](D& d) { d.groups = 5; }), {"'c3'", "64", "5"});
  refused(in, conv([](D& d) { d.groups = 16; }), {"'c3'", "8", "16"});
  refused(in, conv([](D& d) { d.groups = -1; }), {"'c3'", "groups", "-1"});
  refused(in, conv([](D& d) { d.pad[2] = -1; }), {"'c3'", "pad", "-1"});
  refused(in, conv([](D& d) { d.padding = FV_PAD_SAME; d.pad[0] = 1; }), {"'c3'", "pad"});
  refused(in, conv([](D& d) { d.padding = 2; }), {"'c3'", "padding", "2"});
  refused(in, conv([](D& d) { d.activation = FV_ACT_SOFTPLUS + 1; }), {"'c3'", "activation", "16"});
  refused(in, conv([](D& d) { d.algorithm = 77; }), {"'c3'", "algorithm", "77"});
  refused(in, conv([](D& d) { d.kernel[0] = 11; }), {"'c3'", "11", "10"});
  refused(in, conv([](D& d) { d.algorithm = FV_CONV_GEMM; }), {"'c3'", "gemm"});
  refused(in, conv([](D& d) { d.algorithm = FV_CONV_DEPTHWISE; }), {"'c3'", "depthwise"});
  refused(in, conv([](D& d) { d.algorithm = FV_CONV_WINOGRAD; d.strides[0] = 2; }), {"'c3'", "winograd"});
  refused({10}, conv([](D&) {}), {"'c3'", "10"});
  refused({10, 10}, conv([](D&) {}), {"'c3'", "10"});
  refused(in, conv([](D& d) { d.filters = int64_t{1} << 62; }), {"'c3'"});
  refused(in, conv([](D& d) { d.kernel[0] = d.pad[0] = int64_t{1} << 62; }), {"'c3'"});
  refused(in, conv([](D& d) { d.struct_size = 1; }), {"struct_size"});
  refused(in, [](fv_graph* g, fv_node x) { return fv_conv2d(g, x, nullptr); }, {"conv2d"});

  auto initializer = [&](auto set) {
    return conv([set](D& d) {
      static fv_initializer_desc i;
      i = init<fv_initializer_desc>();
      set(i);
      d.kernel_initializer = &i;
    });
  };
  using I = fv_initializer_desc;
  refused(in, initializer([](I& i) { i.kind = 99; }), {"'c3'", "initializer", "99"});
  refused(in, initializer([](I& i) { i.kind = FV_INIT_NORMAL; i.stddev = -1; }), {"'c3'", "stddev", "-1"});
  refused(in, initializer([](I& i) {
            i.kind = FV_INIT_UNIFORM;
            i.low = 2;
            i.high = 1;
          }),
          {"'c3'", "low", "2", "1"});
  refused(in, initializer([](I& i) { i.kind = FV_INIT_HE_NORMAL; i.gain = -2; }), {"'c3'", "gain", "-2"});
  refused(in, initializer([](I& i) { i.kind = FV_INIT_CONSTANT; i.value = NAN; }), {"'c3'", "value"});
  refused(in, conv([](D& d) {
    static fv_regularizer_desc r;
    r = init<fv_regularizer_desc>();
    r.l2 = -0.5;
    d.bias_regularizer = &r;
  }), {"'c3'", "l2", "-0.5"});
}

TEST_F(GraphTest, RefusedDense) {
  auto dense = [](int64_t units) {
    return [units](fv_graph* g, fv_node x) {
      return fv_dense(g, x, DESC(fv_dense_desc, .name = "d", .units = units));
    };
  };
  refused({4, 4, 2}, dense(10), {"dense", "'d'", "4x4x2", "flat"});
  refused({4}, dense(0), {"'d'", "units"});
  refused({4}, dense(-3), {"'d'", "units", "-3"});
  refused({int64_t{1} << 40}, dense(int64_t{1} << 40), {"'d'"});
}

TEST_F(GraphTest, RefusedPooling) {
  auto pool = [](auto set) {
    return [set](fv_graph* g, fv_node x) {
      auto d = init<fv_pool2d_desc>();
      d.name = "p";
      set(d);
      return fv_max_pool2d(g, x, &d);
    };
  };
  using D = fv_pool2d_desc;
  refused({4, 4, 2}, pool([](D& d) { d.size[0] = -2; }), {"max_pool2d", "'p'", "-2"});
  refused({4, 4, 2}, pool([](D& d) { d.size[0] = 5; }), {"'p'", "5", "4"});
  refused({4, 4, 2}, pool([](D& d) { d.strides[0] = -1; }), {"'p'", "stride", "-1"});
  refused({4, 4, 2}, pool([](D& d) { d.pad[0] = 2; }), {"'p'", "2"});
  refused({4, 4, 2}, pool([](D& d) { d.pad[3] = -1; }), {"'p'", "-1"});
  refused({4, 4, 2}, pool([](D& d) { d.padding = FV_PAD_SAME; d.pad[0] = 1; }), {"'p'", "pad"});
  refused({4, 4, 2}, pool([](D& d) { d.padding = 3; }), {"'p'", "padding", "3"});
  refused({4}, pool([](D&) {}), {"'p'", "4"});
  refused({4}, [](fv_graph* g, fv_node x) { return fv_global_average_pool2d(g, x, nullptr); },
          {"global_average_pool2d", "4"});
  refused({4, 4}, [](fv_graph* g, fv_node x) { return fv_average_pool2d(g, x, nullptr); },
          {"average_pool2d", "4x4"});
}

TEST_F(GraphTest, RefusedBatchNormAndDropout) {
  auto norm = [](double momentum, double epsilon) {
    return [=](fv_graph* g, fv_node x) {
      return fv_batch_norm(g, x,
                           DESC(fv_batch_norm_desc, .name = "n", .momentum = momentum, .epsilon = epsilon));
    };
  };
  refused({4}, norm(-0.5, 0), {"batch_norm", "'n'", "momentum", "-0.5"});
  refused({4}, norm(1.5, 0), {"'n'", "momentum", "1.5"});
  refused({4}, norm(0, -1), {"'n'", "epsilon", "-1"});
  refused({4}, norm(NAN, 0), {"'n'", "momentum"});
  auto dropout = [](double rate) {
    return [=](fv_graph* g, fv_node x) {
      return fv_dropout(g, x, DESC(fv_dropout_desc, .name = "d", .rate = rate));
    };
  };
  refused({4}, dropout(1), {"dropout", "'d'", "rate", "1"});
  refused({4}, dropout(-0.1), {"'d'", "rate", "-0.1"});
  refused({4}, dropout(NAN), {"'d'", "rate"});
}

TEST_F(GraphTest, RefusedMerging) {
  auto other = [](fv_graph* g, std::initializer_list<int64_t> extents) {
    auto d = init<fv_input_desc>();
    std::copy(extents.begin(), extents.end(), d.shape);
    return fv_input(g, &d);
  };
  refused({4, 4, 2}, [&](fv_graph* g, fv_node x) {
    return fv_add(g, x, other(g, {4, 4, 3}), DESC(fv_layer_desc, .name = "sum"));
  }, {"add", "'sum'", "4x4x2", "4x4x3"});
  refused({4, 4, 2}, [&](fv_graph* g, fv_node x) {
    const fv_node both[] = {x, other(g, {4, 5, 2})};
    return fv_concat(g, both, 2, DESC(fv_layer_desc, .name = "join"));
  }, {"concat", "'join'", "4x4x2", "4x5x2"});
  refused({4, 4, 2}, [&](fv_graph* g, fv_node x) {
    const fv_node both[] = {x, other(g, {32})};
    return fv_concat(g, both, 2, DESC(fv_layer_desc, .name = "join"));
  }, {"'join'", "32"});
  refused({4}, [](fv_graph* g, fv_node) { return fv_concat(g, nullptr, 0, nullptr); }, {"concat"});
  refused({4}, [](fv_graph* g, fv_node) { return fv_concat(g, nullptr, 2, nullptr); }, {"concat"});
  refused({4}, [](fv_graph* g, fv_node x) { return fv_add(g, x, FV_NODE_INVALID, nullptr); },
          {"add", "INVALID"});
  refused(
      {4},
      [](fv_graph* g, fv_node x) { return fv_pad(g, x, DESC(fv_pad_desc, .name = "pd", .before = {-1})); },
      {"pad", "'pd'", "-1"});
}

TEST_F(GraphTest, RefusedNames) {
  const std::string longest(5000, 'n');
  refused({4},
          [&](fv_graph* g, fv_node x) { return fv_relu(g, x, DESC(fv_layer_desc, .name = longest.c_str())); },
          {"name", "longer"});
  refused({4}, [](fv_graph* g, fv_node x) { return fv_relu(g, x, DESC(fv_layer_desc, .name = "x")); },
          {"relu", "'x'", "taken"});
  for (const char* bad : {"a\xff", "a\xc0\x80", "a\xed\xa0\x80", "cut\xe2\x82", "tab\t"})
    refused({4}, [bad](fv_graph* g, fv_node x) { return fv_relu(g, x, DESC(fv_layer_desc, .name = bad)); },
            {"relu", "UTF-8"});
  refused({4},
          [](fv_graph* g, fv_node x) { return fv_relu(g, x, DESC(fv_layer_desc, .name = "optimizer.m/d")); },
          {"optimizer."});
}

TEST_F(GraphTest, NamesStayWhereTheyAre) {
  Graph g;
  OK(fv_graph_create(context, g.out(), &err));
  fv_node x = fv_input(g, DESC(fv_input_desc, .name = "a \xc3\xa9", .shape = {1}));
  const char* name = fv_graph_node_name(g, x);
  for (int i = 0; i < 1000; ++i) x = fv_relu(g, x, nullptr);
  EXPECT_STREQ("a \xc3\xa9", name);
}

}  // namespace
}  // namespace fovea::test
