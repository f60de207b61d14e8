#include "model/summary.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace fovea::model {
namespace {

constexpr size_t kColumns = 7;
using Row = std::array<std::string, kColumns>;

// 1234567 -> "1,234,567"
std::string grouped(int64_t n) {
  std::string digits = std::to_string(n);
  for (int64_t i = static_cast<int64_t>(digits.size()) - 3; i > 0; i -= 3) digits.insert(static_cast<size_t>(i), ",");
  return digits;
}

std::string bytes_text(double bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < std::size(kUnits)) {
    bytes /= 1024;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, kUnits[unit]);
  return text;
}

}  // namespace

std::string summary(const Model& model, int64_t batch) {
  const graph::Graph& g = *model.graph();
  const graph::Layout& layout = *model.layout();
  std::vector<Row> rows{{"layer", "kind", "output", "parameters", "multiply-adds", "output bytes", "algorithm"}};
  int64_t all_work = 0;
  double all_bytes = 0;
  for (int n = 0; n < g.size(); ++n) {
    const graph::Node& node = g.node(n);
    int64_t parameters = 0;
    for (int i = layout.first_parameter[static_cast<size_t>(n)]; i < layout.first_parameter[static_cast<size_t>(n) + 1]; ++i)
      parameters += layout.parameters[static_cast<size_t>(i)].elements;
    const int64_t work = node.layer->multiply_adds() * batch;
    const double bytes =
        static_cast<double>(node.shape.elements()) * static_cast<double>(batch) * static_cast<double>(size_of(model.dtype()));
    all_work += work;
    all_bytes += bytes;
    rows.push_back({node.name, std::string(node.layer->kind()), node.shape.text(), grouped(parameters), grouped(work),
                    bytes_text(bytes), node.layer->algorithm()});
  }
  rows.push_back({"total", "", "", grouped(graph::Layout::elements(layout.parameters)), grouped(all_work),
                  bytes_text(all_bytes), ""});

  std::array<size_t, kColumns> width{};
  for (const Row& row : rows)
    for (size_t c = 0; c < kColumns; ++c) width[c] = std::max(width[c], row[c].size());
  std::string text;
  const auto rule = [&] {
    for (size_t c = 0; c < kColumns; ++c) text += std::string(width[c], '-') + (c + 1 < kColumns ? "  " : "\n");
  };
  for (size_t r = 0; r < rows.size(); ++r) {
    if (r == 1 || r + 1 == rows.size()) rule();
    std::string line;
    for (size_t c = 0; c < kColumns; ++c) {
      const std::string pad(width[c] - rows[r][c].size(), ' ');
      const bool right = c >= 3 && c <= 5;
      line += right ? pad + rows[r][c] : rows[r][c] + pad;
      if (c + 1 < kColumns) line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

}  // namespace fovea::model
