#include "model/graph_json.h"

#include <cstring>

#include "base/error.h"
#include "base/text.h"
#include "layers/custom.h"
#include "layers/registry.h"
#include "model/base64.h"
#include "model/json.h"

namespace fovea::model {
namespace {

using Json = JsonValue;
using Type = JsonValue::Type;

// Appends the members of an object, without its braces.
class Writer final : public AttributeVisitor {
 public:
  explicit Writer(std::string& text) : text_(text) {}
  void field(const char* name, int64_t& value) override { member(name) += json_text(value); }
  void field(const char* name, double& value) override { member(name) += json_text(value); }
  void field(const char* name, bool& value) override { member(name) += json_text(value); }
  void field(const char* name, std::span<int64_t> values) override {
    member(name) += '[';
    for (size_t i = 0; i < values.size(); ++i) text_ += (i == 0 ? "" : ",") + json_text(values[i]);
    text_ += ']';
  }
  void choice(const char* name, int32_t& value, std::span<const char* const> names) override {
    member(name) += json_text(std::string_view(names[static_cast<size_t>(value)]));
  }
  void bytes(const char* name, std::string& value) override {
    member(name) += json_text(std::string_view(to_base64(value)));
  }
  void begin(const char* name) override {
    member(name) += '{';
    first_ = true;
  }
  void end() override {
    text_ += '}';
    first_ = false;
  }

 private:
  std::string& member(const char* name) {
    if (!first_) text_ += ',';
    first_ = false;
    return (text_ += json_text(std::string_view(name))) += ':';
  }
  std::string& text_;
  bool first_ = true;
};

// Takes each field out of the object as it is read, so that what is left at the end is unknown.
class Reader final : public AttributeVisitor {
 public:
  explicit Reader(Json& root) : stack_{&root} {}
  void field(const char* name, int64_t& value) override {
    take(name, [&](const Json& j) { value = integer(j, name); });
  }
  void field(const char* name, double& value) override {
    take(name, [&](const Json& j) {
      if (j.type != Type::number && j.type != Type::integer)
        fail(Status::format, "attribute '%s' is not a number", name);
      value = j.number;
    });
  }
  void field(const char* name, bool& value) override {
    take(name, [&](const Json& j) {
      if (j.type != Type::boolean) fail(Status::format, "attribute '%s' is not true or false", name);
      value = j.boolean;
    });
  }
  void field(const char* name, std::span<int64_t> values) override {
    take(name, [&](const Json& j) {
      if (j.type != Type::array || j.children.size() != values.size())
        fail(Status::format, "attribute '%s' is not a list of %zu integers", name, values.size());
      for (size_t i = 0; i < values.size(); ++i) values[i] = integer(j.children[i], name);
    });
  }
  void choice(const char* name, int32_t& value, std::span<const char* const> names) override {
    take(name, [&](const Json& j) {
      for (size_t i = 0; j.type == Type::string && i < names.size(); ++i)
        if (names[i] != nullptr && j.string == names[i]) {
          value = static_cast<int32_t>(i);
          return;
        }
      fail(Status::format, "attribute '%s' has an unknown value", name);
    });
  }
  void bytes(const char* name, std::string& value) override {
    take(name, [&](const Json& j) {
      const std::optional<std::string> read = j.type == Type::string ? from_base64(j.string) : std::nullopt;
      if (!read) fail(Status::format, "attribute '%s' is not base64", name);
      value = *read;
    });
  }
  void begin(const char* name) override {
    Json* found = top().find(name);
    if (found == nullptr) {
      stack_.push_back(&nothing_);
      return;
    }
    if (found->type != Type::object) fail(Status::format, "attribute '%s' is not an object", name);
    entered_.emplace_back(name);
    stack_.push_back(found);
  }
  void end() override {
    Json* child = stack_.back();
    stack_.pop_back();
    if (child == &nothing_) return;
    expect_empty(*child);
    top().erase(entered_.back());
    entered_.pop_back();
  }
  static void expect_empty(const Json& object) {
    if (!object.keys.empty()) fail(Status::format, "unknown attribute '%.100s'", object.keys[0].c_str());
  }

 private:
  static int64_t integer(const Json& j, const char* name) {
    if (j.type != Type::integer) fail(Status::format, "attribute '%s' is not an integer", name);
    return j.integer;
  }
  template <class F> void take(const char* name, F&& read) {
    const Json* found = top().find(name);
    if (found == nullptr) return;
    read(*found);
    top().erase(name);
  }
  Json& top() { return *stack_.back(); }

  Json nothing_;  // an object without members
  std::vector<Json*> stack_;
  std::vector<std::string> entered_;
};

Json& member(Json& object, const char* name, Type type) {
  Json* found = object.find(name);
  if (found == nullptr || found->type != type)
    fail(Status::format, "'%s' is missing or of a wrong type", name);
  return *found;
}

int index_below(const Json& j, int limit, const char* what) {
  if (j.type != Type::integer || j.integer < 0 || j.integer >= limit)
    fail(Status::format, "%s is not the index of an earlier node", what);
  return static_cast<int>(j.integer);
}

constexpr const char* kCustom = "custom";  // the kind of every layer of a host's

std::unique_ptr<layers::Layer> make_custom(const Context& context, Json& j, const std::string& name) {
  const std::string& type = member(j, "type", Type::string).string;
  std::shared_ptr<const layers::CustomType> found = layers::find_custom(context, type);
  if (found == nullptr)
    fail(Status::not_found, "layer type %s of '%.200s' is not registered with the context",
         in_quotes(type, 64).c_str(), name.c_str());
  return layers::make_custom(std::move(found), {});
}

void add_node(graph::Graph& graph, const Context& context, Json& j) {
  const std::string& kind = member(j, "kind", Type::string).string;
  const std::string& name = member(j, "name", Type::string).string;
  if (name.empty()) fail(Status::format, "a name is empty");
  std::unique_ptr<layers::Layer> layer =
      kind == kCustom ? make_custom(context, j, name) : layers::create(kind);
  if (layer == nullptr) fail(Status::format, "layer kind '%.100s' is unknown", kind.c_str());
  std::vector<int> inputs;
  for (const Json& input : member(j, "inputs", Type::array).children)
    inputs.push_back(index_below(input, graph.size(), "an input"));
  Json& attributes = member(j, "attributes", Type::object);
  try {
    Reader reader(attributes);
    layer->attributes(reader);
    Reader::expect_empty(attributes);
  } catch (const Error& error) {
    fail(error.status(), "%s '%.200s': %s", kind.c_str(), name.c_str(), error.what());
  }
  graph.add(std::move(layer), inputs, name);
}

std::string list_of(const std::vector<int>& values) {
  std::string text = "[";
  for (size_t i = 0; i < values.size(); ++i) text += (i == 0 ? "" : ",") + std::to_string(values[i]);
  return text + ']';
}

}  // namespace

std::string graph_to_json(const graph::Graph& graph, const std::vector<int>& outputs) {
  std::string text = "{\"nodes\":[";
  for (const graph::Node& node : graph.nodes()) {
    if (&node != &graph.nodes().front()) text += ',';
    const std::string_view kind = node.layer->kind();
    const bool custom = kind.find('.') != std::string_view::npos;  // the library's own kinds have no dot
    text += "{\"name\":" + json_text(std::string_view(node.name)) +
            ",\"kind\":" + json_text(custom ? kCustom : kind) +
            (custom ? ",\"type\":" + json_text(kind) : "") + ",\"inputs\":" + list_of(node.inputs) +
            ",\"attributes\":{";
    Writer writer(text);
    node.layer->clone()->attributes(writer);
    text += "}}";
  }
  return text + "],\"outputs\":" + list_of(outputs) + '}';
}

ParsedGraph graph_from_json(const Context& context, std::string_view text) {
  constexpr int kMaxDepth = 8;
  try {
    Json root = parse_json(text, kMaxDepth);
    if (root.type != Type::object) fail(Status::format, "it is not an object");
    ParsedGraph parsed;
    for (Json& node : member(root, "nodes", Type::array).children) {
      if (node.type != Type::object) fail(Status::format, "a node is not an object");
      add_node(parsed.graph, context, node);
    }
    for (const Json& output : member(root, "outputs", Type::array).children)
      parsed.outputs.push_back(index_below(output, parsed.graph.size(), "an output"));
    if (parsed.outputs.empty()) fail(Status::format, "it has no output");
    return parsed;
  } catch (const Error& error) {
    // What the library refuses is a fault of the text; what else a host's layer may meet is not.
    const bool of_text = error.status() == Status::invalid_argument || error.status() == Status::unsupported;
    fail(of_text ? Status::format : error.status(), "graph: %s", error.what());
  }
}

}  // namespace fovea::model
