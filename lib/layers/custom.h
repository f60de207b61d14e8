// Layers of the host's own. May use: base, layers/layer.h.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "layers/layer.h"

namespace fovea::layers {

inline constexpr size_t kMaxCustomInputs = 16;
inline constexpr size_t kMaxCustomParameters = 16;
inline constexpr size_t kMaxCustomAttributes = 65536;  // bytes

// What such a layer is on given inputs. Memory is in elements: so many, and so many more for each sample.
struct CustomShape {
  Shape output;
  std::vector<Parameter> parameters;
  int64_t saved = 0, saved_per_sample = 0;
  int64_t scratch = 0, scratch_per_sample = 0;
  int64_t multiply_adds = 0;

  int64_t saved_elements(int64_t batch) const { return saved + saved_per_sample * batch; }
  int64_t scratch_elements(int64_t batch) const { return scratch + scratch_per_sample * batch; }
};

// One node of that type, fixed at setup().
struct CustomNode {
  std::string attributes;  // the host's bytes
  std::vector<Shape> inputs;
  CustomShape shape;
};

// The type: what the host has registered. All memory that a pass writes is zero at first, so that what the
// host leaves unwritten is not what memory held before. Whatever fails raises Error.
class CustomType : public HostType {
 public:
  virtual const std::string& name() const = 0;
  virtual Traits traits() const = 0;
  virtual CustomShape shape(const std::string& attributes, std::span<const Shape> inputs) const = 0;
  virtual void forward(const CustomNode&, const ForwardPass<float>&) const = 0;
  virtual void forward(const CustomNode&, const ForwardPass<double>&) const = 0;
  virtual void backward(const CustomNode&, const BackwardPass<float>&) const = 0;
  virtual void backward(const CustomNode&, const BackwardPass<double>&) const = 0;
};

// Null where the context has no type of that name.
std::shared_ptr<const CustomType> find_custom(const Context& context, std::string_view name);
std::unique_ptr<Layer> make_custom(std::shared_ptr<const CustomType> type, std::string attributes);

}  // namespace fovea::layers
