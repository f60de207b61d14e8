#include "model/graph_json.h"

#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "layers/registry.h"

namespace fovea::model {
namespace {

using Json = nlohmann::ordered_json;

class Writer final : public AttributeVisitor {
 public:
  explicit Writer(Json& root) : stack_{&root} {}
  void field(const char* name, int64_t& value) override { top()[name] = value; }
  void field(const char* name, double& value) override { top()[name] = value; }
  void field(const char* name, bool& value) override { top()[name] = value; }
  void field(const char* name, std::span<int64_t> values) override {
    Json array = Json::array();
    for (int64_t v : values) array.push_back(v);
    top()[name] = std::move(array);
  }
  void choice(const char* name, int32_t& value, std::span<const char* const> names) override {
    top()[name] = names[static_cast<size_t>(value)];
  }
  void begin(const char* name) override {
    Json& child = top()[name];
    child = Json::object();
    stack_.push_back(&child);
  }
  void end() override { stack_.pop_back(); }

 private:
  Json& top() { return *stack_.back(); }
  std::vector<Json*> stack_;
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
      if (!j.is_number()) fail(Status::format, "attribute '%s' is not a number", name);
      value = j.get<double>();
    });
  }
  void field(const char* name, bool& value) override {
    take(name, [&](const Json& j) {
      if (!j.is_boolean()) fail(Status::format, "attribute '%s' is not true or false", name);
      value = j.get<bool>();
    });
  }
  void field(const char* name, std::span<int64_t> values) override {
    take(name, [&](const Json& j) {
      if (!j.is_array() || j.size() != values.size())
        fail(Status::format, "attribute '%s' is not a list of %zu integers", name, values.size());
      for (size_t i = 0; i < values.size(); ++i) values[i] = integer(j[i], name);
    });
  }
  void choice(const char* name, int32_t& value, std::span<const char* const> names) override {
    take(name, [&](const Json& j) {
      for (size_t i = 0; j.is_string() && i < names.size(); ++i)
        if (names[i] != nullptr && j.get_ref<const std::string&>() == names[i]) {
          value = static_cast<int32_t>(i);
          return;
        }
      fail(Status::format, "attribute '%s' has an unknown value", name);
    });
  }
  void begin(const char* name) override {
    const auto found = top().find(name);
    if (found == top().end()) {
      stack_.push_back(&nothing_);
      return;
    }
    if (!found->is_object()) fail(Status::format, "attribute '%s' is not an object", name);
    entered_.emplace_back(name);
    stack_.push_back(&*found);
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
    if (!object.empty())
      fail(Status::format, "unknown attribute '%.100s'", object.begin().key().c_str());
  }

 private:
  static int64_t integer(const Json& j, const char* name) {
    const bool fits = j.is_number_unsigned() ? j.get<uint64_t>() <= uint64_t{INT64_MAX} : j.is_number_integer();
    if (!fits) fail(Status::format, "attribute '%s' is not an integer", name);
    return j.get<int64_t>();
  }
  template <class F> void take(const char* name, F&& read) {
    const auto found = top().find(name);
    if (found == top().end()) return;
    read(*found);
    top().erase(found);
  }
  Json& top() { return *stack_.back(); }

  Json nothing_ = Json::object();
  std::vector<Json*> stack_;
  std::vector<std::string> entered_;
};

const Json& member(const Json& object, const char* name, Json::value_t type) {
  const auto found = object.find(name);
  if (found == object.end() || found->type() != type) fail(Status::format, "'%s' is missing or of a wrong type", name);
  return *found;
}

int index_below(const Json& j, int limit, const char* what) {
  if (!j.is_number_unsigned() || j.get<uint64_t>() >= static_cast<uint64_t>(limit))
    fail(Status::format, "%s is not the index of an earlier node", what);
  return static_cast<int>(j.get<uint64_t>());
}

void add_node(graph::Graph& graph, Json& j) {
  const std::string& kind = member(j, "kind", Json::value_t::string).get_ref<const std::string&>();
  const std::string& name = member(j, "name", Json::value_t::string).get_ref<const std::string&>();
  if (name.empty()) fail(Status::format, "a name is empty");
  std::unique_ptr<layers::Layer> layer = layers::create(kind);
  if (layer == nullptr) fail(Status::format, "layer kind '%.100s' is unknown", kind.c_str());
  std::vector<int> inputs;
  for (const Json& input : member(j, "inputs", Json::value_t::array))
    inputs.push_back(index_below(input, graph.size(), "an input"));
  member(j, "attributes", Json::value_t::object);
  Json& attributes = j["attributes"];
  try {
    Reader reader(attributes);
    layer->attributes(reader);
    Reader::expect_empty(attributes);
  } catch (const Error& error) {
    fail(error.status(), "%s '%.200s': %s", kind.c_str(), name.c_str(), error.what());
  }
  graph.add(std::move(layer), inputs, name);
}

}  // namespace

std::string graph_to_json(const graph::Graph& graph, const std::vector<int>& outputs) {
  Json nodes = Json::array();
  for (const graph::Node& node : graph.nodes()) {
    Json j;
    j["name"] = node.name;
    j["kind"] = std::string(node.layer->kind());
    j["inputs"] = node.inputs;
    j["attributes"] = Json::object();
    Writer writer(j["attributes"]);
    node.layer->clone()->attributes(writer);
    nodes.push_back(std::move(j));
  }
  Json root;
  root["nodes"] = std::move(nodes);
  root["outputs"] = outputs;
  return root.dump(-1, ' ', false, Json::error_handler_t::strict);
}

ParsedGraph graph_from_json(std::string_view text) {
  constexpr int kMaxDepth = 8;
  try {
    // The callback sees the depth before anything deeper is built.
    Json root = Json::parse(text, [](int depth, Json::parse_event_t, Json&) {
      if (depth > kMaxDepth) fail(Status::format, "the text is nested too deeply");
      return true;
    });
    if (!root.is_object()) fail(Status::format, "it is not an object");
    ParsedGraph parsed;
    member(root, "nodes", Json::value_t::array);
    for (Json& node : root["nodes"]) {
      if (!node.is_object()) fail(Status::format, "a node is not an object");
      add_node(parsed.graph, node);
    }
    for (const Json& output : member(root, "outputs", Json::value_t::array))
      parsed.outputs.push_back(index_below(output, parsed.graph.size(), "an output"));
    if (parsed.outputs.empty()) fail(Status::format, "it has no output");
    return parsed;
  } catch (const Error& error) {
    fail(Status::format, "graph: %s", error.what());
  } catch (const Json::exception& error) {
    fail(Status::format, "graph: %.200s", error.what());
  }
}

}  // namespace fovea::model
