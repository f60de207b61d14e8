#include "data/augment/policy.h"

#include <cmath>

#include "data/augment/values.h"

namespace fovea::data {
namespace {

// In the order of torchvision's tables.
enum class Entry : uint32_t {
  identity,
  shear_x,
  shear_y,
  translate_x,
  translate_y,
  rotate,
  brightness,
  color,
  contrast,
  sharpness,
  posterize,
  solarize,
  auto_contrast,
  equalize
};
constexpr uint32_t kEntries = 14;
constexpr int kMagnitudes = 31;

bool has_magnitude(Entry e) {
  return e != Entry::identity && e < Entry::auto_contrast;
}
bool has_sign(Entry e) {
  return e > Entry::identity && e <= Entry::sharpness;
}

// Magnitude m of 0 to 30 as the entry's own value (torchvision 0.14's transforms/autoaugment.py).
double value_of(Entry e, int m, bool wide, double height, double width) {
  const double part = m / 30.0;
  switch (e) {
    case Entry::shear_x:
    case Entry::shear_y:
      return (wide ? 0.99 : 0.3) * part;
    case Entry::translate_x:
      return (wide ? 32.0 : 150.0 / 331 * width) * part;
    case Entry::translate_y:
      return (wide ? 32.0 : 150.0 / 331 * height) * part;
    case Entry::rotate:
      return (wide ? 135.0 : 30.0) * part;
    case Entry::posterize:
      return 8 - std::nearbyint(m / (30.0 / (wide ? 6 : 4)));
    case Entry::solarize:
      return 255 * (1 - part);
    default:
      return (wide ? 0.99 : 0.9) * part;
  }
}

class Builder {
 public:
  explicit Builder(const AugmentStep& policy) : policy_(policy) {}

  void add(Augment kind, double first, double second = 0) {
    AugmentStep& step = made_.steps[static_cast<size_t>(made_.count++)];
    step.kind = kind;
    step.probability = 1;
    step.range = Range{first, first};
    step.second = Range{second, second};
    step.interpolation = policy_.interpolation;
    step.fill_mode = policy_.fill_mode;
    step.fill = policy_.fill;
    step.pixels = kind == Augment::shift;
  }
  PolicySteps take() { return std::move(made_); }

 private:
  const AugmentStep& policy_;
  PolicySteps made_;
};

}  // namespace

PolicySteps draw_policy(const AugmentStep& policy, int64_t rows, int64_t columns, RandomSequence& random) {
  const bool wide = policy.kind == Augment::trivial_augment;
  const auto height = static_cast<double>(rows), width = static_cast<double>(columns);
  const auto e = static_cast<Entry>(draw_below(kEntries, random));
  int m = policy.magnitude.value_or(0);
  if (wide && has_magnitude(e)) m = static_cast<int>(draw_below(kMagnitudes, random));
  double v = value_of(e, m, wide, height, width);
  if (has_sign(e) && draw_below(2, random) == 1) v = -v;
  Builder steps(policy);
  switch (e) {
    case Entry::identity:
      break;
    // A shear about the upper left corner is one about the middle and a shift.
    case Entry::shear_x:
      steps.add(Augment::shear, std::atan(v) * (180 / std::numbers::pi));
      steps.add(Augment::shift, -v * height / 2);
      break;
    case Entry::shear_y:
      steps.add(Augment::shear, 0, std::atan(v) * (180 / std::numbers::pi));
      steps.add(Augment::shift, 0, -v * width / 2);
      break;
    case Entry::translate_x:
      steps.add(Augment::shift, std::trunc(v));
      break;
    case Entry::translate_y:
      steps.add(Augment::shift, 0, std::trunc(v));
      break;
    case Entry::rotate:
      steps.add(Augment::rotation, v);
      break;
    case Entry::brightness:
      steps.add(Augment::brightness, 1 + v);
      break;
    case Entry::color:
      steps.add(Augment::saturation, 1 + v);
      break;
    case Entry::contrast:
      steps.add(Augment::contrast, 1 + v);
      break;
    case Entry::sharpness:
      steps.add(Augment::sharpness, 1 + v);
      break;
    case Entry::posterize:
      steps.add(Augment::posterize, v);
      break;
    case Entry::solarize:
      steps.add(Augment::solarize, v);
      break;
    case Entry::auto_contrast:
      steps.add(Augment::auto_contrast, 0);
      break;
    case Entry::equalize:
      steps.add(Augment::equalize, 0);
      break;
  }
  return steps.take();
}

}  // namespace fovea::data
