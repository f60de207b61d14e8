#include "graph/inspect.h"

#include <cmath>
#include <optional>

#include "base/attributes.h"

namespace fovea::graph {
namespace {

// Finds one field among a layer's own, and changes it where it is a choice; what is inside objects is not
// looked at.
class Finder final : public AttributeVisitor {
 public:
  explicit Finder(std::string_view name, std::optional<int32_t> wanted = {}) : name_(name), wanted_(wanted) {}
  using AttributeVisitor::choice;
  void field(const char*, int64_t&) override {}
  void field(const char* name, double& value) override {
    if (depth_ == 0 && name_ == name) number = value;
  }
  void field(const char*, bool&) override {}
  void field(const char*, std::span<int64_t>) override {}
  void choice(const char* name, int32_t& value, std::span<const char* const> names) override {
    if (depth_ > 0 || name_ != name) return;
    chosen = {value, static_cast<int32_t>(names.size())};
    if (wanted_) value = *wanted_;
  }
  void bytes(const char*, std::string&) override {}
  void begin(const char*) override { ++depth_; }
  void end() override { --depth_; }

  double number = NAN;
  Choice chosen;

 private:
  std::string_view name_;
  std::optional<int32_t> wanted_;
  int depth_ = 0;
};

Finder find(const Node& node, std::string_view name) {
  Finder finder(name);
  node.layer->clone()->attributes(finder);
  return finder;
}

}  // namespace

layers::Activation activation_of(const Node& node) {
  using layers::Activation;
  if (const Activation own = node.layer->as_activation(); own != Activation::linear) return own;
  const Choice choice = choice_of(node, "activation");
  return choice.value < 0 ? Activation::linear : static_cast<Activation>(choice.value);
}

double number_attribute(const Node& node, const char* name, double otherwise) {
  const double number = find(node, name).number;
  return std::isnan(number) ? otherwise : number;
}

Choice choice_of(const Node& node, std::string_view name) {
  return find(node, name).chosen;
}

void choose(layers::Layer& layer, std::string_view name, int32_t value) {
  Finder finder(name, value);
  layer.attributes(finder);
}

}  // namespace fovea::graph
