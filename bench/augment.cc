// What the steps of an augmentation cost: images per second of one thread, through the public API, for RGB
// bytes of 224 x 224, and of 500 x 375 where the step crops.
//
// Rows: <step>; items are images. Each image is copied once to the caller, which "nothing" shows.
#include <benchmark/benchmark.h>

#include <fovea/fovea.hpp>
#include <string>
#include <vector>

#include "checked.h"

namespace {

using fovea::Handle;
using fovea::init;

struct Subject {
  const char* name;
  std::vector<fv_augment_desc> steps;
  int64_t height = 224, width = 224;
};

fv_augment_desc step(fv_augment_step kind, double low = 0, double high = 0) {
  auto desc = init<fv_augment_desc>();
  desc.step = kind;
  desc.probability = 1;
  desc.low = low;
  desc.high = high;
  return desc;
}

fv_augment_desc sized(fv_augment_step kind, int64_t size, int64_t padding = 0) {
  fv_augment_desc desc = step(kind);
  desc.size[0] = size;
  desc.padding = padding;
  return desc;
}

fv_augment_desc filled(fv_augment_desc desc, fv_fill_mode mode) {
  desc.fill_mode = mode;
  return desc;
}

std::vector<Subject> subjects() {
  const auto jitter = [](fv_augment_step kind) { return step(kind, 0.6, 1.4); };
  return {
      {"nothing", {}},
      {"horizontal_flip", {step(FV_AUGMENT_HORIZONTAL_FLIP)}},
      {"vertical_flip", {step(FV_AUGMENT_VERTICAL_FLIP)}},
      {"crop_padded", {sized(FV_AUGMENT_CROP, 224, 8)}},
      {"scale_crop", {step(FV_AUGMENT_SCALE_CROP)}, 375, 500},
      {"resized_crop", {sized(FV_AUGMENT_RESIZED_CROP, 224)}, 375, 500},
      {"rotation_constant", {step(FV_AUGMENT_ROTATION, -20, 20)}},
      {"rotation_nearest", {filled(step(FV_AUGMENT_ROTATION, -20, 20), FV_FILL_NEAREST)}},
      {"rotation_reflect", {filled(step(FV_AUGMENT_ROTATION, -20, 20), FV_FILL_REFLECT)}},
      {"rotation_wrap", {filled(step(FV_AUGMENT_ROTATION, -20, 20), FV_FILL_WRAP)}},
      {"affine_chain",
       {step(FV_AUGMENT_ROTATION, -20, 20), step(FV_AUGMENT_SHIFT, -0.1, 0.1),
        step(FV_AUGMENT_SHEAR, -10, 10), step(FV_AUGMENT_ZOOM, 0.9, 1.1)}},
      {"perspective", {step(FV_AUGMENT_PERSPECTIVE)}},
      {"lens", {step(FV_AUGMENT_LENS, -0.2, 0.2)}},
      {"elastic", {step(FV_AUGMENT_ELASTIC)}},
      {"brightness", {jitter(FV_AUGMENT_BRIGHTNESS)}},
      {"contrast", {jitter(FV_AUGMENT_CONTRAST)}},
      {"saturation", {jitter(FV_AUGMENT_SATURATION)}},
      {"hue", {step(FV_AUGMENT_HUE, -0.1, 0.1)}},
      {"color_jitter",
       {jitter(FV_AUGMENT_BRIGHTNESS), jitter(FV_AUGMENT_CONTRAST), jitter(FV_AUGMENT_SATURATION),
        step(FV_AUGMENT_HUE, -0.1, 0.1)}},
      {"gamma", {jitter(FV_AUGMENT_GAMMA)}},
      {"color_offset", {step(FV_AUGMENT_COLOR_OFFSET)}},
      {"blur", {step(FV_AUGMENT_BLUR)}},
      {"noise", {step(FV_AUGMENT_NOISE, 5, 5)}},
      {"equalize", {step(FV_AUGMENT_EQUALIZE)}},
      {"sharpness", {jitter(FV_AUGMENT_SHARPNESS)}},
      {"erasing", {step(FV_AUGMENT_ERASING)}},
      {"rand_augment", {step(FV_AUGMENT_RAND_AUGMENT)}},
      {"trivial_augment", {step(FV_AUGMENT_TRIVIAL_AUGMENT)}},
      {"resnet_training",
       {step(FV_AUGMENT_SCALE_CROP), step(FV_AUGMENT_HORIZONTAL_FLIP), step(FV_AUGMENT_COLOR_OFFSET)},
       375,
       500},
  };
}

void run(benchmark::State& state, const Subject& subject) {
  fv_error error;
  Handle<fv_context> context;
  auto options = init<fv_context_desc>();
  options.threads = 1;
  check(fv_context_create(&options, context.out(), &error), error);
  std::vector<const fv_augment_desc*> steps;
  for (const fv_augment_desc& desc : subject.steps) steps.push_back(&desc);
  Handle<fv_augmentation> augmentation;
  check(fv_augmentation_create(context, steps.data(), steps.size(), nullptr, augmentation.out(), &error),
        error);
  std::vector<uint8_t> pixels(static_cast<size_t>(subject.height * subject.width * 3));
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint8_t>(i * i / 977 + i / 3);
  fv_tensor image{};
  image.data = pixels.data();
  image.dtype = FV_U8;
  image.rank = 3;
  image.shape[0] = subject.height, image.shape[1] = subject.width, image.shape[2] = 3;
  std::vector<uint8_t> out(pixels.size());
  fv_buffer to{};
  to.data = out.data();
  to.capacity = out.size();
  int64_t position = 0;
  for (auto unused : state) {
    (void)unused;
    check(fv_augmentation_apply(augmentation, &image, 1, 0, position++, &to, &error), error);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<Subject> all = subjects();
  for (const Subject& subject : all)
    benchmark::RegisterBenchmark(subject.name, [&subject](benchmark::State& state) {
      run(state, subject);
    })->Unit(benchmark::kMicrosecond);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
