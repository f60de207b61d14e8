// Aligned memory through the host's allocator hook, owned by Buffer. Tensors and arenas come from
// here; bookkeeping uses operator new. May use: base/error.h.
#pragma once
#include <cstddef>
#include <memory>
#include <utility>

namespace fovea {

inline constexpr size_t kAlignment = 64;

// The host's allocator. allocate returns memory aligned to `alignment` or null.
struct Allocator {
  virtual ~Allocator() = default;
  virtual void* allocate(size_t bytes, size_t alignment) noexcept = 0;
  virtual void release(void* p, size_t bytes) noexcept = 0;
};

// aligned_alloc / free.
std::shared_ptr<Allocator> system_allocator();

// Owns `bytes` of memory aligned to kAlignment, or nothing. Raises out_of_memory when refused.
class Buffer {
 public:
  Buffer() = default;
  Buffer(std::shared_ptr<Allocator> allocator, size_t bytes, bool zeroed = false);
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer(std::move(other)).swap(*this);
    return *this;
  }
  ~Buffer();

  std::byte* data() const { return data_; }
  template <class T> T* as() const { return reinterpret_cast<T*>(data_); }
  size_t bytes() const { return bytes_; }
  void swap(Buffer& other) noexcept {
    allocator_.swap(other.allocator_);
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
  }

 private:
  std::shared_ptr<Allocator> allocator_;
  std::byte* data_ = nullptr;
  size_t bytes_ = 0;
};

constexpr size_t align_up(size_t n, size_t alignment = kAlignment) {
  return (n + alignment - 1) / alignment * alignment;
}

}  // namespace fovea
