// What the tests of the zoo share: models of networks, and what a summary says of them. Sees the public
// headers only.
#pragma once
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "capi/support.h"

namespace fovea::test {

struct Built {
  Context context;
  Graph graph;
  Model model;
  fv_model_info info = init<fv_model_info>();
};

// `network` returns the outputs.
inline Built build_outputs(const std::function<std::vector<fv_node>(fv_graph*)>& network,
                           fv_dtype dtype = FV_F32) {
  Built b;
  fv_error err{};
  EXPECT_EQ(fv_context_create(nullptr, b.context.out(), &err), FV_OK) << err.message;
  EXPECT_EQ(fv_graph_create(b.context, b.graph.out(), &err), FV_OK) << err.message;
  const std::vector<fv_node> outputs = network(b.graph);
  EXPECT_EQ(fv_model_create(b.graph, outputs.data(), outputs.size(), DESC(fv_model_desc, .dtype = dtype),
                            b.model.out(), &err),
            FV_OK)
      << err.message;
  EXPECT_EQ(fv_model_get_info(b.model, &b.info, &err), FV_OK) << err.message;
  return b;
}

inline Built build(const std::function<fv_node(fv_graph*)>& network, fv_dtype dtype = FV_F32) {
  return build_outputs([&](fv_graph* g) { return std::vector<fv_node>{network(g)}; }, dtype);
}

// A row of fv_model_summary.
struct Row {
  std::string name, kind;
  std::string shape;  // "55x55x96"
  std::string algorithm;
};

inline std::vector<Row> summary_rows(const fv_model* model) {
  size_t needed = 0;
  fv_error err{};
  EXPECT_EQ(fv_model_summary(model, 1, nullptr, 0, &needed, &err), FV_OK) << err.message;
  std::string text(needed, '\0');
  EXPECT_EQ(fv_model_summary(model, 1, text.data(), needed, nullptr, &err), FV_OK) << err.message;
  std::istringstream lines(text);
  std::vector<Row> rows;
  int rules = 0;
  for (std::string line; rules < 2 && std::getline(lines, line);) {
    if (line.starts_with("---")) {
      ++rules;
    } else if (rules == 1) {
      std::istringstream words(line);
      words >> rows.emplace_back().name >> rows.back().kind >> rows.back().shape;
      for (std::string word; words >> word;) rows.back().algorithm = word;  // the last column
    }
  }
  return rows;
}

inline std::map<std::string, std::string> shapes_of(const fv_model* model) {
  std::map<std::string, std::string> shapes;
  for (const Row& row : summary_rows(model)) shapes[row.name] = row.shape;
  return shapes;
}

// Trained values of the tensors whose names begin with `prefix`.
inline int64_t parameters_of(const fv_model* model, const std::string& prefix) {
  auto info = init<fv_model_info>();
  fv_error err{};
  EXPECT_EQ(fv_model_get_info(model, &info, &err), FV_OK) << err.message;
  int64_t sum = 0;
  for (int32_t i = 0; i < info.tensors; ++i) {
    auto tensor = init<fv_tensor_info>();
    EXPECT_EQ(fv_model_tensor_info(model, i, &tensor, &err), FV_OK) << err.message;
    if (tensor.trainable == 0 || !std::string(tensor.name).starts_with(prefix)) continue;
    int64_t count = 1;
    for (int32_t axis = 0; axis < tensor.rank; ++axis) count *= tensor.shape[axis];
    sum += count;
  }
  return sum;
}

}  // namespace fovea::test
