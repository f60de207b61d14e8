#include "layers/custom.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace fovea::layers {
namespace {

class Custom final : public Typed<Custom> {
 public:
  Custom(std::shared_ptr<const CustomType> type, std::string attributes)
      : type_(std::move(type)), node_{std::move(attributes), {}, {}} {}

  std::string_view kind() const override { return type_->name(); }
  void attributes(AttributeVisitor& v) override { v.bytes("bytes", node_.attributes); }

  Shape setup(std::span<const Shape> inputs) override {
    FOVEA_REQUIRE(inputs.size() >= 1 && inputs.size() <= kMaxCustomInputs,
                  "there are %zu inputs, expected 1 to %zu", inputs.size(), kMaxCustomInputs);
    FOVEA_REQUIRE(node_.attributes.size() <= kMaxCustomAttributes,
                  "there are %zu bytes of attributes, at most %zu", node_.attributes.size(),
                  kMaxCustomAttributes);
    node_.inputs.assign(inputs.begin(), inputs.end());
    node_.shape = type_->shape(node_.attributes, inputs);
    const CustomShape& s = node_.shape;
    for (int64_t elements : {s.saved, s.saved_per_sample, s.scratch, s.scratch_per_sample, s.multiply_adds})
      FOVEA_REQUIRE(elements >= 0 && elements <= kMaxElements,
                    "its shape asks for %lld elements or operations", static_cast<long long>(elements));
    return s.output;
  }

  std::vector<Parameter> parameters() const override { return node_.shape.parameters; }
  Traits traits() const override { return type_->traits(); }
  int64_t multiply_adds() const override { return node_.shape.multiply_adds; }
  Demand demand(const DemandQuery& q) const override {
    const CustomShape& s = node_.shape;
    // The elements fit: each product is bounded here.
    for (const int64_t per_sample : {s.saved_per_sample, s.scratch_per_sample})
      (void)checked_mul(per_sample, q.batch);
    Demand d;
    if (q.training) d.saved = static_cast<size_t>(s.saved_elements(q.batch)) * size_of(q.dtype);
    d.scratch = static_cast<size_t>(s.scratch_elements(q.batch)) * size_of(q.dtype);
    return d;
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    std::fill_n(p.y, p.batch * node_.shape.output.elements(), T(0));
    if (p.training) clear<T>(p.saved, node_.shape.saved_elements(p.batch));
    clear<T>(p.scratch, node_.shape.scratch_elements(p.batch));
    type_->forward(node_, p);
  }

  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    for (size_t i = 0; i < p.dx.size(); ++i)
      if (p.dx[i] != nullptr) std::fill_n(p.dx[i], p.batch * node_.inputs[i].elements(), T(0));
    for (size_t i = 0; i < p.dparams.size(); ++i)
      if (p.dparams[i] != nullptr)
        std::fill_n(p.dparams[i], node_.shape.parameters[i].shape.elements(), T(0));
    clear<T>(p.scratch, node_.shape.scratch_elements(p.batch));
    type_->backward(node_, p);
  }

 private:
  template <class T>
  static void clear(std::byte* memory, int64_t elements) {
    if (elements > 0) std::memset(memory, 0, static_cast<size_t>(elements) * sizeof(T));
  }

  std::shared_ptr<const CustomType> type_;
  CustomNode node_;
};

}  // namespace

std::shared_ptr<const CustomType> find_custom(const Context& context, std::string_view name) {
  return std::static_pointer_cast<const CustomType>(context.layer_types().find(name));
}

std::unique_ptr<Layer> make_custom(std::shared_ptr<const CustomType> type, std::string attributes) {
  return std::make_unique<Custom>(std::move(type), std::move(attributes));
}

}  // namespace fovea::layers
