#include "model/summary.h"

#include "base/error.h"
#include "base/table.h"

namespace fovea::model {

std::string summary(const Model& model, int64_t batch) {
  const graph::Graph& g = *model.graph();
  const graph::Layout& layout = *model.layout();
  Table table{{"layer"},
              {"kind"},
              {"output"},
              {"parameters", true},
              {"multiply-adds", true},
              {"output bytes", true},
              {"algorithm"}};
  int64_t all_work = 0;
  double all_bytes = 0;
  for (int n = 0; n < g.size(); ++n) {
    const graph::Node& node = g.node(n);
    int64_t parameters = 0;
    for (int i = layout.first_parameter[static_cast<size_t>(n)];
         i < layout.first_parameter[static_cast<size_t>(n) + 1]; ++i)
      parameters += layout.parameters[static_cast<size_t>(i)].elements;
    const int64_t work = checked_mul(node.layer->multiply_adds(), batch);
    const double bytes = static_cast<double>(node.shape.elements()) * static_cast<double>(batch) *
                         static_cast<double>(size_of(model.dtype()));
    FOVEA_REQUIRE(work <= INT64_MAX - all_work, "a batch of %lld takes too many multiply-adds to count",
                  static_cast<long long>(batch));
    all_work += work;
    all_bytes += bytes;
    table.add({node.name, std::string(node.layer->kind()), node.shape.text(), grouped(parameters),
               grouped(work), bytes_text(bytes), node.layer->algorithm(model.dtype())});
  }
  table.rule();
  table.add({"total", "", "", grouped(graph::Layout::elements(layout.parameters)), grouped(all_work),
             bytes_text(all_bytes)});
  return table.text();
}

}  // namespace fovea::model
