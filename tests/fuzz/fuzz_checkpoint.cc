#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "fuzz/fuzz.h"
#include "layers/custom.h"
#include "layers/registry.h"
#include "train/trainer.h"

using namespace fovea;

// A layer and a loss of a host's, with parameters and attributes.
class Scale final : public layers::CustomType {
 public:
  const std::string& name() const override { return name_; }
  layers::Traits traits() const override { return {.backward_reads_x = true}; }
  layers::CustomShape shape(const std::string& attributes, std::span<const Shape> inputs) const override {
    FOVEA_REQUIRE(attributes == "twice" && inputs.size() == 1, "it is another scale");
    layers::Parameter p;
    p.name = "scale";
    p.shape = {1};
    p.initializer = {layers::InitializerKind::constant, 2, 0};
    return {.output = inputs[0], .parameters = {p}, .saved_per_sample = 1, .scratch = 3};
  }
  void forward(const layers::CustomNode& n, const layers::ForwardPass<float>& p) const override { run(n, p); }
  void forward(const layers::CustomNode& n, const layers::ForwardPass<double>& p) const override {
    run(n, p);
  }
  void backward(const layers::CustomNode& n, const layers::BackwardPass<float>& p) const override {
    back(n, p);
  }
  void backward(const layers::CustomNode& n, const layers::BackwardPass<double>& p) const override {
    back(n, p);
  }

 private:
  template <class T>
  static void run(const layers::CustomNode& n, const layers::ForwardPass<T>& p) {
    for (int64_t i = 0; i < p.batch * n.inputs[0].elements(); ++i) p.y[i] = p.params[0][0] * p.x[0][i];
  }
  template <class T>
  static void back(const layers::CustomNode& n, const layers::BackwardPass<T>& p) {
    for (int64_t i = 0; i < p.batch * n.inputs[0].elements(); ++i) {
      p.dparams[0][0] += p.x[0][i] * p.dy[i];
      if (p.dx[0] != nullptr) p.dx[0][i] = p.params[0][0] * p.dy[i];
    }
  }
  std::string name_ = "fuzz.scale";
};
struct FirstColumn final : train::CustomLoss {
  bool over_classes() const override { return false; }
  void evaluate(const train::LossRows& rows) const override {
    with_float(rows.dtype, [&](auto zero) {
      using T = decltype(zero);
      for (int64_t r = 0; r < rows.rows; ++r) {
        rows.losses[r] = static_cast<double>(static_cast<const T*>(rows.output)[r * rows.columns]);
        if (rows.gradient != nullptr) static_cast<T*>(rows.gradient)[r * rows.columns] = T(1);
      }
    });
  }
};

static std::shared_ptr<const Context> context() {
  auto made = std::make_shared<const Context>(system_allocator(), make_inline_executor(), nullptr);
  made->layer_types().add("fuzz.scale", std::make_shared<const Scale>());
  made->losses().add("fuzz.first", std::make_shared<const FirstColumn>());
  return made;
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
    try {
      trainer = train::Trainer::load(shared, reader);
    } catch (const Error& error) {
      // A type that nobody has registered: the file may be right.
      const bool unregistered = std::strstr(error.what(), "is not registered with the context") != nullptr;
      if (error.status() != Status::not_found || !unregistered) throw;
    }
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
  const auto shared = context();
  int y = add(layers::make_custom(layers::find_custom(*shared, "fuzz.scale"), "twice"),
              {add(layers::make_conv2d(c), {x})});
  y = add(layers::make_batch_norm({}), {y});
  y = add(layers::make_pad({{0, 0, 1}, {0, 1, 0}}), {add(layers::make_dropout({}), {y})});
  y = add(layers::make_concat(), {y, add(layers::make_activation(layers::Activation::relu), {y})});
  y = add(layers::make_flatten(), {add(layers::make_max_pool2d({}), {y})});
  layers::DenseAttributes d;
  d.units = 3;
  const int logits = add(layers::make_dense(d), {y});
  model::ModelOptions options;
  options.transform.values = {2, {0.5}, {0.25}};
  auto made = std::make_shared<model::Model>(shared, g, std::vector<int>{logits}, options);
  made->set_class_names({"ant", "bee", "w\xC3\xA4spe"});
  return made;
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
    if (kind == train::OptimizerKind::adam) {
      options.losses[0].loss = train::Loss::custom;
      options.losses[0].custom = "fuzz.first";
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
