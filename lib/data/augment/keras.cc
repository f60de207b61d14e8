#include "data/augment/keras.h"

#include <cmath>
#include <iterator>

#include "base/error.h"
#include "base/text.h"

namespace fovea::data {
namespace {

FillMode fill_mode_of(const std::string& name) {
  constexpr const char* kNames[] = {"constant", "nearest", "reflect", "wrap"};
  for (size_t i = 0; i < std::size(kNames); ++i)
    if (name == kNames[i]) return static_cast<FillMode>(i);
  fail(Status::invalid_argument, "fill_mode is %s, expected nearest, constant, reflect or wrap",
       in_quotes(name).c_str());
}

Range both_ways(double range, const char* name) {
  FOVEA_REQUIRE(std::isfinite(range) && range >= 0, "%s is %g", name, range);
  return {-range, range};
}

class Builder {
 public:
  explicit Builder(const ImageDataGenerator& keras)
      : fill_mode_(fill_mode_of(keras.fill_mode)), fill_(keras.cval) {}

  AugmentStep& add(Augment kind, std::optional<Range> range = {}, std::optional<Range> second = {}) {
    AugmentStep step;
    step.kind = kind;
    step.range = range;
    step.second = second;
    if (is_geometric(kind) && range) {
      step.fill_mode = fill_mode_;
      step.fill = fill_mode_ == FillMode::constant ? fill_ : 0;
    }
    steps_.push_back(std::move(step));
    return steps_.back();
  }
  void add_shift(double range, const char* name, bool horizontal) {
    if (range == 0) return;
    const Range both = both_ways(range, name);
    add(Augment::shift, horizontal ? both : Range{}, horizontal ? Range{} : both).pixels = range >= 1;
  }
  std::vector<AugmentStep> take() { return std::move(steps_); }

 private:
  FillMode fill_mode_;
  double fill_;
  std::vector<AugmentStep> steps_;
};

}  // namespace

std::vector<AugmentStep> steps_of(const ImageDataGenerator& keras) {
  Builder steps(keras);
  if (keras.rotation_range != 0)
    steps.add(Augment::rotation, both_ways(keras.rotation_range, "rotation_range"));
  steps.add_shift(keras.height_shift_range, "height_shift_range", false);
  steps.add_shift(keras.width_shift_range, "width_shift_range", true);
  if (keras.shear_range != 0) steps.add(Augment::keras_shear, both_ways(keras.shear_range, "shear_range"));
  Range zoom = keras.zoom_range;
  if (zoom.high == 0 && zoom.low != 0) zoom = {1 - zoom.low, 1 + zoom.low};
  if (zoom.high != 0) {
    FOVEA_REQUIRE(zoom.low > 0 && zoom.low <= zoom.high, "zoom_range is %g to %g", zoom.low, zoom.high);
    steps.add(Augment::stretch, zoom, zoom);
  }
  if (keras.channel_shift_range != 0)
    steps.add(Augment::channel_shift, both_ways(keras.channel_shift_range, "channel_shift_range"));
  if (keras.horizontal_flip) steps.add(Augment::horizontal_flip);
  if (keras.vertical_flip) steps.add(Augment::vertical_flip);
  const Range& brightness = keras.brightness_range;
  FOVEA_REQUIRE(brightness.low >= 0 && brightness.low <= brightness.high, "brightness_range is %g to %g",
                brightness.low, brightness.high);
  if (brightness.high != 0) steps.add(Augment::brightness, brightness);
  if (keras.preprocessing_function) steps.add(Augment::callback).function = keras.preprocessing_function;
  if (keras.rescale != 0) steps.add(Augment::rescale, Range{keras.rescale, keras.rescale});
  return steps.take();
}

}  // namespace fovea::data
