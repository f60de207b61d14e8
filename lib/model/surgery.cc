#include "model/surgery.h"

#include <cstring>
#include <utility>

#include "layers/registry.h"

namespace fovea::model {

std::shared_ptr<Model> replace_head(const Model& body, int node, const HeadOptions& options) {
  std::vector<int> outputs{node};
  graph::Graph graph = body.graph()->pruned(outputs);
  const int kept = graph.size();
  if (graph.node(outputs[0]).shape.rank() > 1)
    outputs[0] = graph.add(layers::make_flatten(), outputs, options.name + "_flatten");
  layers::DenseAttributes dense;
  dense.units = options.units;
  dense.kernel_initializer = options.initializer;
  outputs[0] = graph.add(layers::make_dense(dense), outputs, options.name);

  ModelOptions same{body.dtype(), options.seed, body.transform(), body.kernel_initializer()};
  auto made = std::make_shared<Model>(body.context(), std::make_shared<graph::Graph>(std::move(graph)),
                                      std::move(outputs), same);
  const Reading reading(body);
  for (int i = 0; i < made->tensor_count(); ++i) {
    const Model::Tensor to = made->tensor(i);
    // Not into the new head, even if the old one had its name.
    if (to.slot->node < kept)
      std::memcpy(to.data, body.tensor(to.slot->name).data,
                  static_cast<size_t>(to.slot->elements) * size_of(body.dtype()));
  }
  return made;
}

}  // namespace fovea::model
