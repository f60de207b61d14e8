// Image files through the public API.
#include <fstream>

#include "support.h"

namespace fovea::test {
namespace {

class ImageTest : public ::testing::Test {
 protected:
  void SetUp() override { OK(fv_context_create(nullptr, context.out(), &err)); }

  // Two rows of three: a PPM.
  const std::string ppm = "P6 3 2 255\nABCDEFGHIJKLMNOPQR";
  Context context;
  fv_error err{};
};

TEST_F(ImageTest, InfoOfBytesAndOfAFile) {
  const Folder folder;
  std::ofstream(folder / "a.ppm", std::ios::binary) << ppm;
  for (const bool file : {false, true}) {
    auto info = init<fv_image_info>();
    OK(file ? fv_image_get_file_info((folder / "a.ppm").c_str(), &info, &err)
            : fv_image_get_info(ppm.data(), ppm.size(), &info, &err));
    EXPECT_EQ(2, info.height);
    EXPECT_EQ(3, info.width);
    EXPECT_EQ(3, info.channels);
    EXPECT_EQ(1, info.orientation);
  }
}

TEST_F(ImageTest, DecodesBytesAndFiles) {
  const Folder folder;
  std::ofstream(folder / "a.ppm", std::ios::binary) << ppm;
  const std::string path = folder / "a.ppm";
  for (const bool file : {false, true}) {
    const auto decode = [&](const fv_image_desc* desc, fv_buffer* out, size_t* needed) {
      return file ? fv_image_decode_file(context, path.c_str(), desc, out, needed, &err)
                  : fv_image_decode(context, ppm.data(), ppm.size(), desc, out, needed, &err);
    };
    fv_buffer measure{};
    size_t needed = 0;
    OK(decode(nullptr, &measure, &needed));
    EXPECT_EQ(18u, needed);
    EXPECT_EQ(3, measure.rank);
    EXPECT_EQ(2, measure.shape[0]);
    std::vector<uint8_t> pixels(needed);
    fv_buffer out = buffer(pixels);
    OK(decode(nullptr, &out, nullptr));
    EXPECT_EQ("ABCDEFGHIJKLMNOPQR", std::string(pixels.begin(), pixels.end()));
    pixels.resize(24);
    out = buffer(pixels);
    OK(decode(DESC(fv_image_desc, .channels = 4), &out, &needed));
    EXPECT_EQ(24u, needed);
    EXPECT_EQ(4, out.shape[2]);
    EXPECT_EQ(255, pixels[3]);

    out.capacity = 23;
    FAILS(FV_INVALID_ARGUMENT, decode(DESC(fv_image_desc, .channels = 4), &out, nullptr), "23", "24");
    FAILS(FV_INVALID_ARGUMENT, decode(DESC(fv_image_desc, .channels = 7), &out, nullptr), "channels is 7");
    FAILS(FV_FORMAT, decode(DESC(fv_image_desc, .max_pixels = 5), &out, nullptr), "3 x 2", "5 that are");
    out.dtype = FV_F32;
    FAILS(FV_INVALID_ARGUMENT, decode(nullptr, &out, nullptr), "u8");
  }
}

TEST_F(ImageTest, Errors) {
  auto info = init<fv_image_info>();
  fv_buffer out{};
  FAILS(FV_INVALID_ARGUMENT, fv_image_get_info(nullptr, 3, &info, &err), "bytes is NULL");
  FAILS(FV_FORMAT, fv_image_get_info(nullptr, 0, &info, &err), "nothing");
  FAILS(FV_UNSUPPORTED, fv_image_get_info("no image", 8, &info, &err), "not an image");
  std::vector<uint8_t> room(100);
  out = buffer(room);
  FAILS(FV_FORMAT, fv_image_decode(context, ppm.data(), ppm.size() - 1, nullptr, &out, nullptr, &err),
        "ends");
  FAILS(FV_NOT_FOUND, fv_image_get_file_info("/nowhere.png", &info, &err), "nowhere.png");
  FAILS(FV_INVALID_ARGUMENT, fv_image_decode_file(context, nullptr, nullptr, &out, nullptr, &err), "path");
  FAILS(FV_INVALID_ARGUMENT, fv_image_decode(context, "", 0, nullptr, nullptr, nullptr, &err), "pixels");
  info.struct_size = 0;
  FAILS(FV_INVALID_ARGUMENT, fv_image_get_info(ppm.data(), ppm.size(), &info, &err), "struct_size");
}

}  // namespace
}  // namespace fovea::test
