#include <cstring>

#include "data/image_file.h"
#include "data/image_samples.h"
#include "fuzz/fuzz.h"

using namespace fovea;

namespace {

// Memory that is full of one value.
class Filled final : public Allocator {
 public:
  explicit Filled(int value) : value_(value) {}
  void* allocate(size_t bytes, size_t alignment) noexcept override {
    void* p = system_->allocate(bytes, alignment);
    if (p != nullptr) std::memset(p, value_, bytes);
    return p;
  }
  void release(void* p, size_t bytes) noexcept override { system_->release(p, bytes); }

 private:
  std::shared_ptr<Allocator> system_ = system_allocator();
  int value_;
};

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data, size));
  data::SampleMemory memory(std::make_shared<Filled>(0));
  // Large pictures are only slow.
  const data::ImageOptions options{.channels = static_cast<int>(size % 5), .max_pixels = 1 << 16};
  fuzz::blame_the_file([&] {
    const TensorView image = data::decode_image(bytes, "image", options, memory);
    fuzz::promise(image.shape.rank() == 3 && image.shape.elements() > 0 &&
                  image.shape[0] * image.shape[1] <= options.max_pixels);
    // What the header promised is what came; and every byte of it was written: it is not the memory's.
    fuzz::promise(data::decoded_shape(data::image_info(bytes, "image"), options) == image.shape);
    data::SampleMemory other(std::make_shared<Filled>(0xA5));
    const TensorView again = data::decode_image(bytes, "image", options, other);
    fuzz::promise(std::memcmp(image.data, again.data, image.bytes()) == 0);
  });
  return 0;
}

std::vector<std::string> fuzz::seeds() {
  using namespace fovea::testing;
  using namespace std::string_literals;
  return {jpeg(),
          jpeg_oriented(5, true),
          jpeg_oriented(8, false),
          gif(),
          png(2, 2, 8, 0, "\0ab\0cd"s),
          png(1, 1, 16, 6, "\0abcdefgh"s),
          png(9, 1, 1, 0, "\0ab"s),
          bmp(2, 1, "abcdef\0\0"s),
          tga(2, 2, 1, 24, 0, "abcdef"),
          tga(11, 5, 1, 8, 0x20, "\x82x\1yz"),
          psd(2, 1, "abcdef"),
          "P5 2 2 255 abcd"s,
          "P1 2 2 1 0 1 0"s,
          "P3 1 1 255 1 2 3 "s,
          hdr("-Y 1 +X 2", "abcdefgh"),
          hdr("-Y 1 +X 8", "\2\2\0\x08\x88\1\x88\2\x88\3\x88\x81"s)};
}
