// A C++17 program outside of the tree that uses the installed library through fovea.hpp.
#include <fovea/fovea.hpp>

#include <cstdio>

int main() {
  fv_error error{};
  fovea::Handle<fv_context> context;
  fovea::Handle<fv_graph> graph;
  fovea::Handle<fv_model> model;
  auto failed = [&](fv_status status) {
    if (status != FV_OK) std::fprintf(stderr, "%s\n", error.message);
    return status != FV_OK;
  };
  if (failed(fv_context_create(nullptr, context.out(), &error))) return 1;
  if (failed(fv_graph_create(context, graph.out(), &error))) return 1;
  auto input = fovea::init<fv_input_desc>();
  input.shape[0] = input.shape[1] = 28;
  input.shape[2] = 1;
  auto conv = fovea::init<fv_conv2d_desc>();
  conv.filters = 32;
  conv.kernel[0] = 3;
  fv_node node = fv_conv2d(graph, fv_input(graph, &input), &conv);
  if (failed(fv_model_create(graph, &node, 1, nullptr, model.out(), &error))) return 1;
  fovea::Handle<fv_model> moved = std::move(model);
  auto info = fovea::init<fv_model_info>();
  if (failed(fv_model_get_info(moved, &info, &error))) return 1;
  std::printf("%lld parameters\n", static_cast<long long>(info.parameters));
  return info.parameters == 3 * 3 * 32 + 32 ? 0 : 1;
}
