#include "data/image_file.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "data/image_reader.h"
#include "io/file.h"

namespace fovea::data {
namespace {

using Ll = long long;

// Formats that are known and not read, so that the message can name them.
const char* foreign_format(const Bytes& b) {
  struct Magic {
    const char* name;
    std::string_view bytes;
    uint64_t at = 0;
  };
  using namespace std::string_view_literals;
  static constexpr Magic kForeign[] = {
      {"TIFF", "II*\0"sv},
      {"TIFF", "MM\0*"sv},
      {"WebP", "WEBP"sv, 8},
      {"ICO", "\0\0\1\0"sv},
      {"CUR", "\0\0\2\0"sv},
      {"OpenEXR", "v/1\1"sv},
      {"farbfeld", "farbfeld"sv},
      {"QOI", "qoif"sv},
      {"AVIF", "ftypavif"sv, 4},
      {"AVIF", "ftypavis"sv, 4},
      {"HEIF", "ftyp"sv, 4},
      {"JPEG XL", "\xff\x0a"sv},
      {"JPEG XL", "\0\0\0\x0cJXL "sv},
      {"JPEG 2000", "\0\0\0\x0cjP  "sv},
      {"DDS", "DDS "sv},
      {"PAM", "P7\n"sv},
      {"PFM", "PF\n"sv},
      {"PFM", "Pf\n"sv},
  };
  for (const Magic& magic : kForeign)
    if (b.begins_with(magic.bytes, magic.at)) return magic.name;
  return nullptr;
}

ImageFormat format_of(const Bytes& b) {
  if (b.begins_with("\xff\xd8\xff")) return ImageFormat::jpeg;
  if (b.begins_with("\x89PNG\r\n\x1a\n")) return ImageFormat::png;
  if (b.begins_with("GIF87a") || b.begins_with("GIF89a")) return ImageFormat::gif;
  if (b.begins_with("BM")) return ImageFormat::bmp;
  if (b.begins_with("8BPS")) return ImageFormat::psd;
  if (b.begins_with("#?RADIANCE\n") || b.begins_with("#?RGBE\n")) return ImageFormat::hdr;
  if (b.size() >= 3 && b.u8(0) == 'P' && b.u8(1) >= '1' && b.u8(1) <= '6' &&
      std::string_view(" \t\n\v\f\r#").find(static_cast<char>(b.u8(2))) != std::string_view::npos)
    return ImageFormat::pnm;
  if (is_tga(b)) return ImageFormat::tga;
  if (const char* foreign = foreign_format(b)) b.unsupported(foreign);
  if (b.size() == 0) b.damaged("there is nothing in it", 0);
  fail(Status::unsupported, "%s is not an image of a format that is read", b.name());
}

ImageInfo info_of(const Bytes& b, bool whole) {
  const ImageFormat format = format_of(b);
  const auto read = [&] {
    switch (format) {
      case ImageFormat::jpeg:
        return jpeg_info(b, whole);
      case ImageFormat::png:
        return png_info(b, whole);
      case ImageFormat::bmp:
        return bmp_info(b);
      case ImageFormat::tga:
        return tga_info(b);
      case ImageFormat::gif:
        return gif_info(b);
      case ImageFormat::psd:
        return psd_info(b);
      case ImageFormat::hdr:
        return hdr_info(b);
      default:
        return pnm_info(b);
    }
  };
  ImageInfo info = read();
  info.format = format;
  if (info.height <= 0 || info.width <= 0)
    fail(Status::format, "%s: the image has %lld x %lld pixels", b.name(), Ll{info.width}, Ll{info.height});
  return info;
}

// ---- from what is stored to what is wanted --------------------------------------------------------

// One pixel from `from` to `to` channels. Grey is the luma of ITU-R BT.601, as PIL rounds it.
void convert_pixel(int from, const uint8_t* in, int to, uint8_t* out) {
  const uint8_t alpha = from == 2 ? in[1] : from == 4 ? in[3] : uint8_t{255};
  if (to <= 2) {
    out[0] = from <= 2
                 ? in[0]
                 : static_cast<uint8_t>((in[0] * 19595u + in[1] * 38470u + in[2] * 7471u + 0x8000u) >> 16);
    if (to == 2) out[1] = alpha;
  } else {
    for (int c = 0; c < 3; ++c) out[c] = from <= 2 ? in[0] : in[c];
    if (to == 4) out[3] = alpha;
  }
}

[[noreturn]] void too_large(const char* name, uint64_t bytes) {
  fail(Status::format, "%s has %llu bytes, an image has at most %llu", name,
       static_cast<unsigned long long>(bytes), static_cast<unsigned long long>(kMaxImageFileBytes));
}

// A TGA's origin is how the file is written; the option is about what cameras say.
int wanted_orientation(const ImageInfo& info, const ImageOptions& options) {
  return options.keep_orientation && info.format != ImageFormat::tga ? 1 : info.orientation;
}

// How an upright picture is read from the stored one: where its first pixel lies and how far its next pixel
// and next row are, in pixels.
struct Walk {
  int64_t height, width;  // upright
  int64_t first, next, down;
};

Walk upright(const ImageInfo& info, int orientation) {
  const int64_t h = info.height, w = info.width;
  const int64_t top_right = w - 1, bottom_left = (h - 1) * w, bottom_right = h * w - 1;
  switch (orientation) {
    case 2:  // mirrored
      return {h, w, top_right, -1, w};
    case 3:  // upside down
      return {h, w, bottom_right, -1, -w};
    case 4:  // upside down and mirrored
      return {h, w, bottom_left, 1, -w};
    case 5:  // rows are columns
      return {w, h, 0, w, 1};
    case 6:  // to be turned clockwise
      return {w, h, bottom_left, -w, 1};
    case 7:
      return {w, h, bottom_right, -w, -1};
    case 8:  // to be turned counterclockwise
      return {w, h, top_right, w, -1};
    default:
      return {h, w, 0, 1, w};
  }
}

void arrange(const uint8_t* stored, int from, const Walk& walk, int to, uint8_t* out) {
  for (int64_t y = 0; y < walk.height; ++y) {
    const uint8_t* in = stored + (walk.first + y * walk.down) * from;
    for (int64_t x = 0; x < walk.width; ++x, in += walk.next * from, out += to) {
      if (from == to)
        for (int c = 0; c < to; ++c) out[c] = in[c];
      else
        convert_pixel(from, in, to, out);
    }
  }
}

void check_length(const Bytes& b, const ImageInfo& info) {
  switch (info.format) {
    case ImageFormat::png:
      return check_png_length(b, info);
    case ImageFormat::bmp:
      return check_bmp_length(b, info);
    case ImageFormat::gif:
      return check_gif_length(b, info);
    case ImageFormat::hdr:
      return check_hdr_length(b, info);
    case ImageFormat::psd:
      return check_psd_length(b, info);
    case ImageFormat::tga:
      return check_tga_length(b, info);
    case ImageFormat::pnm:
      return check_pnm_length(b, info);
    case ImageFormat::jpeg:
      return;  // jpeg_info has done so
  }
}

void read_pixels(const Bytes& b, const ImageInfo& info, const std::shared_ptr<Allocator>& allocator,
                 uint8_t* out) {
  switch (info.format) {
    case ImageFormat::bmp:
      return read_bmp(b, info, out);
    case ImageFormat::gif:
      return read_gif(b, info, out);
    case ImageFormat::hdr:
      return read_hdr(b, info, out);
    case ImageFormat::psd:
      return read_psd(b, info, out);
    case ImageFormat::tga:
      return read_tga(b, info, out);
    case ImageFormat::pnm:
      return read_pnm(b, info, out);
    default:
      return read_by_stb(b, info, allocator, out);
  }
}

}  // namespace

const char* name_of(ImageFormat format) {
  static constexpr const char* kNames[] = {"JPEG", "PNG", "BMP", "TGA", "GIF", "PSD", "HDR", "PNM"};
  return kNames[static_cast<size_t>(format)];
}

ImageInfo image_info(std::span<const std::byte> bytes, const char* name) {
  return info_of(Bytes(bytes, name), true);
}

ImageInfo image_file_info(const std::string& path) {
  const auto file = io::open_file(path);
  if (file->size() > kMaxImageFileBytes) too_large(file->name(), file->size());
  // Headers are at the beginning, but behind a thumbnail or a colour profile they may be far from it.
  constexpr size_t kBeginning = 16384;
  std::vector<std::byte> bytes(std::min<size_t>(kBeginning, file->size()));
  file->read_at(0, bytes);
  if (bytes.size() < file->size()) {
    try {
      return info_of(Bytes(bytes, file->name()), false);
    } catch (const Error& error) {
      if (error.status() != Status::format) throw;
    }
    bytes.resize(file->size());
    file->read_at(0, bytes);
    return info_of(Bytes(bytes, file->name()), false);
  }
  return info_of(Bytes(bytes, file->name()), true);
}

Shape decoded_shape(const ImageInfo& info, const ImageOptions& options, const char* name) {
  FOVEA_REQUIRE(options.channels >= 0 && options.channels <= 4, "channels is %d, expected 0 to 4",
                options.channels);
  FOVEA_REQUIRE(options.max_pixels >= 1 && options.max_pixels <= kLargestMaxPixels,
                "max_pixels is %lld, expected 1 to %lld", Ll{options.max_pixels}, Ll{kLargestMaxPixels});
  if (info.height > options.max_pixels / info.width)
    fail(Status::format, "%s has %lld x %lld pixels, more than the %lld that are allowed", name,
         Ll{info.width}, Ll{info.height}, Ll{options.max_pixels});
  const Walk walk = upright(info, wanted_orientation(info, options));
  return {walk.height, walk.width, options.channels != 0 ? options.channels : info.channels};
}

TensorView decode_image(std::span<const std::byte> bytes, const char* name, const ImageOptions& options,
                        SampleMemory& memory) {
  const Bytes b(bytes, name);
  if (b.size() > kMaxImageFileBytes) too_large(name, b.size());
  const ImageInfo info = info_of(b, true);
  const Shape shape = decoded_shape(info, options, name);
  check_length(b, info);
  const Walk walk = upright(info, wanted_orientation(info, options));
  const int channels = static_cast<int>(shape[2]);
  uint8_t* out = memory.piece_of<uint8_t>(static_cast<size_t>(shape.elements()));
  if (channels == info.channels && walk.first == 0 && walk.next == 1) {
    read_pixels(b, info, memory.allocator(), out);
  } else {
    const Buffer stored(memory.allocator(), static_cast<size_t>(info.height * info.width * info.channels));
    read_pixels(b, info, memory.allocator(), stored.as<uint8_t>());
    arrange(stored.as<uint8_t>(), info.channels, walk, channels, out);
  }
  return {out, DType::u8, shape};
}

TensorView decode_image_file(const std::string& path, const ImageOptions& options, SampleMemory& memory) {
  const auto file = io::open_file(path);
  if (file->size() > kMaxImageFileBytes) too_large(file->name(), file->size());
  const Buffer bytes(memory.allocator(), static_cast<size_t>(file->size()));
  const std::span<std::byte> all(bytes.data(), static_cast<size_t>(file->size()));
  file->read_at(0, all);
  return decode_image(all, file->name(), options, memory);
}

}  // namespace fovea::data
