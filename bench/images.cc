// What it takes to feed a network with photographs, through the public API.
//
// Rows: transform/resnet/workers:<W>/threads:<T>: the training transform of ResNet (short side 256 to 480,
// window of 224, mirrored or not, normalised to f32) on JPEG files, images a second, where FOVEA_IMAGES names
// a folder of class folders with them; and idle/resnet20/workers:<W>: a training of ResNet-20 on images of
// 32 x 32 (crop with padding, mirrored or not), batch 128, whose counter is the share of a step in percent
// that it waits for its batch.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <fovea/fovea.hpp>
#include <string>
#include <vector>

#include "checked.h"

namespace {

using fovea::Handle;
using fovea::init;

fv_augment_desc step_of(fv_augment_step step, int64_t size = 0) {
  auto desc = init<fv_augment_desc>();
  desc.step = step;
  desc.size[0] = desc.size[1] = size;
  return desc;
}

struct Feed {
  Handle<fv_context> context;
  Handle<fv_dataset> images, augmented;
  fv_error error{};

  explicit Feed(int threads) {
    auto options = init<fv_context_desc>();
    options.threads = threads;
    check(fv_context_create(&options, context.out(), &error), error);
  }
  // The files of FOVEA_IMAGES.
  void open_files() {
    auto desc = init<fv_image_files_desc>();
    desc.headers_only = 1;
    check(fv_dataset_open_folder(context, std::getenv("FOVEA_IMAGES"), &desc, images.out(), &error), error);
  }
  void make_noise(int64_t count) {
    std::vector<uint8_t> pixels(static_cast<size_t>(count) * 32 * 32 * 3);
    std::vector<int32_t> labels(static_cast<size_t>(count));
    uint32_t state = 1;
    for (uint8_t& p : pixels) p = static_cast<uint8_t>((state = state * 1664525u + 1013904223u) >> 24);
    for (size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<int32_t>(i % 10);
    auto desc = init<fv_memory_dataset_desc>();
    desc.samples = {pixels.data(), FV_U8, 4, {count, 32, 32, 3}};
    desc.labels = {labels.data(), FV_I32, 1, {count}};
    check(fv_dataset_from_memory(context, &desc, images.out(), &error), error);
  }
  void augment(const fv_augment_desc& first, const fv_augment_desc& second) {
    const fv_augment_desc* const steps[] = {&first, &second};
    Handle<fv_augmentation> augmentation;
    check(fv_augmentation_create(context, steps, 2, nullptr, augmentation.out(), &error), error);
    check(fv_dataset_augment(images, augmentation, augmented.out(), &error), error);
  }
};

void transform(benchmark::State& state, int threads, int workers) {
  Feed photos(threads);
  photos.open_files();
  photos.augment(step_of(FV_AUGMENT_SCALE_CROP, 224), step_of(FV_AUGMENT_HORIZONTAL_FLIP));
  const double mean[] = {0.485, 0.456, 0.406}, deviation[] = {0.229, 0.224, 0.225};
  auto values = init<fv_transform_desc>();
  values.channels = 3;
  values.scale = 1.0 / 255;
  values.mean = mean;
  values.stddev = deviation;
  // The normalisation is the model's; a model of one input does no more than that.
  fv_error& error = photos.error;
  Handle<fv_graph> graph;
  check(fv_graph_create(photos.context, graph.out(), &error), error);
  auto input = init<fv_input_desc>();
  input.shape[0] = input.shape[1] = 224;
  input.shape[2] = 3;
  const fv_node x = fv_global_average_pool2d(graph, fv_input(graph, &input), nullptr);
  auto desc = init<fv_model_desc>();
  desc.transform = &values;
  Handle<fv_model> model;
  check(fv_model_create(graph, &x, 1, &desc, model.out(), &error), error);
  auto how = init<fv_loader_desc>();
  how.batch_size = 16;
  how.workers = workers;
  Handle<fv_loader> loader;
  check(fv_loader_create(photos.context, photos.augmented, &how, loader.out(), &error), error);
  auto session_desc = init<fv_session_desc>();
  session_desc.max_batch = 16;
  Handle<fv_session> session;
  check(fv_session_create(model, &session_desc, session.out(), &error), error);
  float means[16 * 3];
  int64_t images = 0;
  for (auto _ : state) {
    auto batch = init<fv_loaded_batch>();
    check(fv_loader_next(loader, &batch, &error), error);
    fv_buffer out{};
    out.data = means;
    out.capacity = sizeof means;
    check(fv_session_run(session, &batch.input, 1, &out, 1, &error), error);
    images += batch.count;
  }
  state.SetItemsProcessed(images);
}

void idle(benchmark::State& state, int workers) {
  Feed noise(2);
  noise.make_noise(2048);
  fv_augment_desc crop = step_of(FV_AUGMENT_CROP, 32);
  crop.padding = 4;
  noise.augment(crop, step_of(FV_AUGMENT_HORIZONTAL_FLIP));
  fv_error& error = noise.error;
  Handle<fv_graph> graph;
  check(fv_graph_create(noise.context, graph.out(), &error), error);
  const fv_node logits = fv_zoo_resnet_cifar(graph, 20, nullptr);
  Handle<fv_model> model;
  check(fv_model_create(graph, &logits, 1, nullptr, model.out(), &error), error);
  Handle<fv_trainer> trainer;
  auto training = init<fv_trainer_desc>();
  training.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY;
  training.optimizer = FV_OPT_SGD;
  check(fv_trainer_create(model, &training, trainer.out(), &error), error);
  auto feed = init<fv_feed_desc>();
  feed.batch_size = 128;
  feed.drop_last = 1;
  feed.workers = workers;
  check(fv_trainer_feed(trainer, noise.augmented, &feed, &error), error);
  for (int i = 0; i < 3; ++i) check(fv_trainer_next(trainer, nullptr, &error), error);
  Handle<fv_profile> profile;
  check(fv_trainer_profile(trainer, nullptr, profile.out(), &error), error);
  int64_t images = 0;
  for (auto _ : state) {
    check(fv_trainer_next(trainer, nullptr, &error), error);
    images += feed.batch_size;
  }
  state.SetItemsProcessed(images);
  std::vector<fv_profile_row> rows(4096);
  size_t count = 0;
  check(fv_profile_rows(profile, rows.data(), rows.size(), &count, &error), error);
  double waited = 0, all = 0;
  for (size_t i = 0; i < count; ++i) {
    all += rows[i].seconds;
    if (std::strcmp(rows[i].name, "(input)") == 0) waited += rows[i].seconds;
  }
  state.counters["idle_percent"] = 100 * waited / all;
}

}  // namespace

int main(int argc, char** argv) {
  if (std::getenv("FOVEA_IMAGES") != nullptr) {
    benchmark::RegisterBenchmark("transform/resnet/workers:0/threads:1", transform, 1, 0)->UseRealTime();
    benchmark::RegisterBenchmark("transform/resnet/workers:2/threads:1", transform, 1, 2)->UseRealTime();
    benchmark::RegisterBenchmark("transform/resnet/workers:0/threads:2", transform, 2, 0)->UseRealTime();
  }
  for (const int workers : {0, 1, 2})
    benchmark::RegisterBenchmark(("idle/resnet20/workers:" + std::to_string(workers)).c_str(), idle, workers)
        ->UseRealTime();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
