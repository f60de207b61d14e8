// Whole networks through the public API: images per second of a training step (SGD with momentum) and of
// inference.
//
//   networks --benchmark_filter='train/resnet20/.*/threads:2'
//
// Rows: train/<network>/batch:<B>/threads:<T> and infer/<network>/batch:<B>/threads:<T>. In front of Google
// Benchmark's options: --nodes, and each is followed by a table of where its time goes, node by node; --tune,
// and the algorithms of each network are tuned before;
// --avx2, and no kernel uses more than that (set OPENBLAS_CORETYPE=Haswell for the products of OpenBLAS).
#include <benchmark/benchmark.h>

#include <hwy/targets.h>
#include <cstdio>
#include <fovea/fovea.hpp>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "checked.h"

namespace {

using fovea::Handle;
using fovea::init;

struct Network {
  const char* name;
  int64_t train_batch;
  std::vector<int64_t> shape;
  int64_t classes;
  std::function<fv_node(fv_graph*)> build;
};

const std::vector<Network>& networks() {
  static const std::vector<Network> all = {
      {"lenet5", 64, {28, 28, 1}, 10, [](fv_graph* g) { return fv_zoo_lenet5(g, nullptr); }},
      {"keras_cnn", 128, {28, 28, 1}, 10, [](fv_graph* g) { return fv_zoo_keras_cnn(g, nullptr); }},
      {"resnet20", 128, {32, 32, 3}, 10, [](fv_graph* g) { return fv_zoo_resnet_cifar(g, 20, nullptr); }},
      {"alexnet", 32, {224, 224, 3}, 1000, [](fv_graph* g) { return fv_zoo_alexnet(g, nullptr); }},
      {"resnet18", 16, {224, 224, 3}, 1000, [](fv_graph* g) { return fv_zoo_resnet(g, 18, nullptr); }},
      {"vgg16", 8, {224, 224, 3}, 1000, [](fv_graph* g) { return fv_zoo_vgg(g, 16, 0, nullptr); }},
      {"resnet50", 16, {224, 224, 3}, 1000, [](fv_graph* g) { return fv_zoo_resnet(g, 50, nullptr); }},
      {"googlenet", 16, {224, 224, 3}, 1000, [](fv_graph* g) { return fv_zoo_googlenet(g, nullptr); }},
      {"mobilenet_v2", 16, {224, 224, 3}, 1000, [](fv_graph* g) { return fv_zoo_mobilenet_v2(g, nullptr); }},
      {"densenet121", 8, {224, 224, 3}, 1000, [](fv_graph* g) { return fv_zoo_densenet121(g, nullptr); }},
  };
  return all;
}

// A model with a batch of noise.
struct Subject {
  Handle<fv_context> context;
  Handle<fv_model> model;
  Handle<fv_trainer> trainer;
  Handle<fv_session> session;
  std::vector<float> images;
  std::vector<int32_t> labels;
  std::vector<float> logits;
  fv_tensor x{}, target{};
  fv_buffer y{};
  fv_error error{};

  Subject(const Network& network, bool train, int64_t batch, int threads, bool tuned) {
    auto options = init<fv_context_desc>();
    options.threads = threads;
    check(fv_context_create(&options, context.out(), &error), error);
    Handle<fv_graph> graph;
    check(fv_graph_create(context, graph.out(), &error), error);
    const fv_node logits_node = network.build(graph);
    check(fv_model_create(graph, &logits_node, 1, nullptr, model.out(), &error), error);
    fill(network, batch);
    if (tuned) {
      auto desc = init<fv_tune_desc>();
      desc.batch_size = static_cast<int32_t>(batch);
      desc.training = train;
      check(fv_model_tune(model, &desc, nullptr, &error), error);
    }
    if (train) {
      auto desc = init<fv_trainer_desc>();
      desc.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY;
      desc.optimizer = FV_OPT_SGD;
      desc.learning_rate = 1e-3;
      desc.momentum = 0.9;
      check(fv_trainer_create(model, &desc, trainer.out(), &error), error);
    } else {
      auto desc = init<fv_session_desc>();
      desc.max_batch = static_cast<int32_t>(batch);
      check(fv_session_create(model, &desc, session.out(), &error), error);
    }
    run();
  }

  void run() {
    if (trainer)
      check(fv_trainer_step(trainer, &x, 1, &target, nullptr, &error), error);
    else
      check(fv_session_run(session, &x, 1, &y, 1, &error), error);
  }

 private:
  void fill(const Network& network, int64_t batch) {
    int64_t elements = batch;
    for (int64_t extent : network.shape) elements *= extent;
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    images.resize(static_cast<size_t>(elements));
    for (float& v : images) v = normal(random);
    labels.resize(static_cast<size_t>(batch));
    for (size_t i = 0; i < labels.size(); ++i)
      labels[i] = static_cast<int32_t>(static_cast<int64_t>(i * 7) % network.classes);
    logits.resize(static_cast<size_t>(batch * network.classes));
    x.data = images.data();
    x.dtype = FV_F32;
    x.rank = 1 + static_cast<int32_t>(network.shape.size());
    x.shape[0] = batch;
    for (size_t i = 0; i < network.shape.size(); ++i) x.shape[i + 1] = network.shape[i];
    target.data = labels.data();
    target.dtype = FV_I32;
    target.rank = 1;
    target.shape[0] = batch;
    y.data = logits.data();
    y.capacity = logits.size() * sizeof(float);
  }
};

// The harness calls a benchmark several times; the subject is made once, and only one is alive.
Subject& subject(const std::string& key, const Network& network, bool train, int64_t batch, int threads,
                 bool tuned) {
  static std::string current;
  static std::unique_ptr<Subject> made;
  if (current != key) {
    made.reset();
    made = std::make_unique<Subject>(network, train, batch, threads, tuned);
    current = key;
  }
  return *made;
}

// Runs a few times more and prints where the time goes.
void print_nodes(Subject& s) {
  Handle<fv_profile> profile;
  fv_error& e = s.error;
  check(s.trainer ? fv_trainer_profile(s.trainer, nullptr, profile.out(), &e)
                  : fv_session_profile(s.session, nullptr, profile.out(), &e),
        e);
  for (int i = 0; i < 3; ++i) s.run();
  size_t size = 0;
  check(fv_profile_table(profile, nullptr, 0, &size, &e), e);
  std::string text(size, '\0');
  check(fv_profile_table(profile, text.data(), size, nullptr, &e), e);
  std::printf("%s\n", text.c_str());
}

struct Options {
  bool nodes = false, tune = false;
};

void add(const Network& network, bool train, int64_t batch, int threads, Options options) {
  const std::string name = std::string(train ? "train/" : "infer/") + network.name +
                           "/batch:" + std::to_string(batch) + "/threads:" + std::to_string(threads);
  benchmark::RegisterBenchmark(name.c_str(),
                               [&network, name, train, batch, threads, options](benchmark::State& state) {
                                 Subject& s = subject(name, network, train, batch, threads, options.tune);
                                 for (auto _ : state) s.run();
                                 state.SetItemsProcessed(state.iterations() * batch);
                                 if (options.nodes) print_nodes(s);
                               })
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (; argc > 1; --argc, argv[1] = argv[0], ++argv) {
    const std::string option = argv[1];
    if (option == "--nodes")
      options.nodes = true;
    else if (option == "--tune")
      options.tune = true;
    else if (option == "--avx2")
      hwy::DisableTargets(HWY_AVX2 - 1);  // better targets are lower bits
    else
      break;
  }
  for (const Network& network : networks())
    for (int threads : {1, 2}) {
      add(network, true, network.train_batch, threads, options);
      add(network, false, 16, threads, options);
      add(network, false, 1, threads, options);
    }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
