#include <fovea/image.h>

#include "capi/objects.h"
#include "data/image_file.h"

using namespace fovea;
using namespace fovea::capi;

namespace {

// What stands for a path in messages.
constexpr char kMemory[] = "the image";

std::span<const std::byte> bytes_at(const void* bytes, size_t size) {
  FOVEA_REQUIRE(bytes != nullptr || size == 0, "bytes is NULL");
  return {static_cast<const std::byte*>(bytes), size};
}

data::ImageOptions image_options(const fv_image_desc* desc) {
  const fv_image_desc d = read_desc(desc, "fv_image_desc");
  data::ImageOptions options;
  options.channels = d.channels;
  options.keep_orientation = d.keep_orientation != 0;
  if (d.max_pixels != 0) options.max_pixels = d.max_pixels;
  return options;
}

void give(const data::ImageInfo& image, fv_image_info* info) {
  fv_image_info result{};
  result.channels = image.channels;
  result.height = image.transposed() ? image.width : image.height;
  result.width = image.transposed() ? image.height : image.width;
  result.orientation = image.orientation;
  write_info(info, result, "info");
}

// Measures by `info` where there is no room, and decodes by `decode` where there is.
template <class Info, class Decode>
void fill(fv_context* context, const fv_image_desc* desc, fv_buffer* pixels, size_t* needed, Info&& info,
          Decode&& decode) {
  const Context& c = *need(context, "context").impl;
  const data::ImageOptions options = image_options(desc);
  fv_buffer& out = need(pixels, "pixels");
  FOVEA_REQUIRE(out.dtype == 0 || out.dtype == FV_U8, "pixels wants dtype %d, an image is u8",
                static_cast<int>(out.dtype));
  Shape shape;
  if (out.capacity == 0) {
    shape = data::decoded_shape(info(), options);
  } else {
    data::SampleMemory memory(c.allocator());
    const TensorView decoded = decode(options, memory);
    FOVEA_REQUIRE(out.data != nullptr && out.capacity >= decoded.bytes(),
                  "pixels has room for %zu bytes, %zu are needed",
                  out.data == nullptr ? size_t{0} : out.capacity, decoded.bytes());
    std::memcpy(out.data, decoded.data, decoded.bytes());
    shape = decoded.shape;
  }
  if (needed != nullptr) *needed = static_cast<size_t>(shape.elements());
  out.dtype = FV_U8;
  shape_to(shape, out.shape, &out.rank);
}

}  // namespace

fv_status fv_image_get_info(const void* bytes, size_t size, fv_image_info* info, fv_error* error) {
  return guard(error, [&] {
    need(info, "info");
    give(data::image_info(bytes_at(bytes, size), kMemory), info);
  });
}

fv_status fv_image_get_file_info(const char* path, fv_image_info* info, fv_error* error) {
  return guard(error, [&] {
    need(path, "path");
    need(info, "info");
    give(data::image_file_info(path), info);
  });
}

fv_status fv_image_decode(fv_context* context, const void* bytes, size_t size, const fv_image_desc* desc,
                          fv_buffer* pixels, size_t* needed, fv_error* error) {
  return guard(error, [&] {
    const std::span<const std::byte> all = bytes_at(bytes, size);
    fill(
        context, desc, pixels, needed, [&] { return data::image_info(all, kMemory); },
        [&](const data::ImageOptions& options, data::SampleMemory& memory) {
          return data::decode_image(all, kMemory, options, memory);
        });
  });
}

fv_status fv_image_decode_file(fv_context* context, const char* path, const fv_image_desc* desc,
                               fv_buffer* pixels, size_t* needed, fv_error* error) {
  return guard(error, [&] {
    need(path, "path");
    fill(
        context, desc, pixels, needed, [&] { return data::image_file_info(path); },
        [&](const data::ImageOptions& options, data::SampleMemory& memory) {
          return data::decode_image_file(path, options, memory);
        });
  });
}
