#include <fovea/augment.h>

#include "base/text.h"
#include "capi/fields.h"
#include "capi/objects.h"
#include "data/augment/augmentation.h"
#include "data/augment/color_axes.h"
#include "data/augment/keras.h"
#include "io/picture.h"

using namespace fovea;
using namespace fovea::capi;
using data::AugmentStep;

struct fv_augmentation {
  std::shared_ptr<const Context> context;
  std::shared_ptr<const data::Augmentation> impl;
};

namespace {

// The two ends of a range; both 0: its default.
std::optional<data::Range> range_from(double low, double high) {
  if (low == 0 && high == 0) return {};
  return data::Range{number(low, 0), number(high, 0)};
}

data::ColorAxes axes_from(const fv_color_axes& colors) {
  data::ColorAxes axes;
  std::copy_n(colors.axes, axes.axes.size(), axes.axes.begin());
  std::copy_n(colors.variances, axes.variances.size(), axes.variances.begin());
  return axes;
}

// The host's function, which runs on any thread.
data::AugmentFunction function_from(fv_augment_fn function, std::shared_ptr<HostUser> user) {
  if (function == nullptr) return {};
  return [function, user = std::move(user)](const MutableTensorView& image, uint64_t random) {
    fv_buffer buffer{};
    buffer.data = image.data;
    buffer.capacity = image.capacity;
    buffer.dtype = static_cast<fv_dtype>(image.dtype);
    shape_to(image.shape, buffer.shape, &buffer.rank);
    fv_error error{};
    const fv_status status = function(user->get(), &buffer, random, &error);
    if (status == FV_OK) return;
    error.message[sizeof error.message - 1] = '\0';
    fail(status_of(status), "an augmentation's function failed%s%.400s",
         error.message[0] == '\0' ? "" : ": ", error.message);
  };
}

AugmentStep step_from(const fv_augment_desc& d, std::shared_ptr<HostUser> user) {
  AugmentStep step;
  step.kind = static_cast<data::Augment>(d.step);
  FOVEA_REQUIRE(d.step >= FV_AUGMENT_HORIZONTAL_FLIP && d.step <= FV_AUGMENT_RANDOM_ORDER,
                "step is %d, expected %d to %d", static_cast<int>(d.step), FV_AUGMENT_HORIZONTAL_FLIP,
                FV_AUGMENT_RANDOM_ORDER);
  if (d.probability != 0) step.probability = number(d.probability, 0);
  step.range = range_from(d.low, d.high);
  if (d.step == FV_AUGMENT_RESCALE && d.high == 0 && step.range) step.range->high = step.range->low;
  step.second = range_from(d.second_low, d.second_high);
  step.height = d.size[0];
  step.width = d.size[1];
  step.padding = d.padding;
  step.interpolation = choice(d.interpolation, data::Interpolation::area, "interpolation");
  step.fill_mode = choice(d.fill_mode, data::FillMode::wrap, "fill_mode");
  step.fill = number(d.fill_value, 0);
  step.pixels = d.pixels != 0;
  step.random_fill = d.random_fill != 0;
  step.count = d.count;
  if (d.magnitude != 0) step.magnitude = d.magnitude == -1 ? 0 : d.magnitude;
  step.colors = axes_from(d.colors);
  step.function = function_from(d.function, std::move(user));
  if (d.name != nullptr) step.name = d.name;
  return step;
}

void give(fv_augmentation** out, std::shared_ptr<const Context> context, std::vector<AugmentStep> steps,
          double white) {
  auto impl = std::make_shared<const data::Augmentation>(std::move(steps), white);
  *out = new fv_augmentation{std::move(context), std::move(impl)};
}

// Every function's user, so that each is dropped whatever else is wrong.
template <class Desc>
std::shared_ptr<HostUser> user_of(const Desc* desc) {
  return has_field(desc, &Desc::drop) ? own_user(desc->user, desc->drop) : own_user(nullptr, nullptr);
}

// Why a switch of Keras's is not this pipeline's.
void refuse_normalisation(const fv_image_data_generator_desc& d) {
  const std::pair<const char*, int32_t> switches[] = {
      {"featurewise_center", d.featurewise_center},
      {"samplewise_center", d.samplewise_center},
      {"featurewise_std_normalization", d.featurewise_std_normalization},
      {"samplewise_std_normalization", d.samplewise_std_normalization},
      {"zca_whitening", d.zca_whitening}};
  for (const auto& [name, set] : switches)
    if (set != 0)
      fail(Status::unsupported,
           "%s belongs to the model, so that inference has it too: fit it with fv_transform_fit", name);
}

uint32_t word(int64_t value, const char* what) {
  FOVEA_REQUIRE(value >= 0 && value <= UINT32_MAX, "%s is %lld", what, static_cast<long long>(value));
  return static_cast<uint32_t>(value);
}

}  // namespace

fv_status fv_augmentation_create(fv_context* context, const fv_augment_desc* const* steps, size_t count,
                                 const fv_augmentation_desc* desc, fv_augmentation** augmentation,
                                 fv_error* error) {
  return guard(error, [&] {
    FOVEA_REQUIRE(steps != nullptr || count == 0, "steps is NULL");
    // First of all, so that every drop is called whatever is wrong with the rest.
    std::vector<std::shared_ptr<HostUser>> users;
    for (size_t i = 0; i < count; ++i) users.push_back(user_of(steps[i]));
    FOVEA_REQUIRE(count <= 64, "there are %zu steps, at most 64 are possible", count);
    const fv_context& c = need(context, "context");
    need(augmentation, "augmentation");
    const fv_augmentation_desc d = read_desc(desc, "fv_augmentation_desc");
    std::vector<AugmentStep> made;
    for (size_t i = 0; i < count; ++i)
      made.push_back(step_from(read_desc(&need(steps[i], "a step"), "fv_augment_desc"), std::move(users[i])));
    give(augmentation, c.impl, std::move(made), number(d.white, 1));
  });
}

void fv_augmentation_destroy(fv_augmentation* augmentation) {
  delete augmentation;
}

fv_status fv_augmentation_from_keras(fv_context* context, const fv_image_data_generator_desc* desc,
                                     fv_augmentation** augmentation, fv_error* error) {
  return guard(error, [&] {
    std::shared_ptr<HostUser> user = user_of(desc);
    const fv_context& c = need(context, "context");
    need(augmentation, "augmentation");
    const auto d = read_desc(desc, "fv_image_data_generator_desc");
    refuse_normalisation(d);
    if (d.data_format != nullptr && std::strcmp(d.data_format, "channels_last") != 0)
      fail(Status::unsupported, "data_format is %s, expected channels_last",
           in_quotes(d.data_format).c_str());
    data::ImageDataGenerator keras;
    keras.rotation_range = d.rotation_range;
    keras.width_shift_range = d.width_shift_range;
    keras.height_shift_range = d.height_shift_range;
    keras.brightness_range = {d.brightness_range[0], d.brightness_range[1]};
    keras.shear_range = d.shear_range;
    keras.zoom_range = {d.zoom_range[0], d.zoom_range[1]};
    keras.channel_shift_range = d.channel_shift_range;
    if (d.fill_mode != nullptr) keras.fill_mode = d.fill_mode;
    keras.cval = d.cval;
    keras.horizontal_flip = d.horizontal_flip != 0;
    keras.vertical_flip = d.vertical_flip != 0;
    keras.rescale = d.rescale;
    keras.preprocessing_function = function_from(d.preprocessing_function, std::move(user));
    give(augmentation, c.impl, data::steps_of(keras), number(d.white, 255));
  });
}

fv_status fv_augmentation_apply(const fv_augmentation* augmentation, const fv_tensor* image, uint64_t seed,
                                int64_t epoch, int64_t position, fv_buffer* out, fv_error* error) {
  return guard(error, [&] {
    const fv_augmentation& a = need(augmentation, "augmentation");
    const TensorView view = view_of(need(image, "image"), "image");
    FOVEA_REQUIRE(view, "image has no data");
    fv_buffer& to = need(out, "out");
    const data::Draw draw{seed, word(epoch, "epoch"), word(position, "position")};
    data::SampleMemory memory(a.context->allocator());
    const TensorView made = a.impl->apply(view, memory, draw.key(0), draw.position);
    FOVEA_REQUIRE(to.dtype == 0 || to.dtype == static_cast<fv_dtype>(made.dtype),
                  "out wants dtype %d, the image is %s", static_cast<int>(to.dtype), name_of(made.dtype));
    FOVEA_REQUIRE(to.data != nullptr && to.capacity >= made.bytes(),
                  "out has room for %zu bytes, %zu are needed", to.data == nullptr ? size_t{0} : to.capacity,
                  made.bytes());
    std::memcpy(to.data, made.data, made.bytes());
    to.dtype = static_cast<fv_dtype>(made.dtype);
    shape_to(made.shape, to.shape, &to.rank);
  });
}

fv_status fv_augmentation_shape(const fv_augmentation* augmentation, const int64_t* shape, int64_t* result,
                                fv_error* error) {
  return guard(error, [&] {
    const fv_augmentation& a = need(augmentation, "augmentation");
    const Shape given = shape_from(&need(shape, "shape"), 3, "shape");
    int64_t* to = &need(result, "result");
    FOVEA_REQUIRE(given.elements() > 0, "shape is %s", given.text().c_str());
    const Shape made = a.impl->shape_of(given);
    std::copy_n(made.extents().begin(), 3, to);
  });
}

fv_status fv_augmentation_contact_sheet(const fv_augmentation* augmentation, const fv_tensor* image,
                                        const fv_contact_sheet_desc* desc, const char* path,
                                        fv_error* error) {
  return guard(error, [&] {
    const fv_augmentation& a = need(augmentation, "augmentation");
    const TensorView view = view_of(need(image, "image"), "image");
    FOVEA_REQUIRE(view, "image has no data");
    need(path, "path");
    const fv_contact_sheet_desc d = read_desc(desc, "fv_contact_sheet_desc");
    const int32_t count = d.count == 0 ? 16 : d.count;
    FOVEA_REQUIRE(count > 0 && count <= 10000, "count is %d, expected 1 to 10000", count);
    FOVEA_REQUIRE(view.shape.rank() == 3, "the image has the shape %s, expected height x width x channels",
                  view.shape.text().c_str());
    const Shape one = a.impl->shape_of(view.shape);
    const DType dtype = a.impl->dtype_of(view.dtype);
    const Shape all{count, one[0], one[1], one[2]};
    Buffer tiles(a.context->allocator(), static_cast<size_t>(all.elements()) * size_of(dtype));
    data::SampleMemory memory(a.context->allocator());
    for (int32_t i = 0; i < count; ++i) {
      memory.reset();
      const data::Draw draw{d.seed, 0, static_cast<uint32_t>(i)};
      const TensorView made = a.impl->apply(view, memory, draw.key(0), draw.position);
      std::memcpy(tiles.data() + static_cast<size_t>(i) * made.bytes(), made.data, made.bytes());
    }
    io::draw_grid({tiles.data(), dtype, all}, {d.columns, d.zoom, true}).save(path);
  });
}

fv_status fv_augmentation_fit_colors(const fv_dataset* dataset, int64_t max_samples, double white,
                                     fv_color_axes* colors, fv_error* error) {
  return guard(error, [&] {
    const data::Dataset& d = *need(dataset, "dataset").impl;
    fv_color_axes& out = need(colors, "colors");
    const data::ColorAxes axes = data::color_axes(d, max_samples, number(white, 1), system_allocator());
    std::copy(axes.axes.begin(), axes.axes.end(), out.axes);
    std::copy(axes.variances.begin(), axes.variances.end(), out.variances);
  });
}

fv_status fv_dataset_augment(const fv_dataset* dataset, const fv_augmentation* augmentation,
                             fv_dataset** augmented, fv_error* error) {
  return guard(error, [&] {
    const data::DatasetPtr& base = need(dataset, "dataset").impl;
    const fv_augmentation& a = need(augmentation, "augmentation");
    need(augmented, "augmented");
    *augmented = new fv_dataset{data::augment_dataset(base, a.impl)};
  });
}
