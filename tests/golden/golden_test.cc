// Layers, losses, optimizers and schedules against the vectors of this folder, which PyTorch made in double precision
// (README.md has the format). One loop reads whatever files are there: a new file needs no line here, a new
// layer neither. The whole network goes through the C API, in tests/capi/golden_network_test.cc.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/fpmode.h"
#include "io/safetensors.h"
#include "kernels/elementwise.h"
#include "kernels/loss.h"
#include "layers/layer_run.h"
#include "layers/registry.h"
#include "train/objective.h"
#include "train/optimizer.h"
#include "train/schedule.h"

namespace fovea::testing {
namespace {

// The largest error that passes, as a share of the largest value of the tensor.
template <class T>
constexpr double kTolerance = sizeof(T) == 4 ? 1e-5 : 1e-10;

struct Golden {
  std::string name;
  io::Metadata metadata;
  std::map<std::string, Shape> shapes;
  std::map<std::string, std::vector<double>> values;

  std::string op() const { return io::get_text(metadata, "op"); }
  double number(const char* attribute) const {
    return io::get_double(metadata, "attribute." + std::string(attribute));
  }
  bool flag(const char* attribute) const {
    return io::get_text(metadata, "attribute." + std::string(attribute)) == "true";
  }
  bool has(const std::string& key) const { return values.count(key) != 0; }
  template <class T>
  std::vector<T> get(const std::string& key) const {
    const std::vector<double>& v = values.at(key);
    return {v.begin(), v.end()};
  }
};

template <class T>
std::vector<double> read_as_double(const io::SafetensorsReader& file, const io::TensorEntry& entry) {
  std::vector<T> v(static_cast<size_t>(entry.shape.elements()));
  file.read(entry, std::as_writable_bytes(std::span(v)));
  return {v.begin(), v.end()};
}

Golden read_golden(const std::filesystem::path& path) {
  const io::SafetensorsReader file(path.string());
  Golden golden{path.stem().string(), file.metadata(), {}, {}};
  for (const io::TensorEntry& entry : file.tensors()) {
    golden.shapes[entry.name] = entry.shape;
    auto& values = golden.values[entry.name];
    switch (entry.dtype.value()) {
      case DType::f32:
        values = read_as_double<float>(file, entry);
        break;
      case DType::f64:
        values = read_as_double<double>(file, entry);
        break;
      case DType::i64:
        values = read_as_double<int64_t>(file, entry);
        break;
      default:
        ADD_FAILURE() << path << ": " << entry.name << " is " << entry.dtype_name;
    }
  }
  return golden;
}

template <class C>
::testing::AssertionResult within(const C& found, const std::vector<double>& wanted, double t) {
  if (found.size() != wanted.size())
    return ::testing::AssertionFailure() << found.size() << " values, " << wanted.size() << " wanted";
  double largest = 0, worst = 0;
  size_t where = 0;
  for (size_t i = 0; i < wanted.size(); ++i) {
    largest = std::max(largest, std::abs(wanted[i]));
    const double error = std::abs(static_cast<double>(found[i]) - wanted[i]);
    if (!(error <= worst)) {
      worst = std::isnan(error) ? HUGE_VAL : error;
      where = i;
    }
  }
  if (worst <= t * largest) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << "element " << where << " is " << found[where] << ", wanted " << wanted[where] << ": off by "
         << worst / largest << " of the largest value";
}

// Gives a layer the attributes of a file, and remembers which of them the layer has.
class ReadAttributes final : public AttributeVisitor {
 public:
  explicit ReadAttributes(const io::Metadata& metadata) : metadata_(metadata) {}
  using AttributeVisitor::choice;
  void field(const char* name, int64_t& value) override {
    if (const std::string* text = find(name)) value = std::stoll(*text);
  }
  void field(const char* name, double& value) override {
    if (const std::string* text = find(name)) value = std::stod(*text);
  }
  void field(const char* name, bool& value) override {
    if (const std::string* text = find(name)) value = *text == "true";
  }
  void field(const char* name, std::span<int64_t> values) override {
    const std::string* text = find(name);
    if (text == nullptr) return;
    std::istringstream rest(*text);
    std::string word;
    for (size_t i = 0; std::getline(rest, word, ','); ++i) values[i] = std::stoll(word);
  }
  void choice(const char* name, int32_t& value, std::span<const char* const> names) override {
    const std::string* text = find(name);
    if (text == nullptr) return;
    const auto it = std::find_if(names.begin(), names.end(), [&](const char* n) { return n && *text == n; });
    ASSERT_NE(it, names.end()) << name << " has no value " << *text;
    value = static_cast<int32_t>(it - names.begin());
  }
  void bytes(const char*, std::string&) override {}
  void begin(const char*) override { ++depth_; }
  void end() override { --depth_; }

  void expect_all_read() const {
    for (const auto& [key, value] : metadata_) {
      EXPECT_TRUE(!key.starts_with("attribute.") || read_.count(key)) << "the layer has no " << key;
    }
  }

 private:
  const std::string* find(const char* name) {
    const auto it = depth_ == 0 ? metadata_.find("attribute." + std::string(name)) : metadata_.end();
    if (it == metadata_.end()) return nullptr;
    read_.insert(it->first);
    return &it->second;
  }

  const io::Metadata& metadata_;
  std::set<std::string> read_;
  int depth_ = 0;
};

// ---- layers ---------------------------------------------------------------------------------------------

struct Inputs {
  std::vector<Shape> shapes;
  int64_t batch = 0;
};

Inputs inputs_of(const Golden& golden) {
  Inputs inputs;
  for (int i = 0; golden.has("x" + std::to_string(i)); ++i) {
    const Shape& shape = golden.shapes.at("x" + std::to_string(i));
    inputs.batch = shape[0];
    inputs.shapes.emplace_back(shape.extents().subspan(1));
  }
  return inputs;
}

template <class T>
void run_layer(const Golden& golden, const layers::Layer& layer) {
  const FpMode mode;
  const auto exec = make_inline_executor();
  const double t = kTolerance<T>;
  const Inputs inputs = inputs_of(golden);
  LayerRun<T> run(layer, inputs.shapes, inputs.batch, io::get_text(golden.metadata, "phase") == "training");
  const auto parameters = run.layer->parameters();
  const auto states = run.layer->state();
  for (size_t i = 0; i < run.x.size(); ++i) run.x[i].assign(golden.get<T>("x" + std::to_string(i)));
  for (size_t i = 0; i < run.params.size(); ++i) {
    EXPECT_EQ(parameters[i].shape, golden.shapes.at(parameters[i].name)) << parameters[i].name;
    run.params[i].assign(golden.get<T>(parameters[i].name));
  }
  for (size_t i = 0; i < run.state.size(); ++i) run.state[i].assign(golden.get<T>(states[i].name));

  run.prepare(*exec);
  run.forward(*exec);
  EXPECT_TRUE(within(run.result(), golden.values.at("y"), t)) << "y";
  if (!run.training) return;

  run.dy.assign(golden.get<T>("dy"));
  run.backward(*exec);
  for (size_t i = 0; i < run.dx.size(); ++i) {
    const std::string key = "dx" + std::to_string(i);
    EXPECT_TRUE(within(run.gradient(i), golden.values.at(key), t)) << key;
  }
  for (size_t i = 0; i < run.dparams.size(); ++i) {
    const std::string key = "d" + parameters[i].name;
    EXPECT_TRUE(within(run.dparams[i], golden.values.at(key), t)) << key;
  }
  for (size_t i = 0; i < run.state.size(); ++i) {
    const std::string key = states[i].name + "_after";
    EXPECT_TRUE(within(run.state[i], golden.values.at(key), t)) << key;
  }
  EXPECT_TRUE(run.intact()) << "a guard region was overwritten";
}

// Every algorithm that serves the shape; im2col and direct serve every shape.
template <class T>
void test_convolution(const Golden& golden) {
  std::set<std::string> served;
  for (const char* algorithm : layers::kConvAlgorithmNames) {
    SCOPED_TRACE(algorithm);
    const auto layer = layers::create("conv2d");
    io::Metadata metadata = golden.metadata;
    metadata["attribute.algorithm"] = algorithm;
    ReadAttributes attributes(metadata);
    layer->attributes(attributes);
    attributes.expect_all_read();
    try {
      layer->setup(inputs_of(golden).shapes);
    } catch (const Error&) {
      continue;  // refuses this shape
    }
    served.insert(algorithm);
    run_layer<T>(golden, *layer);
  }
  for (const char* algorithm : {"automatic", "im2col", "direct"})
    EXPECT_TRUE(served.count(algorithm)) << algorithm;
}

template <class T>
void test_layer(const Golden& golden) {
  const auto layer = layers::create(golden.op());
  ASSERT_TRUE(layer) << "no layer " << golden.op();
  ReadAttributes attributes(golden.metadata);
  layer->attributes(attributes);
  attributes.expect_all_read();
  run_layer<T>(golden, *layer);
}

// ---- losses, optimizers, schedules ------------------------------------------------------------------------------

template <class T>
void test_loss(const Golden& golden) {
  const FpMode mode;
  const auto x = golden.get<T>("x");
  const int64_t rows = golden.shapes.at("x")[0], columns = golden.shapes.at("x")[1];
  const double scale = 1.0 / static_cast<double>(rows);
  std::vector<double> loss(static_cast<size_t>(rows));
  std::vector<T> dx(x.size());
  if (golden.op() == "mean_squared_error") {
    kernels::mean_squared_error(rows, columns, x.data(), golden.get<T>("targets").data(), scale, loss.data(),
                                dx.data());
  } else if (golden.has("targets")) {
    kernels::softmax_cross_entropy(rows, columns, x.data(), golden.get<T>("targets").data(), scale,
                                   loss.data(), dx.data());
  } else {
    EXPECT_EQ(kernels::softmax_cross_entropy(rows, columns, x.data(), golden.get<int32_t>("labels").data(),
                                             scale, loss.data(), dx.data()),
              -1);
  }
  EXPECT_TRUE(within(loss, golden.values.at("loss"), kTolerance<T>)) << "loss";
  EXPECT_TRUE(within(dx, golden.values.at("dx"), kTolerance<T>)) << "dx";
}

// The options of a loss, as they stand in a file.
train::LossOptions loss_options(const Golden& golden) {
  const auto text = [&](const char* name, const char* otherwise) {
    const auto it = golden.metadata.find("attribute." + std::string(name));
    return it == golden.metadata.end() ? std::string(otherwise) : it->second;
  };
  train::LossOptions o;
  const auto kind = std::find_if(std::begin(train::kLossNames) + 1, std::end(train::kLossNames),
                                 [&](const char* name) { return golden.op() == name; });
  EXPECT_NE(kind, std::end(train::kLossNames)) << golden.op();
  o.loss = static_cast<train::Loss>(kind - std::begin(train::kLossNames));
  o.sum = text("sum", "false") == "true";
  o.label_smoothing = std::stod(text("label_smoothing", "0"));
  const auto weights = [&](const char* name) {
    std::istringstream words(text(name, ""));
    std::vector<double> all;
    for (std::string word; std::getline(words, word, ',');) all.push_back(std::stod(word));
    return all;
  };
  o.class_weights = weights("class_weights");
  o.positive_weights = weights("positive_weights");
  o.ignores = text("ignores", "false") == "true";
  o.ignored_label = std::stoi(text("ignored_label", "0"));
  o.delta = std::stod(text("delta", "1"));
  o.gamma = std::stod(text("gamma", "2"));
  o.alpha = std::stod(text("alpha", "0.25"));
  o.margin = std::stod(text("margin", "1"));
  o.squared = text("squared", "false") == "true";
  return o;
}

// The loss of a batch, through the trainer's objective.
template <class T>
void test_batch_loss(const Golden& golden) {
  const FpMode mode;
  const Shape& shape = golden.shapes.at("x");
  const Context context(system_allocator(), make_inline_executor(), nullptr);
  const auto x = golden.get<T>("x");
  std::vector<T> dx(x.size());
  const bool dense = golden.has("targets");
  const train::Objective objective(context, loss_options(golden), dtype_of<T>::value, Shape{shape[1]}, dense,
                                   shape[0]);
  if (dense)
    std::copy_n(golden.get<T>("targets").data(), x.size(), static_cast<T*>(objective.targets()));
  else
    std::copy_n(golden.get<int32_t>("labels").data(), shape[0], objective.labels());
  const train::BatchLoss loss =
      objective.evaluate(context.executor(), shape[0], nullptr, x.data(), dx.data());
  const std::vector<double> value{objective.value(loss)};
  EXPECT_TRUE(within(value, golden.values.at("value"), kTolerance<T>)) << "value";
  EXPECT_TRUE(within(dx, golden.values.at("dx"), kTolerance<T>)) << "dx";
}

std::optional<train::OptimizerKind> optimizer_of(const std::string& op) {
  for (size_t i = 1; i < std::size(train::kOptimizerNames); ++i)
    if (op == train::kOptimizerNames[i]) return static_cast<train::OptimizerKind>(i);
  return std::nullopt;
}

train::OptimizerOptions optimizer_options(const Golden& golden) {
  train::OptimizerOptions o;
  o.kind = *optimizer_of(golden.op());
  const auto read = [&](const char* name, double& field) {
    if (golden.metadata.contains("attribute." + std::string(name))) field = golden.number(name);
  };
  const auto read_flag = [&](const char* name, bool& field) {
    if (golden.metadata.contains("attribute." + std::string(name))) field = golden.flag(name);
  };
  read("rate", o.learning_rate);
  read("momentum", o.momentum);
  read("dampening", o.dampening);
  read("beta1", o.beta1);
  read("beta2", o.beta2);
  read("rho", o.rho);
  read("epsilon", o.epsilon);
  read("momentum_decay", o.momentum_decay);
  read("trust", o.trust);
  read("weight_decay", o.weight_decay);
  read("clip_value", o.clip_value);
  read("clip_norm", o.clip_norm);
  read("clip_global_norm", o.clip_global_norm);
  read_flag("nesterov", o.nesterov);
  read_flag("amsgrad", o.amsgrad);
  read_flag("centered", o.centered);
  return o;
}

// A graph whose only parameter has that many values.
graph::Graph one_kernel(int64_t values) {
  graph::Graph graph;
  layers::InputAttributes input;
  input.shape[0] = 1;
  input.rank = 1;
  const int x = graph.add(layers::make_input(input), {}, "x");
  layers::DenseAttributes dense;
  dense.units = values;
  dense.use_bias = false;
  graph.add(layers::make_dense(dense), {&x, 1}, "dense");
  return graph;
}

template <class T>
void test_optimizer(const Golden& golden) {
  const FpMode mode;
  const std::vector<T> start = golden.get<T>("w"), gradients = golden.get<T>("g");
  const std::vector<double>& after = golden.values.at("w_after");
  const size_t count = start.size(), steps = gradients.size() / count;
  const Context context(system_allocator(), make_pool_executor(1), {});
  const graph::Layout layout(one_kernel(static_cast<int64_t>(count)));
  const train::OptimizerOptions options = optimizer_options(golden);
  train::Optimizer optimizer(context, options, {}, layout, dtype_of<T>::value);
  std::vector<T> w(static_cast<size_t>(layout.parameter_block)), g(w.size());
  std::copy(start.begin(), start.end(), w.begin());
  const double l2 = golden.metadata.contains("attribute.l2") ? golden.number("l2") : 0;
  for (size_t step = 0; step < steps; ++step) {
    std::copy_n(gradients.begin() + static_cast<std::ptrdiff_t>(step * count), count, g.begin());
    kernels::add_scaled(static_cast<int64_t>(count), l2, w.data(), g.data());
    optimizer.apply(context.executor(), {static_cast<int64_t>(step) + 1, options.learning_rate, 1, {}}, w.data(),
                    g.data());
    const std::vector<double> wanted(after.begin() + static_cast<std::ptrdiff_t>(step * count),
                                     after.begin() + static_cast<std::ptrdiff_t>((step + 1) * count));
    const std::vector<T> found(w.begin(), w.begin() + static_cast<std::ptrdiff_t>(count));
    EXPECT_TRUE(within(found, wanted, sizeof(T) == 4 ? 1e-6 : 1e-12)) << "step " << step + 1;
    EXPECT_TRUE(std::all_of(w.begin() + static_cast<std::ptrdiff_t>(count), w.end(), [](T v) { return v == 0; }));
  }
}

// The rate at every t. PyTorch computes some of them step by step, which rounds otherwise.
void test_schedule(const Golden& golden) {
  train::ScheduleOptions o;
  const auto text = [&](const char* name) {
    const auto found = golden.metadata.find("attribute." + std::string(name));
    return found == golden.metadata.end() ? std::string() : found->second;
  };
  const auto read = [&](const char* name, auto& field) {
    if (!text(name).empty()) field = static_cast<std::remove_reference_t<decltype(field)>>(std::stod(text(name)));
  };
  for (size_t i = 0; i < std::size(train::kScheduleNames); ++i)
    if (text("schedule") == train::kScheduleNames[i]) o.kind = static_cast<train::ScheduleKind>(i);
  for (size_t i = 0; i < std::size(train::kCycleNames); ++i)
    if (text("shape") == train::kCycleNames[i]) o.shape = static_cast<train::CycleShape>(i);
  read("period", o.period);
  read("total", o.total);
  read("gamma", o.gamma);
  read("power", o.power);
  read("lowest", o.lowest);
  read("highest", o.highest);
  read("growth", o.growth);
  read("falling", o.falling);
  read("rising", o.rising);
  read("start_divisor", o.start_divisor);
  read("end_divisor", o.end_divisor);
  read("lowest_momentum", o.lowest_momentum);
  read("highest_momentum", o.highest_momentum);
  read("warmup", o.warmup);
  read("warmup_start", o.warmup_start);
  read("patience", o.patience);
  read("cooldown", o.cooldown);
  read("min_delta", o.min_delta);
  read("staircase", o.staircase);
  std::istringstream milestones(text("milestones"));
  for (int64_t at; milestones >> at;) o.milestones.push_back(at);

  const double base = golden.number("base");
  o.per_step = true;
  train::Schedule schedule(o);
  const std::vector<double>& wanted = golden.values.at("rate");
  EXPECT_NE(o.kind, train::ScheduleKind::constant);
  for (size_t t = 0; t < wanted.size(); ++t) {
    EXPECT_NEAR(schedule.rate(base, 0, static_cast<int64_t>(t)), wanted[t], 1e-12) << t;
    const std::optional<double> momentum = schedule.momentum(0, static_cast<int64_t>(t));
    ASSERT_EQ(momentum.has_value(), golden.has("momentum"));
    if (momentum) {
      EXPECT_NEAR(*momentum, golden.values.at("momentum")[t], 1e-12) << t;
    }
    if (golden.has("observed")) schedule.observe(base, golden.values.at("observed")[t], false);
  }
}

// ---- every file -----------------------------------------------------------------------------------------

std::vector<std::filesystem::path> golden_files() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(FOVEA_GOLDEN_DIR))
    if (entry.path().extension() == ".safetensors" && entry.path().stem() != "network")
      paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

template <class T>
void test_file(const std::filesystem::path& path) {
  const Golden golden = read_golden(path);
  const std::string op = golden.op();
  if (op == "conv2d")
    test_convolution<T>(golden);
  else if (golden.has("value"))
    test_batch_loss<T>(golden);
  else if (op == "softmax_cross_entropy" || op == "mean_squared_error")
    test_loss<T>(golden);
  else if (optimizer_of(op))
    test_optimizer<T>(golden);
  else if (op == "schedule")
    test_schedule(golden);
  else
    test_layer<T>(golden);
}

class GoldenTest : public ::testing::TestWithParam<std::filesystem::path> {};
TEST_P(GoldenTest, F32) {
  test_file<float>(GetParam());
}
TEST_P(GoldenTest, F64) {
  test_file<double>(GetParam());
}
INSTANTIATE_TEST_SUITE_P(Files, GoldenTest, ::testing::ValuesIn(golden_files()),
                         [](const auto& file) { return file.param.stem().string(); });

TEST(GoldenFiles, CoverEveryOperation) {
  std::set<std::string> ops, schedules;
  for (const auto& path : golden_files()) {
    const Golden golden = read_golden(path);
    ops.insert(golden.op());
    if (golden.op() == "schedule") schedules.insert(golden.metadata.at("attribute.schedule"));
  }
  // Nothing is computed by the first three; PyTorch has no Gaussian noise and no stochastic depth, and draws
  // other regions.
  const std::set<std::string_view> without{"input",          "flatten",          "reshape",
                                           "gaussian_noise", "stochastic_depth", "fractional_max_pool2d"};
  for (const std::string_view kind : layers::kinds())
    EXPECT_NE(ops.contains(std::string(kind)), without.contains(kind)) << kind;
  for (int loss = 1; loss < static_cast<int>(train::Loss::host_gradient); ++loss)
    EXPECT_TRUE(ops.contains(train::kLossNames[loss])) << "no file for " << train::kLossNames[loss];
  for (const char* const schedule : train::kScheduleNames)
    EXPECT_NE(schedules.contains(schedule), schedule == std::string_view("constant")) << schedule;
  for (size_t i = 1; i < std::size(train::kOptimizerNames); ++i)
    EXPECT_TRUE(ops.count(train::kOptimizerNames[i])) << "no file for " << train::kOptimizerNames[i];
}

// The comparison itself can fail.
TEST(GoldenFiles, WithinSeesAnErrorAboveItsTolerance) {
  const std::vector<double> wanted{0.5, -2.0};
  EXPECT_TRUE(within(std::vector<double>{0.5 + 1.9e-5, -2.0}, wanted, 1e-5));
  EXPECT_FALSE(within(std::vector<double>{0.5 + 2.1e-5, -2.0}, wanted, 1e-5));
  EXPECT_FALSE(within(std::vector<double>{std::nan(""), -2.0}, wanted, 1e-5));
  EXPECT_FALSE(within(std::vector<double>{0.5}, wanted, 1e-5));
}

}  // namespace
}  // namespace fovea::testing
