// Layers of the host's own through the public API: gradients, bits, files, failures, and who drops what.
#include <cmath>
#include <limits>

#include "custom_types.h"

namespace fovea::test {
namespace {

class CustomTest : public ::testing::Test {
 protected:
  CustomTest() : x(noise(8 * 12)), y(labels(8, 3)), in(tensor(x, {8, 12})), target(tensor(y, {8})) {}
  void SetUp() override { OK(fv_context_create(DESC(fv_context_desc, .threads = 2), context.out(), &err)); }

  void add_types(fv_context* to) {
    const fv_custom_layer_desc g = gate(&host), r = relu(&host);
    OK(fv_context_register_layer(to, &g, &err));
    OK(fv_context_register_layer(to, &r, &err));
  }
  // Dense layers, and a gate between two of them.
  Model gated(fv_context* of, fv_dtype dtype = FV_F32) {
    Graph graph;
    Model model;
    EXPECT_EQ(FV_OK, fv_graph_create(of, graph.out(), &err)) << err.message;
    const fv_node image = fv_input(graph, DESC(fv_input_desc, .name = "x", .shape = {12}));
    const fv_node both[] = {fv_dense(graph, image, DESC(fv_dense_desc, .name = "a", .units = 16)),
                            fv_dense(graph, image, DESC(fv_dense_desc, .name = "b", .units = 16))};
    const fv_node h = fv_custom(graph, both, 2,
                                DESC(fv_custom_desc, .name = "gate", .type = "acme.gate",
                                     .attributes = "\0k=\xff", .attributes_size = 5));
    const fv_node out = fv_dense(graph, h, DESC(fv_dense_desc, .name = "logits", .units = 3));
    EXPECT_EQ(FV_OK, fv_model_create(graph, &out, 1, DESC(fv_model_desc, .dtype = dtype, .seed = 2),
                                     model.out(), &err))
        << err.message;
    return model;
  }
  Trainer entropy(fv_model* model) { return make_trainer(model, FV_OPT_ADAM); }
  std::vector<float> logits(fv_model* model) {
    Session session;
    std::vector<float> out(24);
    fv_buffer b = buffer(out);
    EXPECT_EQ(FV_OK, fv_session_create(model, DESC(fv_session_desc, .max_batch = 3), session.out(), &err));
    EXPECT_EQ(FV_OK, fv_session_run(session, &in, 1, &b, 1, &err)) << err.message;
    return out;
  }
  std::vector<double> read(fv_model* model, const std::string& name) {
    std::vector<double> values(1024);
    fv_buffer b = buffer(values);
    EXPECT_EQ(FV_OK, fv_model_get_tensor(model, name.c_str(), &b, &err)) << err.message;
    size_t n = 1;
    for (int i = 0; i < b.rank; ++i) n *= static_cast<size_t>(b.shape[i]);
    values.resize(n);
    return values;
  }

  CustomHost host;  // outlives the context
  std::vector<float> x;
  std::vector<int32_t> y;
  fv_tensor in, target;
  fv_error err{};
  Context context;
};

// Every parameter of the gate and of what lies in front of it, in double precision: the host's callbacks see
// the model's element type.
TEST_F(CustomTest, GradientsMatchCentralDifferences) {
  add_types(context);
  Model model = gated(context, FV_F64);
  Trainer trainer;
  OK(fv_trainer_create(model, DESC(fv_trainer_desc, .loss = FV_LOSS_HOST_GRADIENT, .optimizer = FV_OPT_SGD),
                       trainer.out(), &err));
  std::vector<double> r(24), out(24);
  for (size_t i = 0; i < r.size(); ++i) r[i] = static_cast<double>(noise(24, 7)[i]);
  const auto value = [&] {  // sum r . output
    fv_buffer b = buffer(out);
    EXPECT_EQ(FV_OK, fv_trainer_forward(trainer, &in, 1, &b, 1, &err)) << err.message;
    double sum = 0;
    for (size_t i = 0; i < 24; ++i) sum += r[i] * out[i];
    return sum;
  };
  value();
  const fv_tensor dy = tensor(r, {8, 3});
  OK(fv_trainer_backward_from(trainer, &dy, 1, &err));
  std::vector<std::pair<std::string, std::vector<double>>> found;
  for (const char* name : {"gate.weight", "gate.shift", "a.kernel", "b.kernel", "a.bias"}) {
    std::vector<double> g(read(model, name).size());
    fv_buffer b = buffer(g);
    OK(fv_trainer_get_gradient(trainer, name, &b, &err));
    found.emplace_back(name, g);
  }
  for (const auto& [name, gradient] : found) {
    std::vector<double> w = read(model, name);
    auto info = fv_tensor{};
    info.data = w.data();
    info.dtype = FV_F64;
    info.rank = name == "a.kernel" || name == "b.kernel" ? 2 : 1;
    info.shape[0] = info.rank == 2 ? 12 : 16;
    info.shape[1] = info.rank == 2 ? 16 : 0;
    double difference = 0, size = 0;
    for (size_t i = 0; i < w.size(); ++i) {
      const double h = 6e-6 * std::fmax(1.0, std::fabs(w[i])), kept = w[i];
      double ends[2];
      for (const int side : {0, 1}) {
        w[i] = side == 0 ? kept + h : kept - h;
        OK(fv_model_set_tensor(model, name.c_str(), &info, &err));
        ends[side] = value();
      }
      w[i] = kept;
      OK(fv_model_set_tensor(model, name.c_str(), &info, &err));
      difference += std::pow((ends[0] - ends[1]) / (2 * h) - gradient[i], 2);
      size += gradient[i] * gradient[i];
    }
    ASSERT_GT(size, 0) << name;
    EXPECT_LT(std::sqrt(difference / size), 1e-7) << name;
  }
}

// A layer of the host's with the arithmetic of the library's gives the same bits, trained and at inference.
TEST_F(CustomTest, SameBitsAsTheLibrarysLayer) {
  add_types(context);
  std::vector<std::vector<double>> after;
  std::vector<std::vector<float>> results;
  for (const bool own : {false, true}) {
    Graph graph;
    Model model;
    OK(fv_graph_create(context, graph.out(), &err));
    const fv_node image = fv_input(graph, DESC(fv_input_desc, .name = "x", .shape = {12}));
    fv_node h = fv_dense(graph, image, DESC(fv_dense_desc, .units = 16));
    h = own ? fv_relu(graph, h, nullptr) : fv_custom(graph, &h, 1, DESC(fv_custom_desc, .type = "acme.relu"));
    const fv_node out =
        fv_dense(graph, h,
                 DESC(fv_dense_desc, .units = 3,
                      .kernel_initializer = DESC(fv_initializer_desc, .kind = FV_INIT_HE_NORMAL)));
    OK(fv_graph_status(graph, &err));
    EXPECT_STREQ(own ? "relu_1" : "acme.relu_1", fv_graph_node_name(graph, h));
    OK(fv_model_create(graph, &out, 1,
                       DESC(fv_model_desc, .seed = 2,
                            .kernel_initializer = DESC(fv_initializer_desc, .kind = FV_INIT_HE_NORMAL)),
                       model.out(), &err));
    Trainer trainer = entropy(model);
    for (int i = 0; i < 5; ++i) OK(fv_trainer_step(trainer, &in, 1, &target, nullptr, &err));
    after.push_back(weights(model));
    results.push_back(logits(model));
  }
  EXPECT_EQ(after[0], after[1]);
  EXPECT_EQ(results[0], results[1]);
}

TEST_F(CustomTest, SameBitsForAnyNumberOfThreads) {
  std::vector<std::vector<double>> after;
  for (const int32_t threads : {1, 2, 4}) {
    Context of;
    OK(fv_context_create(DESC(fv_context_desc, .threads = threads), of.out(), &err));
    add_types(of);
    Model model = gated(of);
    Trainer trainer = entropy(model);
    for (int i = 0; i < 5; ++i) OK(fv_trainer_step(trainer, &in, 1, &target, nullptr, &err));
    after.push_back(weights(model));
  }
  EXPECT_EQ(after[0], after[1]);
  EXPECT_EQ(after[0], after[2]);
}

TEST_F(CustomTest, InitialisersAndSummary) {
  add_types(context);
  Model model = gated(context);
  for (double w : read(model, "gate.weight")) EXPECT_EQ(1, w);  // automatic, of a scale
  double squares = 0;
  for (double w : read(model, "gate.shift")) squares += w * w;
  EXPECT_GT(squares, 0.5);
  EXPECT_LT(squares, 16);
  std::string text(4096, '\0');
  OK(fv_model_summary(model, 4, text.data(), text.size(), nullptr, &err));
  EXPECT_NE(std::string::npos, text.find("acme.gate")) << text;
}

// ---- files --------------------------------------------------------------------------------------------

TEST_F(CustomTest, FilesHoldTypeAndAttributes) {
  add_types(context);
  Model model = gated(context);
  Trainer trainer = entropy(model), resumed;
  for (int i = 0; i < 3; ++i) OK(fv_trainer_step(trainer, &in, 1, &target, nullptr, &err));
  const Folder folder;
  const std::string path = folder / "m.fovea";
  OK(fv_trainer_save(trainer, path.c_str(), &err));
  EXPECT_EQ(std::string("\0k=\xff", 5), host.attributes);

  Context other;
  OK(fv_context_create(DESC(fv_context_desc, .threads = 1), other.out(), &err));
  Model loaded;
  FAILS(FV_NOT_FOUND, fv_model_load(other, path.c_str(), loaded.out(), &err), "'acme.gate'", "'gate'",
        "not registered", "m.fovea");
  FAILS(FV_NOT_FOUND, fv_trainer_load(other, path.c_str(), resumed.out(), &err), "'acme.gate'");
  add_types(other);
  host.attributes.clear();
  OK(fv_model_load(other, path.c_str(), loaded.out(), &err));
  EXPECT_EQ(logits(model), logits(loaded));
  EXPECT_EQ(std::string("\0k=\xff", 5), host.attributes);
  OK(fv_trainer_load(other, path.c_str(), resumed.out(), &err));
  double a = 0, b = 0;
  OK(fv_trainer_step(trainer, &in, 1, &target, &a, &err));
  OK(fv_trainer_step(resumed, &in, 1, &target, &b, &err));
  EXPECT_EQ(a, b);
  EXPECT_EQ(weights(model), weights(fv_trainer_model(resumed)));
}

// A type whose shape callback now says something else than when the file was written.
TEST_F(CustomTest, FilesOfAnotherShapeAreRefused) {
  add_types(context);
  Model model = gated(context);
  const Folder folder;
  const std::string path = folder / "m.fovea";
  OK(fv_model_save(model, path.c_str(), &err));
  Model loaded;
  host.units = 17;
  FAILS(FV_FORMAT, fv_model_load(context, path.c_str(), loaded.out(), &err), "'gate.weight'", "16", "17");
  host.units = -1;
  FAILS(FV_FORMAT, fv_model_load(context, path.c_str(), loaded.out(), &err), "'gate'", "weight", "-1");
  const auto refuse = [&](fv_custom_shape_fn shape, fv_status code,
                          std::initializer_list<const char*> words) {
    Context other;
    fv_custom_layer_desc d = gate(&host);
    d.shape = shape;
    OK(fv_context_create(nullptr, other.out(), &err));
    OK(fv_context_register_layer(other, &d, &err));
    const fv_status status = fv_model_load(other, path.c_str(), loaded.out(), &err);
    EXPECT_TRUE(failed(status, code, err, words));
  };
  refuse([](void*, fv_custom_shape*, fv_error*) { return fv_status{FV_OK}; }, FV_FORMAT, {"8 tensors", "6"});
  refuse(nullptr, FV_FORMAT, {"'gate'", "expects 1 input"});
  refuse([](void*, fv_custom_shape*, fv_error* e) { return say(e, FV_INVALID_ARGUMENT, "too old"); },
         FV_FORMAT, {"'gate'", "too old"});
  refuse([](void*, fv_custom_shape*, fv_error* e) { return say(e, FV_OUT_OF_MEMORY, "none left"); },
         FV_OUT_OF_MEMORY, {"'gate'", "none left"});
}

// ---- failures -----------------------------------------------------------------------------------------

TEST_F(CustomTest, AFailedStepLeavesTheTrainerAsItWas) {
  add_types(context);
  Model model = gated(context), calm = gated(context);
  Trainer trainer = entropy(model), other = entropy(calm);
  const auto step = [&](fv_trainer* t) { return fv_trainer_step(t, &in, 1, &target, nullptr, &err); };
  OK(step(trainer));
  OK(step(other));
  const std::vector<double> before = weights(model);
  host.fail_forward = FV_IO;
  FAILS(FV_IO, step(trainer), "acme.gate 'gate'", "forward", "FV_IO", "the gate is stuck");
  host.fail_forward = 4711;
  FAILS(FV_INTERNAL, step(trainer), "acme.gate 'gate'", "no status");
  host.fail_forward = FV_OK;
  host.fail_backward = FV_CANCELLED;
  FAILS(FV_CANCELLED, step(trainer), "acme.gate 'gate'", "backward");
  host.fail_backward = FV_OK;
  EXPECT_EQ(nullptr, fv_trainer_gradient_block(trainer, nullptr));
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_apply(trainer, &err), "no gradients");
  EXPECT_EQ(before, weights(model));
  OK(step(trainer));
  OK(step(other));
  EXPECT_EQ(weights(calm), weights(model)) << "a failure left a trace";
}

TEST_F(CustomTest, AFailedRunLeavesTheSessionUsable) {
  add_types(context);
  Model model = gated(context);
  Session session;
  std::vector<float> out(24);
  fv_buffer b = buffer(out);
  OK(fv_session_create(model, DESC(fv_session_desc, .max_batch = 3), session.out(), &err));
  host.fail_forward = FV_UNSUPPORTED;
  FAILS(FV_UNSUPPORTED, fv_session_run(session, &in, 1, &b, 1, &err), "acme.gate 'gate'");
  EXPECT_EQ(0, b.rank);
  host.fail_forward = FV_OK;
  OK(fv_session_run(session, &in, 1, &b, 1, &err));
  EXPECT_EQ(logits(model), out);
}

// A fit that a callback ends goes on where it stood.
TEST_F(CustomTest, AFailedFitGoesOn) {
  add_types(context);
  Model model = gated(context), calm = gated(context);
  Trainer trainer = entropy(model), other = entropy(calm);
  Dataset data;
  OK(fv_dataset_from_memory(context,
                            DESC(fv_memory_dataset_desc, .classes = 3, .samples = in, .labels = target),
                            data.out(), &err));
  const auto fit = [&](fv_trainer* t) {
    return fv_trainer_fit(t, data, nullptr, DESC(fv_fit_desc, .epochs = 3, .batch_size = 3), &err);
  };
  host.fail_backward = FV_IO;
  FAILS(FV_IO, fit(trainer), "acme.gate 'gate'");
  host.fail_backward = FV_OK;
  OK(fit(trainer));
  OK(fit(other));
  EXPECT_EQ(weights(calm), weights(model));
}

// The same number in both passes of a step, another in the next; none at inference.
TEST_F(CustomTest, RandomNumbersBelongToTheStep) {
  CustomHost watcher;
  auto d = init<fv_custom_layer_desc>();
  d.type = "acme.watch";
  d.user = &watcher;
  d.forward = d.backward = [](void* user, const fv_custom_pass* p, fv_error*) {
    static_cast<CustomHost*>(user)->random.push_back(p->random);
    return fv_status{FV_OK};
  };
  OK(fv_context_register_layer(context, &d, &err));
  Graph graph;
  Model model;
  OK(fv_graph_create(context, graph.out(), &err));
  fv_node n = fv_input(graph, DESC(fv_input_desc, .name = "x", .shape = {12}));
  n = fv_dense(graph, n, DESC(fv_dense_desc, .units = 3));
  n = fv_custom(graph, &n, 1, DESC(fv_custom_desc, .type = "acme.watch"));
  OK(fv_model_create(graph, &n, 1, nullptr, model.out(), &err));
  Trainer trainer = entropy(model);
  for (int i = 0; i < 2; ++i) OK(fv_trainer_step(trainer, &in, 1, &target, nullptr, &err));
  // Neither pass writes anything: outputs and gradients are zero, not what memory held.
  for (float v : logits(model)) EXPECT_EQ(0, v);
  const std::vector<uint64_t>& r = watcher.random;
  ASSERT_EQ(7u, r.size());
  EXPECT_EQ(r[0], r[1]);
  EXPECT_EQ(r[2], r[3]);
  EXPECT_NE(r[0], r[2]);
  EXPECT_EQ(0u, r[4]);
}

// ---- refusals -----------------------------------------------------------------------------------------

TEST_F(CustomTest, NodesThatMakeNoSense) {
  add_types(context);
  const std::vector<char> blob(65537);
  const auto refused = [&](size_t inputs, const fv_custom_desc* desc, fv_status code,
                           std::initializer_list<const char*> words) {
    Graph graph;
    OK(fv_graph_create(context, graph.out(), &err));
    const fv_node image = fv_input(graph, DESC(fv_input_desc, .shape = {4, 4, 2}));
    const std::vector<fv_node> all(20, image);
    EXPECT_EQ(FV_NODE_INVALID, fv_custom(graph, all.data(), inputs, desc));
    const fv_status status = fv_graph_status(graph, &err);
    EXPECT_TRUE(failed(status, code, err, words));
  };
  refused(1, nullptr, FV_INVALID_ARGUMENT, {"custom", "desc is NULL"});
  refused(1, DESC(fv_custom_desc, .name = "n"), FV_INVALID_ARGUMENT, {"'n'", "type is NULL"});
  refused(1, DESC(fv_custom_desc, .name = "n", .type = "acme.none"), FV_NOT_FOUND,
          {"'n'", "'acme.none'", "not registered"});
  refused(0, DESC(fv_custom_desc, .type = "acme.gate"), FV_INVALID_ARGUMENT, {"0 inputs", "1 to 16"});
  refused(18, DESC(fv_custom_desc, .type = "acme.gate"), FV_INVALID_ARGUMENT, {"17 inputs", "1 to 16"});
  refused(1, DESC(fv_custom_desc, .name = "n", .type = "acme.gate"), FV_INVALID_ARGUMENT,
          {"acme.gate 'n'", "a gate has two inputs"});
  refused(2, DESC(fv_custom_desc, .name = "n", .type = "acme.relu"), FV_INVALID_ARGUMENT,
          {"acme.relu 'n'", "expects 1 input"});
  refused(
      2, DESC(fv_custom_desc, .type = "acme.gate", .attributes = blob.data(), .attributes_size = blob.size()),
      FV_INVALID_ARGUMENT, {"65537 bytes", "65536"});
  refused(2, DESC(fv_custom_desc, .type = "acme.gate", .attributes_size = 4), FV_INVALID_ARGUMENT,
          {"attributes is NULL"});
}

TEST_F(CustomTest, ShapesThatMakeNoSense) {
  int count = 0;
  const auto refused = [&](fv_custom_shape_fn shape, std::initializer_list<const char*> words) {
    const std::string type = "acme.shape" + std::to_string(++count);
    fv_custom_layer_desc d = relu(&host);
    d.type = type.c_str();
    d.shape = shape;
    OK(fv_context_register_layer(context, &d, &err));
    Graph graph;
    OK(fv_graph_create(context, graph.out(), &err));
    const fv_node image = fv_input(graph, DESC(fv_input_desc, .shape = {4, 4, 2}));
    EXPECT_EQ(FV_NODE_INVALID,
              fv_custom(graph, &image, 1, DESC(fv_custom_desc, .name = "n", .type = type.c_str())));
    const fv_status status = fv_graph_status(graph, &err);
    EXPECT_TRUE(failed(status, FV_INVALID_ARGUMENT, err, words));
  };
#define SHAPE(...)                           \
  [](void*, fv_custom_shape* s, fv_error*) { \
    __VA_ARGS__;                             \
    return fv_status{FV_OK};                 \
  }
#define ADD(...) fv_custom_add_parameter(s, DESC(fv_custom_parameter_desc, __VA_ARGS__))
  refused(SHAPE(s->rank = 0), {"acme.shape1 'n'", "rank 0"});
  refused(SHAPE(s->rank = 9), {"rank 9"});
  refused(SHAPE(s->shape[1] = -4), {"-4"});
  refused(SHAPE(s->shape[0] = s->shape[1] = int64_t{1} << 40), {"1099511627776", "too large"});
  refused(SHAPE(s->saved = -1), {"-1"});
  refused(SHAPE(s->scratch_per_sample = INT64_MAX), {"9223372036854775807"});
  refused(SHAPE(fv_custom_add_parameter(s, nullptr)), {"desc is NULL"});
  refused(SHAPE(ADD(.shape = {2})), {"name is NULL"});
  refused(SHAPE(ADD(.name = "a.b", .shape = {2})), {"'a.b'", "letters"});
  refused(SHAPE(ADD(.name = "w")), {"'w'", "no shape"});
  refused(SHAPE(ADD(.name = "w", .shape = {2, -2})), {"'w'", "-2"});
  refused(SHAPE(ADD(.role = 9, .name = "w", .shape = {2})), {"'w'", "role 9"});
  refused(SHAPE(ADD(.name = "w", .shape = {2}, .fan_in = 3)), {"'w'", "fans of 3 and 0"});
  refused(SHAPE(ADD(.name = "w", .shape = {2}, .initializer = DESC(fv_initializer_desc, .kind = 99))),
          {"99"});
  refused(SHAPE(ADD(.name = "w", .shape = {2}); ADD(.name = "w", .shape = {3})), {"two parameters 'w'"});
  refused(SHAPE(for (char c = 'a'; c < 'a' + 17; ++c) ADD(.name = std::string(1, c).c_str(), .shape = {1})),
          {"more than 16"});
#undef ADD
#undef SHAPE
  EXPECT_EQ(0, host.drops);
  fv_custom_add_parameter(nullptr, nullptr);
}

TEST_F(CustomTest, RegistrationsThatMakeNoSense) {
  int drops = 0;
  const auto refused = [&](auto change, std::initializer_list<const char*> words, fv_context* to,
                           fv_status code = FV_INVALID_ARGUMENT) {
    fv_custom_layer_desc d = gate(&host);
    change(d);
    const fv_status status = fv_context_register_layer(to, &d, &err);
    EXPECT_TRUE(failed(status, code, err, words));
    EXPECT_EQ(++drops, host.drops) << "drop was not called exactly once";
  };
  using Desc = fv_custom_layer_desc;
  refused([](Desc&) {}, {"context is NULL"}, nullptr);
  refused([](Desc& d) { d.type = nullptr; }, {"type is NULL"}, context);
  const std::string endless = "a." + std::string(63, 'b');
  for (const char* name : {"", "relu", "acme gate", "acme.g\xc3\xa4te", endless.c_str()})
    refused([&](Desc& d) { d.type = name; }, {"type is", "at least one '.'"}, context);
  refused([](Desc& d) { d.forward = nullptr; }, {"forward is NULL"}, context);
  refused([](Desc& d) { d.backward = nullptr; }, {"backward is NULL"}, context);
  struct Longer {
    Desc desc;
    int64_t more;
  } longer{gate(&host), 1};
  longer.desc.struct_size = sizeof longer;
  FAILS(FV_UNSUPPORTED, fv_context_register_layer(context, &longer.desc, &err), "does not know");
  EXPECT_EQ(++drops, host.drops);
  add_types(context);
  refused([](Desc&) {}, {"'acme.gate'", "registered already"}, context);
  FAILS(FV_INVALID_ARGUMENT, fv_context_register_layer(context, nullptr, &err), "desc is NULL");
}

TEST_F(CustomTest, DropComesWithTheLastThatNeedsIt) {
  add_types(context);
  Model model = gated(context);
  Session session;
  OK(fv_session_create(model, nullptr, session.out(), &err));
  Trainer trainer = entropy(model);
  context.reset();
  model.reset();
  session.reset();
  EXPECT_EQ(0, host.drops);
  OK(fv_trainer_step(trainer, &in, 1, &target, nullptr, &err));
  trainer.reset();
  EXPECT_EQ(2, host.drops) << "the gate and the relu, once each";
}

// The host's floating-point mode is neither seen by the callback nor kept from it afterwards.
TEST_F(CustomTest, CallbacksRunInTheLibrarysMode) {
  static double tiny = 0;
  fv_custom_layer_desc d = relu(&host);
  d.type = "acme.mode";
  d.forward = [](void* user, const fv_custom_pass* p, fv_error* e) {
    volatile double least = std::numeric_limits<double>::min();
    tiny = least / 2;
    return relu_forward(user, p, e);
  };
  OK(fv_context_register_layer(context, &d, &err));
  Graph graph;
  Model model;
  OK(fv_graph_create(context, graph.out(), &err));
  fv_node n = fv_input(graph, DESC(fv_input_desc, .name = "x", .shape = {12}));
  n = fv_custom(graph, &n, 1, DESC(fv_custom_desc, .type = "acme.mode"));
  n = fv_dense(graph, n, DESC(fv_dense_desc, .units = 3));
  OK(fv_model_create(graph, &n, 1, nullptr, model.out(), &err));
  tiny = 1;
  logits(model);
  EXPECT_EQ(0, tiny) << "denormals are flushed to zero";
}

}  // namespace
}  // namespace fovea::test
