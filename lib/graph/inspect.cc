#include "graph/inspect.h"

#include <cmath>
#include <string_view>

#include "base/attributes.h"

namespace fovea::graph {

using layers::Activation;

namespace {

// Finds one field among a layer's own; what is inside objects is not looked at.
class Finder final : public AttributeVisitor {
 public:
  explicit Finder(std::string_view name) : name_(name) {}
  using AttributeVisitor::choice;
  void field(const char*, int64_t&) override {}
  void field(const char* name, double& value) override {
    if (depth_ == 0 && name_ == name) number = value;
  }
  void field(const char*, bool&) override {}
  void field(const char*, std::span<int64_t>) override {}
  void choice(const char* name, int32_t& value, std::span<const char* const>) override {
    if (depth_ == 0 && name_ == name) chosen = value;
  }
  void bytes(const char*, std::string&) override {}
  void begin(const char*) override { ++depth_; }
  void end() override { --depth_; }

  double number = NAN;
  int32_t chosen = -1;

 private:
  std::string_view name_;
  int depth_ = 0;
};

Finder find(const graph::Node& node, const char* name) {
  Finder finder(name);
  node.layer->clone()->attributes(finder);
  return finder;
}

}  // namespace

Activation activation_of(const graph::Node& node) {
  if (const Activation own = node.layer->as_activation(); own != Activation::linear) return own;
  const int32_t chosen = find(node, "activation").chosen;
  return chosen < 0 ? Activation::linear : static_cast<Activation>(chosen);
}

double number_attribute(const graph::Node& node, const char* name, double otherwise) {
  const double number = find(node, name).number;
  return std::isnan(number) ? otherwise : number;
}

}  // namespace fovea::graph
