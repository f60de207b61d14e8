// What lies around a training step costs: metrics, and the loop with its callbacks.
//
// Rows: update/<metric>/classes:<K> for a batch of 128; share/resnet20/threads:<T>, whose counters are the
// milliseconds of a step (batch 128), of an update of every metric for classes after it, and the percentage;
// loop/resnet20/threads:<T>, whose counters are the microseconds that fit takes for a batch beyond
// fv_trainer_next, with all six callbacks, a rate of the host's and a row of CSV in every step, and that as a
// percentage of a step of ResNet-20. The former is taken on a network of which a step is next to nothing.
#include <benchmark/benchmark.h>

#include <chrono>
#include <filesystem>
#include <fovea/fovea.hpp>
#include <random>
#include <string>
#include <vector>

#include "checked.h"

namespace {

using Clock = std::chrono::steady_clock;
using fovea::Handle;
using fovea::init;

constexpr int64_t kBatch = 128;
constexpr int kBatchesOfAnEpoch = 40;  // ROC-AUC keeps them

std::vector<fv_metric_desc> metrics_for_classes() {
  std::vector<fv_metric_desc> all;
  for (fv_metric kind = FV_METRIC_ACCURACY; kind <= FV_METRIC_CALIBRATION_ERROR; ++kind) {
    all.push_back(init<fv_metric_desc>());
    all.back().metric = kind;
  }
  return all;
}

fv_tensor tensor(const void* data, fv_dtype dtype, std::vector<int64_t> shape) {
  fv_tensor t{};
  t.data = data;
  t.dtype = dtype;
  for (int64_t extent : shape) t.shape[t.rank++] = extent;
  return t;
}

// Metrics with a batch of noise for them.
class Subject {
 public:
  Subject(const std::vector<fv_metric_desc>& set, int64_t classes, int threads)
      : logits_(static_cast<size_t>(kBatch * classes)), labels_(static_cast<size_t>(kBatch)) {
    auto options = init<fv_context_desc>();
    options.threads = threads;
    check(fv_context_create(&options, context.out(), &error), error);
    std::vector<const fv_metric_desc*> pointers;
    for (const fv_metric_desc& d : set) pointers.push_back(&d);
    auto desc = init<fv_metrics_desc>();
    desc.classes = classes;
    desc.metrics = pointers.data();
    desc.metric_count = pointers.size();
    desc.rows = kBatch * kBatchesOfAnEpoch;
    check(fv_metrics_create(context, &desc, metrics_.out(), &error), error);
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    for (float& v : logits_) v = normal(random);
    for (int32_t& v : labels_) v = static_cast<int32_t>(random() % static_cast<uint32_t>(classes));
    x_ = tensor(logits_.data(), FV_F32, {kBatch, classes});
    labels = tensor(labels_.data(), FV_I32, {kBatch});
  }
  void update() {
    if (updates_++ % kBatchesOfAnEpoch == 0) fv_metrics_reset(metrics_);
    check(fv_metrics_update(metrics_, &x_, &labels, nullptr, &error), error);
  }

  Handle<fv_context> context;
  fv_tensor labels{};
  fv_error error{};

 private:
  Handle<fv_metrics> metrics_;
  std::vector<float> logits_;
  std::vector<int32_t> labels_;
  fv_tensor x_{};
  int64_t updates_ = 0;
};

void update(benchmark::State& state, const fv_metric_desc& metric, int64_t classes) {
  Subject subject({metric}, classes, 1);
  for (auto _ : state) subject.update();
}

// A network that is trained by SGD.
struct Network {
  template <class Build>
  Network(fv_context* context, Build&& build) {
    fv_error error{};
    check(fv_graph_create(context, graph.out(), &error), error);
    const fv_node logits = build(graph);
    check(fv_model_create(graph, &logits, 1, nullptr, model.out(), &error), error);
    auto desc = init<fv_trainer_desc>();
    desc.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY;
    desc.optimizer = FV_OPT_SGD;
    desc.learning_rate = 1e-3;
    check(fv_trainer_create(model, &desc, trainer.out(), &error), error);
  }
  Handle<fv_graph> graph;
  Handle<fv_model> model;
  Handle<fv_trainer> trainer;
};

fv_node resnet20(fv_graph* graph) { return fv_zoo_resnet_cifar(graph, 20, nullptr); }

void share(benchmark::State& state, int threads) {
  Subject subject(metrics_for_classes(), 10, threads);
  fv_error& error = subject.error;
  const Network network(subject.context, resnet20);
  const auto& trainer = network.trainer;
  const std::vector<float> images(static_cast<size_t>(kBatch) * 32 * 32 * 3, 0.5f);
  const fv_tensor x = tensor(images.data(), FV_F32, {kBatch, 32, 32, 3});
  check(fv_trainer_step(trainer, &x, 1, &subject.labels, nullptr, &error), error);
  double step = 0, measuring = 0;
  for (auto _ : state) {
    const Clock::time_point begin = Clock::now();
    check(fv_trainer_step(trainer, &x, 1, &subject.labels, nullptr, &error), error);
    const Clock::time_point middle = Clock::now();
    subject.update();
    step += std::chrono::duration<double, std::milli>(middle - begin).count();
    measuring += std::chrono::duration<double, std::milli>(Clock::now() - middle).count();
  }
  const double n = static_cast<double>(state.iterations());
  state.counters["step_ms"] = step / n;
  state.counters["metrics_ms"] = measuring / n;
  state.counters["percent"] = 100 * measuring / step;
}

int32_t do_nothing(void*, fv_trainer*, const fv_progress*) { return 0; }

// An epoch of kBatchesOfAnEpoch batches by fit, or by fv_trainer_next alone; microseconds for a batch.
double epoch(fv_trainer* trainer, const fv_dataset* data, int32_t number, const char* csv) {
  fv_error error{};
  const Clock::time_point begin = Clock::now();
  if (csv == nullptr) {
    for (int i = 0; i < kBatchesOfAnEpoch; ++i) check(fv_trainer_next(trainer, nullptr, &error), error);
  } else {
    auto callbacks = init<fv_callbacks_desc>();
    callbacks.on_train_begin = callbacks.on_train_end = callbacks.on_epoch_begin = do_nothing;
    callbacks.on_epoch_end = callbacks.on_batch_begin = callbacks.on_batch_end = do_nothing;
    const fv_callbacks_desc* const list[] = {&callbacks};
    auto fit = init<fv_fit_desc>();
    fit.epochs = number + 1;
    fit.batch_size = kBatch;
    fit.callbacks = list;
    fit.callback_count = 1;
    fit.rate = [](void*, int64_t, int64_t, double rate) { return rate; };
    fit.csv_path = csv;
    fit.log_steps = 1;
    check(fv_trainer_fit(trainer, data, nullptr, &fit, &error), error);
  }
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count() / kBatchesOfAnEpoch;
}

void loop(benchmark::State& state, int threads) {
  Subject subject({}, 10, threads);
  fv_error& error = subject.error;
  const Network network(subject.context, resnet20);
  const std::vector<float> images(static_cast<size_t>(kBatch) * 32 * 32 * 3, 0.5f);
  const fv_tensor x = tensor(images.data(), FV_F32, {kBatch, 32, 32, 3});
  check(fv_trainer_step(network.trainer, &x, 1, &subject.labels, nullptr, &error), error);
  const auto tiny = [](fv_graph* graph) {
    auto input = init<fv_input_desc>();
    input.shape[0] = 1;
    auto dense = init<fv_dense_desc>();
    dense.units = 2;
    return fv_dense(graph, fv_input(graph, &input), &dense);
  };
  constexpr int64_t kSamples = kBatch * kBatchesOfAnEpoch;
  const std::vector<float> samples(kSamples, 0.5f);
  const std::vector<int32_t> classes(kSamples, 1);
  auto memory = init<fv_memory_dataset_desc>();
  memory.samples = tensor(samples.data(), FV_F32, {kSamples, 1});
  memory.labels = tensor(classes.data(), FV_I32, {kSamples});
  Handle<fv_dataset> data;
  check(fv_dataset_from_memory(subject.context, &memory, data.out(), &error), error);
  const Network looped(subject.context, tiny), bare(subject.context, tiny);
  auto feed = init<fv_feed_desc>();
  feed.batch_size = kBatch;
  check(fv_trainer_feed(bare.trainer, data, &feed, &error), error);
  const std::string csv = (std::filesystem::temp_directory_path() / "fovea_bench_loop.csv").string();
  double step = 0, with = 0, without = 0;
  int32_t number = 0;
  for (auto _ : state) {
    const Clock::time_point begin = Clock::now();
    check(fv_trainer_step(network.trainer, &x, 1, &subject.labels, nullptr, &error), error);
    step += std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
    std::filesystem::remove(csv);  // fit looks through what is there
    with += epoch(looped.trainer, data, number++, csv.c_str());
    without += epoch(bare.trainer, data, 0, nullptr);
  }
  std::filesystem::remove(csv);
  const double n = static_cast<double>(state.iterations());
  state.counters["step_ms"] = step / n / 1000;
  state.counters["next_us"] = without / n;
  state.counters["loop_us"] = (with - without) / n;
  state.counters["percent"] = 100 * (with - without) / step;
}

}  // namespace

int main(int argc, char** argv) {
  for (const fv_metric_desc& metric : metrics_for_classes())
    for (const int64_t classes : {10, 1000}) {
      char name[32];
      fv_error error{};
      check(fv_metric_name(&metric, name, sizeof name, nullptr, &error), error);
      const std::string row = std::string("update/") + name + "/classes:" + std::to_string(classes);
      benchmark::RegisterBenchmark(row.c_str(), update, metric, classes)->Unit(benchmark::kMicrosecond);
    }
  for (const int threads : {1, 2}) {
    const std::string row = "share/resnet20/threads:" + std::to_string(threads);
    benchmark::RegisterBenchmark(row.c_str(), share, threads)->UseRealTime()->Unit(benchmark::kMillisecond);
    const std::string around = "loop/resnet20/threads:" + std::to_string(threads);
    benchmark::RegisterBenchmark(around.c_str(), loop, threads)->UseRealTime()->Unit(benchmark::kMillisecond);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
