#include <fovea/pooling.h>

#include "capi/fields.h"

using namespace fovea;
using namespace fovea::capi;
using layers::Upsample;

static_assert(FV_UPSAMPLE_NEAREST == static_cast<int>(Upsample::nearest) &&
              FV_UPSAMPLE_BED_OF_NAILS == static_cast<int>(Upsample::bed_of_nails));

fv_node fv_global_max_pool2d(fv_graph* graph, fv_node x, const fv_layer_desc* desc) {
  return add_plain(graph, "global_max_pool2d", x, desc, [] { return layers::make_global_max_pool2d(); });
}

fv_node fv_adaptive_max_pool2d(fv_graph* graph, fv_node x, const fv_adaptive_pool2d_desc* desc) {
  return add_node(graph, "adaptive_max_pool2d", {&x, 1}, name_of_desc(desc), [&] {
    const fv_adaptive_pool2d_desc d = read_desc(desc, "fv_adaptive_pool2d_desc");
    return layers::make_adaptive_max_pool2d({pair(d.size, {0, 0})});
  });
}

fv_node fv_adaptive_average_pool2d(fv_graph* graph, fv_node x, const fv_adaptive_pool2d_desc* desc) {
  return add_node(graph, "adaptive_average_pool2d", {&x, 1}, name_of_desc(desc), [&] {
    const fv_adaptive_pool2d_desc d = read_desc(desc, "fv_adaptive_pool2d_desc");
    return layers::make_adaptive_average_pool2d({pair(d.size, {0, 0})});
  });
}

fv_node fv_fractional_max_pool2d(fv_graph* graph, fv_node x, const fv_fractional_pool2d_desc* desc) {
  return add_node(graph, "fractional_max_pool2d", {&x, 1}, name_of_desc(desc), [&] {
    const fv_fractional_pool2d_desc d = read_desc(desc, "fv_fractional_pool2d_desc");
    layers::FractionalPool2dAttributes a;
    if (d.ratio[0] != 0 || d.ratio[1] != 0) a.ratio = {d.ratio[0], d.ratio[1] == 0 ? d.ratio[0] : d.ratio[1]};
    a.overlapping = d.overlapping != 0;
    return layers::make_fractional_max_pool2d(a);
  });
}

namespace {

// Takes a pooling's attributes from its layer.
class PoolReader final : public AttributeVisitor {
 public:
  explicit PoolReader(layers::Pool2dAttributes& a) : a_(a) {}
  using AttributeVisitor::choice;
  void field(const char*, int64_t&) override {}
  void field(const char*, double&) override {}
  void field(const char* name, bool& value) override {
    if (std::string_view(name) == "ceil_mode") a_.ceil_mode = value;
  }
  void field(const char* name, std::span<int64_t> values) override {
    const std::string_view field = name;
    if (field == "size") std::copy(values.begin(), values.end(), a_.size.begin());
    if (field == "strides") std::copy(values.begin(), values.end(), a_.strides.begin());
    if (field == "pad") std::copy(values.begin(), values.end(), a_.pad.begin());
  }
  void choice(const char*, int32_t& value, std::span<const char* const>) override {
    a_.padding = static_cast<layers::Padding>(value);
  }
  void bytes(const char*, std::string&) override {}
  void begin(const char*) override {}
  void end() override {}

 private:
  layers::Pool2dAttributes& a_;
};

}  // namespace

fv_node fv_max_unpool2d(fv_graph* graph, fv_node x, fv_node pool, const fv_layer_desc* desc) {
  fv_node inputs[] = {x, pool};
  layers::Pool2dAttributes a;
  if (graph != nullptr && !graph->error) {
    // The second input is what was pooled; where `pool` is no such node, the body below refuses it.
    const int index = node_index(*graph, pool);
    const bool pooling = index >= 0 && graph->graph.node(index).layer->kind() == "max_pool2d";
    if (pooling) inputs[1] = node_id(*graph, graph->graph.node(index).inputs[0]);
  }
  return add_node(graph, "max_unpool2d", inputs, name_of_desc(desc), [&] {
    read_desc(desc, "fv_layer_desc");
    const graph::Node& node = graph->graph.node(need_node(*graph, pool, "the pooling"));
    FOVEA_REQUIRE(node.layer->kind() == "max_pool2d", "'%.200s' is of kind %.64s, expected max_pool2d",
                  node.name.c_str(), std::string(node.layer->kind()).c_str());
    PoolReader reader(a);
    node.layer->clone()->attributes(reader);
    return layers::make_max_unpool2d(a);
  });
}

fv_node fv_upsample2d(fv_graph* graph, fv_node x, const fv_upsample2d_desc* desc) {
  return add_node(graph, "upsample2d", {&x, 1}, name_of_desc(desc), [&] {
    const fv_upsample2d_desc d = read_desc(desc, "fv_upsample2d_desc");
    return layers::make_upsample2d(
        {pair(d.scale, {2, 2}), choice(d.method, Upsample::bed_of_nails, "method"), d.align_corners != 0});
  });
}

fv_node fv_pixel_shuffle(fv_graph* graph, fv_node x, const fv_pixel_shuffle_desc* desc) {
  return add_node(graph, "pixel_shuffle", {&x, 1}, name_of_desc(desc), [&] {
    const fv_pixel_shuffle_desc d = read_desc(desc, "fv_pixel_shuffle_desc");
    return layers::make_pixel_shuffle({d.factor == 0 ? 2 : d.factor});
  });
}

fv_node fv_pixel_unshuffle(fv_graph* graph, fv_node x, const fv_pixel_shuffle_desc* desc) {
  return add_node(graph, "pixel_unshuffle", {&x, 1}, name_of_desc(desc), [&] {
    const fv_pixel_shuffle_desc d = read_desc(desc, "fv_pixel_shuffle_desc");
    return layers::make_pixel_unshuffle({d.factor == 0 ? 2 : d.factor});
  });
}
