#include <fovea/merge.h>

#include <string>

#include "capi/fields.h"

using namespace fovea;
using namespace fovea::capi;
using layers::PadMode;

static_assert(FV_PAD_CONSTANT == static_cast<int>(PadMode::constant) &&
              FV_PAD_REPLICATE == static_cast<int>(PadMode::replicate));

namespace {

template <class Make>
fv_node add_two(fv_graph* graph, const char* kind, fv_node a, fv_node b, const fv_layer_desc* desc,
                Make&& make) {
  const fv_node both[] = {a, b};
  return add_node(graph, kind, both, name_of_desc(desc), [&] {
    read_desc(desc, "fv_layer_desc");
    return make();
  });
}

template <class Make>
fv_node add_many(fv_graph* graph, const char* kind, const fv_node* nodes, size_t count,
                 const fv_layer_desc* desc, Make&& make) {
  const size_t readable = nodes == nullptr ? 0 : count;
  return add_node(graph, kind, {nodes, readable}, name_of_desc(desc), [&] {
    FOVEA_REQUIRE(readable >= 1, "there are no nodes to join");
    read_desc(desc, "fv_layer_desc");
    return make();
  });
}

}  // namespace

fv_node fv_add(fv_graph* graph, fv_node a, fv_node b, const fv_layer_desc* desc) {
  return add_two(graph, "add", a, b, desc, [] { return layers::make_add(); });
}

fv_node fv_subtract(fv_graph* graph, fv_node a, fv_node b, const fv_layer_desc* desc) {
  return add_two(graph, "subtract", a, b, desc, [] { return layers::make_subtract(); });
}

fv_node fv_multiply(fv_graph* graph, fv_node a, fv_node b, const fv_layer_desc* desc) {
  return add_two(graph, "multiply", a, b, desc, [] { return layers::make_multiply(); });
}

fv_node fv_average(fv_graph* graph, const fv_node* nodes, size_t count, const fv_layer_desc* desc) {
  return add_many(graph, "average", nodes, count, desc, [] { return layers::make_average(); });
}

fv_node fv_maximum(fv_graph* graph, const fv_node* nodes, size_t count, const fv_layer_desc* desc) {
  return add_many(graph, "maximum", nodes, count, desc, [] { return layers::make_maximum(); });
}

fv_node fv_concat(fv_graph* graph, const fv_node* nodes, size_t count, const fv_layer_desc* desc) {
  return add_many(graph, "concat", nodes, count, desc, [] { return layers::make_concat(); });
}

fv_node fv_matmul(fv_graph* graph, fv_node a, fv_node b, const fv_matmul_desc* desc) {
  const fv_node both[] = {a, b};
  return add_node(graph, "matmul", both, name_of_desc(desc), [&] {
    const fv_matmul_desc d = read_desc(desc, "fv_matmul_desc");
    return layers::make_matmul({d.transpose_a != 0, d.transpose_b != 0});
  });
}

fv_node fv_pad(fv_graph* graph, fv_node x, const fv_pad_desc* desc) {
  return add_node(graph, "pad", {&x, 1}, name_of_desc(desc), [&] {
    const fv_pad_desc d = read_desc(desc, "fv_pad_desc");
    return layers::make_pad(
        {axes(d.before), axes(d.after), choice(d.mode, PadMode::replicate, "mode"), number(d.value, 0)});
  });
}

fv_node fv_slice(fv_graph* graph, fv_node x, const fv_slice_desc* desc) {
  return add_node(graph, "slice", {&x, 1}, name_of_desc(desc), [&] {
    const fv_slice_desc d = read_desc(desc, "fv_slice_desc");
    return layers::make_slice({axes(d.begin), axes(d.end)});
  });
}

fv_node fv_crop(fv_graph* graph, fv_node x, const fv_crop_desc* desc) {
  return add_node(graph, "slice", {&x, 1}, name_of_desc(desc), [&] {
    const fv_crop_desc d = read_desc(desc, "fv_crop_desc");
    const Shape& shape = graph->graph.node(need_node(*graph, x, "the input")).shape;
    FOVEA_REQUIRE(shape.rank() == 3, "crop expects an image of height x width x channels, got %s",
                  shape.text().c_str());
    for (int64_t cells : d.crop)
      FOVEA_REQUIRE(cells >= 0 && cells < kMaxElements, "crop of %lld cells, expected at least 0",
                    static_cast<long long>(cells));
    return layers::make_slice({{d.crop[0], d.crop[2]}, {-d.crop[1], -d.crop[3]}});
  });
}

namespace {

// Where each part of a split begins and ends along the axis; raises where they are not the whole.
std::vector<int64_t> split_ends(const fv_parts_desc& d, int64_t extent, size_t count) {
  FOVEA_REQUIRE(count >= 1 && count <= static_cast<size_t>(extent), "%zu parts of an extent of %lld", count,
                static_cast<long long>(extent));
  std::vector<int64_t> ends;
  int64_t end = 0;
  for (size_t i = 0; i < count; ++i) {
    const int64_t size = d.sizes == nullptr ? extent / static_cast<int64_t>(count) : d.sizes[i];
    FOVEA_REQUIRE(size >= 1 && size <= extent - end, "part %zu has a size of %lld, and %lld of %lld are left",
                  i + 1, static_cast<long long>(size), static_cast<long long>(extent - end),
                  static_cast<long long>(extent));
    ends.push_back(end += size);
  }
  FOVEA_REQUIRE(end == extent, "%zu parts are %lld together, but the extent is %lld", count,
                static_cast<long long>(end), static_cast<long long>(extent));
  return ends;
}

}  // namespace

fv_node fv_split(fv_graph* graph, fv_node x, fv_node* parts, size_t count, const fv_parts_desc* desc) {
  if (parts != nullptr) std::fill_n(parts, count, FV_NODE_INVALID);
  if (graph == nullptr || graph->error) return FV_NODE_INVALID;
  const bool added = keep_error(*graph, [&] {
    graph::Graph& nodes = graph->graph;
    const int first = nodes.size();
    naming("split", name_of_desc(desc), [&] {
      const fv_parts_desc d = read_desc(desc, "fv_parts_desc");
      need(parts, "parts");
      const int input[] = {need_node(*graph, x, "the input")};
      const Shape shape = nodes.node(input[0]).shape;
      FOVEA_REQUIRE(d.axis >= 0 && d.axis < shape.rank(), "axis is %lld from the end, but the input is %s",
                    static_cast<long long>(d.axis), shape.text().c_str());
      const int axis = shape.rank() - 1 - static_cast<int>(d.axis);
      int64_t begin = 0;
      for (int64_t end : split_ends(d, shape[axis], count)) {
        layers::SliceAttributes a;
        a.begin[static_cast<size_t>(axis)] = begin;
        a.end[static_cast<size_t>(axis)] = begin = end;
        const std::string number = std::to_string(nodes.size() - first + 1);
        nodes.add(layers::make_slice(a), input, d.name == nullptr ? "" : d.name + ('_' + number));
      }
    });
    for (size_t i = 0; i < count; ++i) parts[i] = node_id(*graph, first + static_cast<int>(i));
  });
  return added ? parts[0] : FV_NODE_INVALID;
}

fv_node fv_flatten(fv_graph* graph, fv_node x, const fv_layer_desc* desc) {
  return add_plain(graph, "flatten", x, desc, [] { return layers::make_flatten(); });
}

fv_node fv_reshape(fv_graph* graph, fv_node x, const fv_reshape_desc* desc) {
  return add_node(graph, "reshape", {&x, 1}, name_of_desc(desc), [&] {
    const fv_reshape_desc d = read_desc(desc, "fv_reshape_desc");
    layers::ReshapeAttributes a;
    for (int64_t extent : d.shape) {
      if (extent == 0) break;
      a.shape[static_cast<size_t>(a.rank++)] = extent;
    }
    return layers::make_reshape(a);
  });
}

fv_node fv_permute(fv_graph* graph, fv_node x, const fv_permute_desc* desc) {
  return add_node(graph, "permute", {&x, 1}, name_of_desc(desc), [&] {
    const fv_permute_desc d = read_desc(desc, "fv_permute_desc");
    return layers::make_permute({axes(d.axes)});
  });
}
