// A small residual network, built and trained through the C API alone, against
// tests/golden/network.safetensors, which PyTorch made: loss, every gradient, and parameters and running
// statistics after three steps. The file is read here with a JSON parser only, so that it is checked by other
// code than the library's own.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <fovea/fovea.hpp>

namespace {

struct Tensor {
  std::vector<int64_t> shape;
  std::vector<double> values;
};

struct Golden {
  std::map<std::string, Tensor> tensors;
  std::map<std::string, std::string> metadata;
};

template <class T>
std::vector<double> as_double(const char* begin, size_t bytes) {
  std::vector<T> v(bytes / sizeof(T));
  std::memcpy(v.data(), begin, bytes);
  return {v.begin(), v.end()};
}

Golden read_golden(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string blob{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  uint64_t header_size = 0;
  std::memcpy(&header_size, blob.data(), sizeof header_size);
  nlohmann::json header = nlohmann::json::parse(blob.substr(8, header_size));
  Golden golden;
  golden.metadata = header["__metadata__"].get<std::map<std::string, std::string>>();
  header.erase("__metadata__");
  for (const auto& [name, entry] : header.items()) {
    const size_t begin = entry["data_offsets"][0], end = entry["data_offsets"][1];
    const char* data = blob.data() + 8 + header_size + begin;
    const std::string dtype = entry["dtype"];
    Tensor& tensor = golden.tensors[name];
    tensor.shape = entry["shape"].get<std::vector<int64_t>>();
    tensor.values = dtype == "F32"   ? as_double<float>(data, end - begin)
                    : dtype == "F64" ? as_double<double>(data, end - begin)
                                     : as_double<int64_t>(data, end - begin);
  }
  return golden;
}

fv_tensor view(const Tensor& tensor) {
  fv_tensor t{};
  t.data = tensor.values.data();
  t.dtype = FV_F64;
  t.rank = static_cast<int32_t>(tensor.shape.size());
  std::copy(tensor.shape.begin(), tensor.shape.end(), t.shape);
  return t;
}

class GoldenNetwork : public ::testing::TestWithParam<fv_dtype> {
 protected:
  // max|a - b| <= t * max|b|
  void expect_within(const std::vector<double>& found, const std::vector<double>& wanted,
                     const std::string& what) {
    ASSERT_EQ(found.size(), wanted.size()) << what;
    double largest = 0;
    for (double v : wanted) largest = std::max(largest, std::abs(v));
    const double limit = (GetParam() == FV_F64 ? 1e-10 : 1e-5) * largest;
    for (size_t i = 0; i < wanted.size(); ++i)
      EXPECT_NEAR(found[i], wanted[i], limit) << what << ", element " << i;
  }

  void ok(fv_status status) { ASSERT_EQ(status, FV_OK) << error_.message; }

  std::vector<double> gradient(const std::string& name) {
    std::vector<double> v(golden_.tensors.at(name).values.size());
    fv_buffer buffer = buffer_of(v);
    ok(fv_trainer_get_gradient(trainer_, name.c_str(), &buffer, &error_));
    return v;
  }

  static fv_buffer buffer_of(std::vector<double>& v) {
    fv_buffer buffer{};
    buffer.data = v.data();
    buffer.capacity = v.size() * sizeof(double);
    buffer.dtype = FV_F64;
    return buffer;
  }

  fv_node convolution(fv_node x, const char* name, int64_t stride, bool bias) {
    auto desc = fovea::init<fv_conv2d_desc>();
    desc.name = name;
    desc.filters = 8;
    desc.kernel[0] = 3;
    desc.strides[0] = stride;
    desc.no_bias = !bias;
    std::fill(std::begin(desc.pad), std::end(desc.pad), 1);
    return fv_conv2d(graph_, x, &desc);
  }

  // conv - batch norm - relu - conv - add - relu - mean - dense
  void build() {
    auto input = fovea::init<fv_input_desc>();
    const std::vector<int64_t>& shape = golden_.tensors.at("x").shape;
    std::copy(shape.begin() + 1, shape.end(), input.shape);
    const fv_node x = fv_input(graph_, &input);
    auto norm = fovea::init<fv_batch_norm_desc>();
    norm.name = "bn1";
    const fv_node a =
        fv_relu(graph_, fv_batch_norm(graph_, convolution(x, "conv1", 2, false), &norm), nullptr);
    const fv_node sum = fv_add(graph_, convolution(a, "conv2", 1, true), a, nullptr);
    auto head = fovea::init<fv_dense_desc>();
    head.name = "head";
    head.units = 5;
    const fv_node mean = fv_global_average_pool2d(graph_, fv_relu(graph_, sum, nullptr), nullptr);
    const fv_node logits = fv_dense(graph_, mean, &head);

    auto desc = fovea::init<fv_model_desc>();
    desc.dtype = GetParam();
    ok(fv_model_create(graph_, &logits, 1, &desc, model_.out(), &error_));
  }

  void SetUp() override {
    golden_ = read_golden(std::string(FOVEA_GOLDEN_DIR) + "/network.safetensors");
    for (const auto& [name, tensor] : golden_.tensors)
      if (golden_.tensors.count("d" + name)) parameters_.push_back(name);
    ASSERT_EQ(parameters_.size(), 7u);

    ok(fv_context_create(nullptr, context_.out(), &error_));
    ok(fv_graph_create(context_, graph_.out(), &error_));
    build();
    for (const std::string& name : parameters_) {
      const fv_tensor value = view(golden_.tensors.at(name));
      ok(fv_model_set_tensor(model_, name.c_str(), &value, &error_));
    }
    auto desc = fovea::init<fv_trainer_desc>();
    desc.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY;
    desc.optimizer = FV_OPT_SGD;
    desc.learning_rate = std::stod(golden_.metadata.at("attribute.rate"));
    desc.momentum = std::stod(golden_.metadata.at("attribute.momentum"));
    ok(fv_trainer_create(model_, &desc, trainer_.out(), &error_));
  }

  Golden golden_;
  std::vector<std::string> parameters_;
  fv_error error_{};
  fovea::Handle<fv_context> context_;
  fovea::Handle<fv_graph> graph_;
  fovea::Handle<fv_model> model_;
  fovea::Handle<fv_trainer> trainer_;
};

TEST_P(GoldenNetwork, TrainsAsPyTorch) {
  const fv_tensor x = view(golden_.tensors.at("x"));
  const std::vector<double>& classes = golden_.tensors.at("labels").values;
  const std::vector<int64_t> labels(classes.begin(), classes.end());
  fv_tensor target{};
  target.data = labels.data();
  target.dtype = FV_I64;
  target.rank = 1;
  target.shape[0] = static_cast<int64_t>(labels.size());

  std::vector<double> losses(4);
  for (size_t step = 0; step < 3; ++step) {
    ok(fv_trainer_backward(trainer_, &x, 1, &target, &losses[step], &error_));
    if (step == 0)
      for (const std::string& name : parameters_)
        expect_within(gradient(name), golden_.tensors.at("d" + name).values, "gradient of " + name);
    ok(fv_trainer_apply(trainer_, &error_));
  }
  for (const auto& [key, wanted] : golden_.tensors) {
    if (key.size() < 7 || key.compare(key.size() - 6, 6, "_after") != 0) continue;
    const std::string name = key.substr(0, key.size() - 6);
    std::vector<double> found(wanted.values.size());
    fv_buffer buffer = buffer_of(found);
    ok(fv_model_get_tensor(model_, name.c_str(), &buffer, &error_));
    expect_within(found, wanted.values, key);
  }
  ok(fv_trainer_backward(trainer_, &x, 1, &target, &losses[3], &error_));
  expect_within(losses, golden_.tensors.at("loss").values, "loss");
}

INSTANTIATE_TEST_SUITE_P(Types, GoldenNetwork, ::testing::Values(FV_F32, FV_F64),
                         [](const auto& type) { return type.param == FV_F64 ? "f64" : "f32"; });

}  // namespace
