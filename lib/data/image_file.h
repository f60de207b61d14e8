// Images in files, decoded to 8-bit [height][width][channels]. Nothing that a file says is believed: sizes
// are checked against the limits and against what its bytes can hold before memory is taken.
//
//   JPEG        baseline and progressive, 8 bits, grey, YCbCr, RGB, CMYK, YCCK
//   PNG         all; of 16 bits the upper 8
//   BMP         all but embedded JPEG and PNG
//   TGA         all with 8, 15, 16, 24, 32 bits
//   GIF         the first frame
//   PSD         the flattened picture, RGB with 8 or 16 bits
//   HDR         Radiance, to 8 bits by a gamma of 2.2
//   PNM         PBM, PGM, PPM, plain and raw
//
// May use: base, io, data/sample.h.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "base/tensor_view.h"
#include "data/sample.h"

namespace fovea::data {

enum class ImageFormat { jpeg, png, bmp, tga, gif, psd, hdr, pnm };
const char* name_of(ImageFormat format);

inline constexpr int64_t kDefaultMaxPixels = int64_t{1} << 27;
inline constexpr int64_t kLargestMaxPixels = int64_t{1} << 28;
inline constexpr uint64_t kMaxImageFileBytes = uint64_t{1} << 30;

struct ImageOptions {
  int channels = 0;               // 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; 0: as the file has them
  bool keep_orientation = false;  // leave it as the camera stored it, whatever its EXIF orientation says
  int64_t max_pixels = kDefaultMaxPixels;
};

struct ImageInfo {
  ImageFormat format{};
  int64_t height = 0, width = 0;  // as stored
  int channels = 0;               // as the file has them, 1 to 4
  int orientation = 1;            // EXIF's, 1 to 8: how the stored picture is to be turned

  bool transposed() const { return orientation >= 5; }
};

// Looks at the header. `name` stands for the path in messages. Raises FORMAT for damaged bytes, UNSUPPORTED
// for formats that are not read.
ImageInfo image_info(std::span<const std::byte> bytes, const char* name);
// Likewise of a file, of which no more than needed is read. Raises NOT_FOUND and IO too.
ImageInfo image_file_info(const std::string& path);

// What decode_image gives for it. Raises FORMAT where it has more than max_pixels, INVALID_ARGUMENT for
// options out of range.
Shape decoded_shape(const ImageInfo& info, const ImageOptions& options, const char* name = "the image");
// The picture, upright unless keep_orientation, in a piece of `memory`.
TensorView decode_image(std::span<const std::byte> bytes, const char* name, const ImageOptions& options,
                        SampleMemory& memory);
TensorView decode_image_file(const std::string& path, const ImageOptions& options, SampleMemory& memory);

}  // namespace fovea::data
