#include "data/augment/augmentation.h"

#include <array>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/text.h"
#include "data/augment/color.h"
#include "data/augment/crop.h"
#include "data/augment/filter.h"
#include "data/augment/image.h"
#include "data/augment/policy.h"
#include "data/augment/values.h"
#include "data/augment/warp.h"
#include "data/hash.h"
#include "data/wrapper.h"

namespace fovea::data {
namespace {

constexpr size_t kMaxSteps = 64;

bool is_sizing(Augment kind) {
  return kind >= Augment::crop && kind <= Augment::resized_crop;
}
// For 1 or 3 channels.
bool needs_colors(Augment kind) {
  return kind == Augment::saturation || kind == Augment::hue || kind == Augment::grey ||
         kind == Augment::rand_augment || kind == Augment::trivial_augment;
}

void call(const AugmentStep& step, RandomSequence& random, AugmentImage& image) {
  void* pixels =
      with_pixel(image.dtype(), [&](auto type) -> void* { return image.writable<decltype(type)>(); });
  const uint64_t high = random.next();
  step.function({pixels, image.view().bytes(), image.dtype(), image.view().shape},
                high << 32 | random.next());
}

}  // namespace

Augmentation::Augmentation(std::vector<AugmentStep> steps, double white) : white_(white) {
  FOVEA_REQUIRE(steps.size() <= kMaxSteps, "there are %zu steps, at most %zu are possible", steps.size(),
                kMaxSteps);
  FOVEA_REQUIRE(std::isfinite(white) && white > 0, "white is %g", white);
  for (size_t i = 0; i < steps.size(); ++i) {
    AugmentStep step = checked_step(std::move(steps[i]), i);
    FOVEA_REQUIRE(!(is_sizing(step.kind) || step.kind == Augment::rescale) || step.chance() == 1,
                  "%s: the probability is %g, but it changes what an image is and must happen to all",
                  step.title(i).c_str(), step.chance());
    const double least = std::ceil(step.range->low);
    FOVEA_REQUIRE(step.kind != Augment::scale_crop ||
                      (least >= static_cast<double>(step.height) && least >= static_cast<double>(step.width)),
                  "%s: a shorter side of %g has no room for %lld x %lld", step.title(i).c_str(), least,
                  static_cast<long long>(step.height), static_cast<long long>(step.width));
    text_ += step.text() + "\n";
    steps_.push_back(std::move(step));
  }
  check_groups();
  text_ += exact(white);
}

// How many steps after step i are its group.
size_t Augmentation::members(size_t i) const {
  return is_group(steps_[i].kind) ? static_cast<size_t>(steps_[i].count) : 0;
}

void Augmentation::check_groups() const {
  for (size_t i = 0; i < steps_.size(); i += 1 + members(i)) {
    const std::string title = steps_[i].title(i);
    FOVEA_REQUIRE(members(i) < steps_.size() - i, "%s: %zu steps, but only %zu follow", title.c_str(),
                  members(i), steps_.size() - i - 1);
    for (size_t k = i + 1; k <= i + members(i); ++k) {
      const Augment kind = steps_[k].kind;
      FOVEA_REQUIRE(!is_group(kind) && !is_sizing(kind) && kind != Augment::rescale,
                    "%s cannot be a part of %s", steps_[k].title(k).c_str(), title.c_str());
    }
  }
}

Shape Augmentation::shape_of(const Shape& shape) const {
  int64_t height = shape[0], width = shape[1];
  for (const AugmentStep& step : steps_) {
    if (!is_sizing(step.kind)) continue;
    if (step.width != 0) {
      height = step.height;
      width = step.width;
    } else if (height > 0 && width > 0) {
      const ImageSize size = short_side(height, width, step.height);
      height = size.height;
      width = size.width;
    }
  }
  return {height, width, shape[2]};
}

DType Augmentation::dtype_of(DType dtype) const {
  for (const AugmentStep& step : steps_)
    if (step.kind == Augment::rescale) return DType::f32;
  return dtype;
}

void Augmentation::check_channels(int64_t channels) const {
  FOVEA_REQUIRE(channels >= 1 && channels <= 4, "images have %lld channels, expected 1 to 4",
                static_cast<long long>(channels));
  for (size_t i = 0; i < steps_.size(); ++i) {
    const Augment kind = steps_[i].kind;
    FOVEA_REQUIRE(channels == 3 || (channels == 1 && kind != Augment::color_offset) ||
                      (!needs_colors(kind) && kind != Augment::color_offset),
                  "%s is for RGB, the images have %lld channels", steps_[i].title(i).c_str(),
                  static_cast<long long>(channels));
  }
}

void Augmentation::perform(const AugmentStep& step, RandomSequence& random, const RandomKey& key,
                           uint32_t position, WarpChain& chain, AugmentImage& image) const {
  if (step.kind == Augment::rand_augment || step.kind == Augment::trivial_augment) {
    for (int n = step.kind == Augment::rand_augment ? step.count : 1; n > 0; --n) {
      const PolicySteps drawn = draw_policy(step, image.height(), image.width(), random);
      for (int i = 0; i < drawn.count; ++i)
        perform(drawn.steps[static_cast<size_t>(i)], random, key, position, chain, image);
    }
    return;
  }
  if (is_geometric(step.kind)) {
    if (!chain.takes(step)) chain.run(image);
    chain.add(step, random, key, position, image);
    return;
  }
  chain.run(image);
  switch (step.kind) {
    case Augment::crop:
      return random_crop(step, random, image);
    case Augment::center_crop:
      return center_crop(step, image);
    case Augment::resize:
      return resize_step(step, image);
    case Augment::scale_crop:
      return scale_crop(step, random, image);
    case Augment::resized_crop:
      return resized_crop(step, random, image);
    case Augment::blur: {
      const double sigma = draw(*step.range, random);
      return blur(sigma, sigma, step.height, step.width, image);
    }
    case Augment::sharpness:
      return sharpen(draw(*step.range, random), image);
    case Augment::cutout:
      return cutout(step, random, image);
    case Augment::erasing:
      return erase(step, random, key, position, image);
    case Augment::rescale:
      return rescale(step.range->low, image);
    case Augment::callback:
      return call(step, random, image);
    default:
      return color_step(step, random, key, position, image);
  }
}

struct Augmentation::Way {
  const RandomKey& base;
  uint32_t position;
  WarpChain chain;
  AugmentImage& image;
};

void Augmentation::take(size_t i, Way& way) const {
  RandomKey key = way.base;
  key.stream = static_cast<uint32_t>(i);
  RandomSequence random(key, way.position);
  if (random.uniform() >= steps_[i].chance()) return;
  if (is_group(steps_[i].kind)) return take_group(i, random, way);
  perform(steps_[i], random, key, way.position, way.chain, way.image);
}

void Augmentation::take_group(size_t i, RandomSequence& random, Way& way) const {
  const size_t count = members(i);
  if (steps_[i].kind == Augment::random_choice)
    return take(i + 1 + static_cast<size_t>(draw_below(static_cast<int64_t>(count), random)), way);
  std::array<size_t, kMaxSteps> order;
  std::iota(order.begin(), order.begin() + count, i + 1);
  if (steps_[i].kind == Augment::random_order)
    for (size_t last = count - 1; last > 0; --last)
      std::swap(order[last], order[static_cast<size_t>(draw_below(static_cast<int64_t>(last) + 1, random))]);
  for (size_t k = 0; k < count; ++k) take(order[k], way);
}

TensorView Augmentation::apply(const TensorView& given, SampleMemory& memory, const RandomKey& base,
                               uint32_t position) const {
  FOVEA_REQUIRE(given.dtype == DType::u8 || given.dtype == DType::f32,
                "the image is of type %s, expected u8 or f32", name_of(given.dtype));
  FOVEA_REQUIRE(given.shape.rank() == 3 && given.shape.elements() > 0,
                "the image has the shape %s, expected height x width x channels", given.shape.text().c_str());
  check_channels(given.shape[2]);
  AugmentImage image(given, white_, memory);
  Way way{base, position, {}, image};
  for (size_t i = 0; i < steps_.size(); i += 1 + members(i)) take(i, way);
  way.chain.run(image);
  return image.view();
}

namespace {

class AugmentedDataset final : public Wrapper {
 public:
  AugmentedDataset(DatasetPtr base, SampleFormat format, std::shared_ptr<const Augmentation> augmentation)
      : Wrapper(std::move(base), std::move(format)), augmentation_(std::move(augmentation)) {
    const std::string& text = augmentation_->text();
    Xxh64 hash;
    hash.update(std::as_bytes(std::span(text)));
    pipeline_ = hash.digest();
  }

  TensorView sample(int64_t i, SampleMemory& memory, const Draw* draw) const override {
    const Draw mine = draw != nullptr ? *draw : Draw{0, 0, static_cast<uint32_t>(i)};
    Draw below = mine;
    below.seed = mine.seed + 0x9E3779B97F4A7C15u;  // what the base draws is its own
    const TensorView image = base().sample(i, memory, &below);
    return augmentation_->apply(image, memory, mine.key(0), mine.position);
  }

  void identify(int64_t i, SampleMemory& memory, Xxh64& hash) const override {
    hash.update(pipeline_);
    Wrapper::identify(i, memory, hash);
  }

 private:
  std::shared_ptr<const Augmentation> augmentation_;
  uint64_t pipeline_;  // hash of its text
};

}  // namespace

DatasetPtr augment_dataset(DatasetPtr base, std::shared_ptr<const Augmentation> augmentation) {
  SampleFormat format = base->format();
  FOVEA_REQUIRE(format.shape.rank() == 3, "samples of the shape %s are no images",
                format.shape.text().c_str());
  FOVEA_REQUIRE(format.dtype == DType::u8 || format.dtype == DType::f32,
                "samples are of type %s, expected u8 or f32", name_of(format.dtype));
  augmentation->check_channels(format.shape[2]);
  format.shape = augmentation->shape_of(format.shape);
  format.dtype = augmentation->dtype_of(format.dtype);
  format.varies = format.varies && format.shape.elements() == 0;
  format.random = true;
  FOVEA_REQUIRE(!format.varies || format.dtype == DType::u8,
                "rescale is for images of one size: crop or resize them");
  return std::make_shared<AugmentedDataset>(std::move(base), std::move(format), std::move(augmentation));
}

}  // namespace fovea::data
