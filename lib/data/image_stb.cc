// JPEG and PNG by stb_image, held to our rules: it allocates from the host within a budget, may
// not read past the end of its input, and leaves by an exception where it would assert.
#include <climits>
#include <new>

#include "data/image_reader.h"

namespace fovea::data {
namespace {

// What stb has allocated while it decodes one image, freed at the end whichever way that is reached.
class Ledger {
 public:
  Ledger(Allocator& allocator, uint64_t budget) : allocator_(allocator), left_(budget) { current = this; }
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;
  ~Ledger() {
    while (first_ != nullptr) release(first_ + 1);
    current = nullptr;
  }

  void* take(size_t bytes) {
    if (bytes > left_) {
      over_budget_ = true;
      return nullptr;
    }
    void* memory = allocator_.allocate(bytes + sizeof(Block), kAlignment);
    if (memory == nullptr) {
      refused_ = true;
      return nullptr;
    }
    left_ -= bytes;
    // stb counts on the coefficients of a scan that never comes.
    std::memset(memory, 0, bytes + sizeof(Block));
    auto* block = new (memory) Block{bytes, nullptr, first_};
    if (first_ != nullptr) first_->previous = block;
    first_ = block;
    return block + 1;
  }
  void* resize(void* memory, size_t bytes) {
    if (memory == nullptr) return take(bytes);
    void* larger = take(bytes);
    if (larger == nullptr) return nullptr;
    const size_t old = (static_cast<Block*>(memory) - 1)->bytes;
    std::memcpy(larger, memory, old < bytes ? old : bytes);
    release(memory);
    return larger;
  }
  void release(void* memory) {
    if (memory == nullptr) return;
    Block* block = static_cast<Block*>(memory) - 1;
    (block->previous != nullptr ? block->previous->next : first_) = block->next;
    if (block->next != nullptr) block->next->previous = block->previous;
    left_ += block->bytes;
    allocator_.release(block, block->bytes + sizeof(Block));
  }

  bool over_budget() const { return over_budget_; }
  bool refused() const { return refused_; }

  // stb hands nothing of the caller's to its allocation functions. Set while it runs on this thread.
  static thread_local Ledger* current;

 private:
  struct alignas(kAlignment) Block {
    size_t bytes;
    Block* previous;
    Block* next;
  };

  Allocator& allocator_;
  uint64_t left_;
  Block* first_ = nullptr;
  bool over_budget_ = false, refused_ = false;
};

thread_local Ledger* Ledger::current = nullptr;

[[noreturn]] void contradiction() {
  fail(Status::format, "the data contradict themselves");
}

}  // namespace
}  // namespace fovea::data

#define STBI_MALLOC(bytes) fovea::data::Ledger::current->take(bytes)
#define STBI_REALLOC(memory, bytes) fovea::data::Ledger::current->resize(memory, bytes)
#define STBI_FREE(memory) fovea::data::Ledger::current->release(memory)
#define STBI_ASSERT(condition) ((condition) ? (void)0 : fovea::data::contradiction())
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#endif
#include <stb_image.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

namespace fovea::data {
namespace {

// stb reads from memory, and asks its callbacks for more when that is used up: there is no more.
[[noreturn]] void starve(void* user) {
  const Bytes& b = *static_cast<const Bytes*>(user);
  b.damaged("it ends in the middle of the image", b.size());
}

stbi__context context_of(const Bytes& b) {
  stbi__context s{};
  // It never writes to them.
  auto* begin = const_cast<stbi_uc*>(reinterpret_cast<const stbi_uc*>(b.data()));
  s.img_buffer = s.img_buffer_original = begin;
  s.img_buffer_end = s.img_buffer_original_end = begin + b.size();
  s.io.read = [](void* user, char*, int) -> int { starve(user); };
  s.io.skip = [](void* user, int) { starve(user); };
  s.io.eof = [](void*) -> int { return 1; };
  s.io_user_data = const_cast<Bytes*>(&b);
  s.read_from_callbacks = 1;
  s.buflen = sizeof s.buffer_start;
  return s;
}

// More than any decoder needs for so many pixels: a progressive JPEG of four channels takes 17 bytes each, of
// pixels rounded up to blocks. Without a limit a PNG could unpack to a thousand times its size.
uint64_t budget(const Bytes& b, const ImageInfo& info) {
  const uint64_t pixels = static_cast<uint64_t>((info.height + 64) * (info.width + 64));
  return pixels * 48 + 8 * b.size() + (1u << 20);
}

}  // namespace

void read_by_stb(const Bytes& b, const ImageInfo& info, const std::shared_ptr<Allocator>& allocator,
                 uint8_t* out) {
  if (b.size() > INT_MAX) b.damaged("it is too large", b.size());
  const Ledger ledger(*allocator, budget(b, info));
  stbi__context s = context_of(b);
  int width = 0, height = 0, channels = 0;
  stbi__result_info result{8, 0, STBI_ORDER_RGB};
  void* pixels = nullptr;
  try {
    if (info.format == ImageFormat::jpeg) {
      pixels = stbi__jpeg_load(&s, &width, &height, &channels, 0, &result);
      // It tells how many the file has; CMYK has become RGB.
      if (channels == 4) channels = 3;
    } else {
      pixels = stbi__png_load(&s, &width, &height, &channels, 0, &result);
    }
  } catch (const Error& error) {
    // Ours, but those of assertions have no name yet.
    if (std::strncmp(error.what(), b.name(), std::strlen(b.name())) == 0) throw;
    fail(error.status(), "%s: %s", b.name(), error.what());
  }
  if (pixels == nullptr) {
    if (ledger.refused()) fail(Status::out_of_memory, "no memory to decode %s", b.name());
    if (ledger.over_budget()) b.damaged("it unpacks to more than its size", b.size());
    fail(Status::format, "%s: damaged %s (%s)", b.name(), name_of(info.format), stbi_failure_reason());
  }
  if (width != info.width || height != info.height || channels != info.channels)
    fail(Status::format, "%s: %d x %d pixels of %d channels where the header has %lld x %lld of %d", b.name(),
         width, height, channels, static_cast<long long>(info.width), static_cast<long long>(info.height),
         info.channels);
  const size_t n = static_cast<size_t>(info.height * info.width * info.channels);
  if (result.bits_per_channel == 16) {
    const auto* values = static_cast<const uint16_t*>(pixels);
    for (size_t i = 0; i < n; ++i) out[i] = static_cast<uint8_t>(values[i] >> 8);
  } else {
    std::memcpy(out, pixels, n);
  }
}

}  // namespace fovea::data
