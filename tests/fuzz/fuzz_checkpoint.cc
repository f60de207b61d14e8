#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "fuzz/fuzz.h"
#include "layers/registry.h"
#include "train/trainer.h"

using namespace fovea;

static std::shared_ptr<const Context> context() {
  return std::make_shared<const Context>(system_allocator(), make_inline_executor(), nullptr);
}

// 10 images with labels in [0, 3).
static data::DatasetPtr images() {
  static const std::vector<float> pixels(10 * 16, 0.5f);
  static const std::vector<int32_t> labels{0, 1, 2, 0, 1, 2, 0, 1, 2, 0};
  data::MemoryTensors tensors;
  tensors.samples = {pixels.data(), DType::f32, Shape{10, 4, 4, 1}};
  tensors.labels = {labels.data(), DType::i32, Shape{10}};
  tensors.classes = 3;
  return data::memory_dataset(tensors, nullptr);
}

// A model file or checkpoint. What loads is planned for training and goes on, too: sizes that only a plan
// multiplies come from the file as well.
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto shared = context();
  std::unique_ptr<train::Trainer> trainer;
  fuzz::blame_the_file([&] {
    const io::SafetensorsReader reader(io::memory_source(std::as_bytes(std::span(data, size)), "input"));
    trainer = train::Trainer::load(shared, reader);
  });
  if (trainer == nullptr) return 0;
  try {
    if (trainer->memory(2).arena > (size_t{64} << 20)) return 0;
    // The seeds' data, in the batches that the file asks for.
    trainer->feed(images(), trainer->feed_options().value_or(train::FeedOptions{4, true, true}));
    for (int i = 0; i < 4; ++i) trainer->next();
  } catch (const Error& error) {
    fuzz::promise(error.status() == Status::invalid_argument || error.status() == Status::mismatch);
  }
  return 0;
}

// A small network with every sort of attribute.
static std::shared_ptr<model::Model> network() {
  auto g = std::make_shared<graph::Graph>();
  const auto add = [&](std::unique_ptr<layers::Layer> layer, std::vector<int> inputs) {
    return g->add(std::move(layer), inputs, "");
  };
  layers::InputAttributes in;
  in.shape = {4, 4, 1};
  in.rank = 3;
  const int x = add(layers::make_input(in), {});
  layers::Conv2dAttributes c;
  c.filters = 2;
  c.kernel = {3, 3};
  c.padding = layers::Padding::same;
  int y = add(layers::make_conv2d(c), {x});
  y = add(layers::make_batch_norm({}), {y});
  y = add(layers::make_pad({{0, 0, 1}, {0, 1, 0}}), {add(layers::make_dropout({}), {y})});
  y = add(layers::make_concat(), {y, add(layers::make_activation(layers::Activation::relu), {y})});
  y = add(layers::make_flatten(), {add(layers::make_max_pool2d({}), {y})});
  layers::DenseAttributes d;
  d.units = 3;
  const int logits = add(layers::make_dense(d), {y});
  model::ModelOptions options;
  options.transform = {2, {0.5}, {0.25}};
  return std::make_shared<model::Model>(context(), g, std::vector<int>{logits}, options);
}

std::vector<std::string> fuzz::seeds() {
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("fovea_fuzz_" + std::to_string(std::random_device{}()));
  std::vector<std::string> found;
  for (const auto kind : {train::OptimizerKind::sgd, train::OptimizerKind::adam, train::OptimizerKind::lamb}) {
    train::TrainerOptions options;
    options.optimizer.kind = kind;
    if (kind == train::OptimizerKind::lamb) {
      options.groups = {{.parameters = "*.kernel", .l1 = 0.1, .constraint = train::Constraint::max_norm}};
      options.schedule.kind = train::ScheduleKind::plateau;
      options.schedule.milestones = {3, 5};
      options.average.kind = train::Averaging::exponential;
      options.accumulate_steps = 2;
    }
    train::Trainer trainer(network(), options);
    trainer.record({0, 1.5, 0.5, 1, 0.25, 0.1});
    trainer.feed(images(), {4, true, true});
    for (int i = 0; i < 3; ++i) trainer.next();
    trainer.save(path);
    std::ifstream file(path, std::ios::binary);
    found.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  std::filesystem::remove(path);
  return found;
}
