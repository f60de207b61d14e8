#include "data/augment/step.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/error.h"
#include "base/text.h"

namespace fovea::data {
namespace {

constexpr double kInfinity = HUGE_VAL;
constexpr int64_t kMaxSide = 1 << 16;

// What a range may be. Without a default it must be given.
struct Limits {
  bool used = false;
  double low = 0, high = 0;  // the bounds of both ends
  bool open = false;         // low itself is no legal value
  bool has_default = false;
  Range otherwise = {};
};
enum class Size { none, optional, required };

struct Traits {
  const char* name;
  double probability = 1;
  Limits first = {}, second = {};
  Size size = Size::none;
  bool fills = false;  // has a fill mode
  bool interpolates = false;
};

constexpr Limits any() {
  return {true, -kInfinity, kInfinity, false, false, {}};
}
constexpr Limits between(double low, double high) {
  return {true, low, high, false, false, {}};
}
constexpr Limits above(double low, double high = kInfinity) {
  return {true, low, high, true, false, {}};
}
constexpr Limits by_default(Limits limits, double low, double high) {
  limits.has_default = true;
  limits.otherwise = {low, high};
  return limits;
}

constexpr Traits geometric(const char* name, Limits first, Limits second = {}) {
  return {name, 1, first, second, Size::none, true, true};
}

constexpr Traits kTraits[] = {
    {"horizontal flip", 0.5},
    {"vertical flip", 0.5},
    {"crop", 1, {}, {}, Size::required, true},
    {"center crop", 1, {}, {}, Size::required, true},
    {"resize", 1, {}, {}, Size::required, false, true},
    {"scale crop", 1, by_default(between(1, kMaxSide), 256, 480), {}, Size::optional, false, true},
    {"resized crop", 1, by_default(above(0, 1), 0.08, 1), by_default(above(0), 3.0 / 4, 4.0 / 3),
     Size::required, false, true},
    geometric("rotation", any()),
    geometric("shift", any(), by_default(any(), 0, 0)),
    geometric("shear", between(-89, 89), by_default(between(-89, 89), 0, 0)),
    geometric("zoom", above(0)),
    geometric("stretch", above(0), by_default(above(0), 1, 1)),
    geometric("perspective", by_default(between(0, 0.99), 0, 0.5)),
    geometric("lens", any(), by_default(any(), 0, 0)),
    geometric("elastic", by_default(between(0, kInfinity), 34, 34), by_default(above(0, 1000), 4, 4)),
    {"brightness", 1, between(0, kInfinity)},
    {"contrast", 1, between(0, kInfinity)},
    {"saturation", 1, between(0, kInfinity)},
    {"hue", 1, between(-0.5, 0.5)},
    {"gamma", 1, above(0)},
    {"channel shift", 1, any()},
    {"color offset", 1, by_default(between(0, kInfinity), 0.1, 0.1)},
    {"grey", 0.1},
    {"blur", 1, by_default(above(0, 1000), 0.1, 2), {}, Size::optional},
    {"noise", 1, between(0, kInfinity)},
    {"cutout", 1, {}, {}, Size::required},
    {"erasing", 0.5, by_default(above(0, 1), 0.02, 0.33), by_default(above(0), 0.3, 3.3)},
    {"sharpness", 1, between(0, kInfinity)},
    {"posterize", 1, between(0, 8)},
    {"solarize", 1, between(-kInfinity, kInfinity)},
    {"auto contrast"},
    {"equalize"},
    {"invert"},
    {"rand augment", 1, {}, {}, Size::none, true, true},
    {"trivial augment", 1, {}, {}, Size::none, true, true},
    {"rescale", 1, any()},
    {"callback"},
    {"random apply", 0.5},
    {"random choice"},
    {"random order"},
    geometric("shear of Keras", between(-180, 180)),
};

const Traits& traits_of(Augment kind) {
  return kTraits[static_cast<size_t>(kind) - 1];
}

// Of fb.resnet.torch, which has it from ImageNet's training images.
constexpr ColorAxes kImageNet{{-0.5675, 0.7192, 0.4009, -0.5808, -0.0045, -0.8140, -0.5836, -0.6948, 0.4203},
                              {0.2175, 0.0188, 0.0045}};

void check_range(std::optional<Range>& range, const Limits& limits, const char* what, const char* title) {
  if (!limits.used) {
    FOVEA_REQUIRE(!range, "%s has no %s", title, what);
    range = Range{};
    return;
  }
  FOVEA_REQUIRE(range || limits.has_default, "%s needs a %s", title, what);
  if (!range) range = limits.otherwise;
  const auto [low, high] = *range;
  FOVEA_REQUIRE(std::isfinite(low) && std::isfinite(high) && low <= high, "%s: the %s is %g to %g", title,
                what, low, high);
  FOVEA_REQUIRE((limits.open ? low > limits.low : low >= limits.low) && high <= limits.high,
                "%s: the %s is %g to %g, expected numbers %s %g and up to %g", title, what, low, high,
                limits.open ? "above" : "from", limits.low, limits.high);
}

void check_size(AugmentStep& step, Size size, const char* title) {
  FOVEA_REQUIRE(size != Size::none || (step.height == 0 && step.width == 0), "%s has no size", title);
  FOVEA_REQUIRE(size != Size::required || step.height != 0, "%s needs a size", title);
  FOVEA_REQUIRE(step.height >= 0 && step.height <= kMaxSide && step.width >= 0 && step.width <= kMaxSide &&
                    (step.height != 0 || step.width == 0),
                "%s: the size is %lld x %lld, expected up to %lld a side", title,
                static_cast<long long>(step.height), static_cast<long long>(step.width),
                static_cast<long long>(kMaxSide));
  if (step.width == 0 && step.kind != Augment::resize) step.width = step.height;
}

// The kinds that one field is for.
void check_special(AugmentStep& step, const char* title) {
  const auto only = [&](bool given, Augment kind, const char* field) {
    FOVEA_REQUIRE(!given || step.kind == kind, "%s has no %s", title, field);
  };
  only(step.padding != 0, Augment::crop, "padding");
  only(step.pixels, Augment::shift, "pixels");
  only(step.random_fill, Augment::erasing, "random_fill");
  FOVEA_REQUIRE(step.count == 0 || step.kind == Augment::rand_augment || is_group(step.kind),
                "%s has no count", title);
  only(step.magnitude.has_value(), Augment::rand_augment, "magnitude");
  only(static_cast<bool>(step.function), Augment::callback, "function");
  only(!step.name.empty(), Augment::callback, "name");
  const auto set = [](double v) { return v != 0; };
  const bool colored = std::any_of(step.colors.axes.begin(), step.colors.axes.end(), set) ||
                       std::any_of(step.colors.variances.begin(), step.colors.variances.end(), set);
  only(colored, Augment::color_offset, "colors");
  switch (step.kind) {
    case Augment::crop:
      FOVEA_REQUIRE(step.padding >= 0 && step.padding <= kMaxSide, "%s: padding is %lld", title,
                    static_cast<long long>(step.padding));
      break;
    case Augment::scale_crop:
      if (step.height == 0) step.height = step.width = 224;
      FOVEA_REQUIRE(std::ceil(step.range->low) <= std::floor(step.range->high),
                    "%s: no whole number in %g to %g", title, step.range->low, step.range->high);
      break;
    case Augment::color_offset:
      if (!colored) step.colors = kImageNet;
      for (const double v : step.colors.axes)
        FOVEA_REQUIRE(std::isfinite(v), "%s: axes are not finite", title);
      for (const double v : step.colors.variances)
        FOVEA_REQUIRE(std::isfinite(v) && v >= 0, "%s: a variance is %g", title, v);
      break;
    case Augment::blur:
      FOVEA_REQUIRE(step.height == 0 || (step.height % 2 == 1 && step.width % 2 == 1),
                    "%s: the size is %lld x %lld, expected odd numbers", title,
                    static_cast<long long>(step.height), static_cast<long long>(step.width));
      break;
    case Augment::rand_augment:
      if (step.count == 0) step.count = 2;
      if (!step.magnitude) step.magnitude = 9;
      FOVEA_REQUIRE(step.count > 0 && step.count <= 16, "%s: count is %d, expected 1 to 16", title,
                    step.count);
      FOVEA_REQUIRE(*step.magnitude >= 0 && *step.magnitude <= 30, "%s: magnitude is %d, expected 0 to 30",
                    title, *step.magnitude);
      break;
    case Augment::random_apply:
    case Augment::random_choice:
    case Augment::random_order:
      FOVEA_REQUIRE(step.count > 0, "%s: count is %d, expected 1 or more", title, step.count);
      break;
    case Augment::callback:
      FOVEA_REQUIRE(static_cast<bool>(step.function), "%s needs a function", title);
      if (step.name.empty()) step.name = "callback";
      break;
    default:
      break;
  }
}

}  // namespace

std::string AugmentStep::title(size_t index) const {
  return "step " + std::to_string(index) + " (" + traits_of(kind).name + ")";
}

std::string AugmentStep::text() const {
  std::string out = traits_of(kind).name;
  const auto add = [&out](const char* field, double value) {
    out += std::string(" ") + field + " " + exact(value);
  };
  add("p", chance());
  add("low", range->low), add("high", range->high);
  add("low", second->low), add("high", second->high);
  add("size", static_cast<double>(height)), add("x", static_cast<double>(width));
  add("padding", static_cast<double>(padding));
  add("interpolation", static_cast<double>(interpolation));
  add("fill", static_cast<double>(fill_mode)), add("value", fill);
  add("flags", pixels + 2 * random_fill);
  add("count", count), add("magnitude", magnitude.value_or(0));
  if (kind == Augment::color_offset) {
    for (const double v : colors.axes) add("axis", v);
    for (const double v : colors.variances) add("variance", v);
  }
  return out + " " + name;
}

AugmentStep checked_step(AugmentStep step, size_t index) {
  const auto number = static_cast<int64_t>(step.kind);
  FOVEA_REQUIRE(number >= 1 && number <= static_cast<int64_t>(std::size(kTraits)),
                "step %zu is of the unknown kind %lld", index, static_cast<long long>(number));
  const Traits& traits = traits_of(step.kind);
  const std::string title = step.title(index);
  const char* t = title.c_str();
  if (!step.probability) step.probability = traits.probability;
  FOVEA_REQUIRE(step.chance() >= 0 && step.chance() <= 1, "%s: the probability is %g", t, step.chance());
  check_range(step.range, traits.first, "range", t);
  check_range(step.second, traits.second, "second range", t);
  check_size(step, traits.size, t);
  FOVEA_REQUIRE(traits.interpolates || step.interpolation == Interpolation::bilinear,
                "%s has no interpolation", t);
  FOVEA_REQUIRE(step.interpolation != Interpolation::area || !traits.fills,
                "%s: area is for resizing: bilinear, nearest or bicubic is needed", t);
  FOVEA_REQUIRE(traits.fills || step.fill_mode == FillMode::constant, "%s has no fill_mode", t);
  const bool has_value = traits.fills || step.kind == Augment::cutout || step.kind == Augment::erasing;
  FOVEA_REQUIRE(has_value || step.fill == 0, "%s has no fill_value", t);
  FOVEA_REQUIRE(std::isfinite(step.fill), "%s: fill_value is not finite", t);
  check_special(step, t);
  return step;
}

bool is_geometric(Augment kind) {
  return (kind >= Augment::rotation && kind <= Augment::elastic) || kind == Augment::keras_shear ||
         kind == Augment::horizontal_flip || kind == Augment::vertical_flip;
}

}  // namespace fovea::data
