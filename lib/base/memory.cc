#include "base/memory.h"

#include <cstdlib>
#include <cstring>

#include "base/error.h"

namespace fovea {
namespace {

class SystemAllocator final : public Allocator {
 public:
  void* allocate(size_t bytes, size_t alignment) noexcept override {
    return std::aligned_alloc(alignment, align_up(bytes, alignment));
  }
  void release(void* p, size_t) noexcept override { std::free(p); }
};

}  // namespace

std::shared_ptr<Allocator> system_allocator() { return std::make_shared<SystemAllocator>(); }

Buffer::Buffer(std::shared_ptr<Allocator> allocator, size_t bytes, bool zeroed)
    : allocator_(std::move(allocator)), bytes_(bytes) {
  if (bytes == 0) return;
  data_ = static_cast<std::byte*>(allocator_->allocate(bytes, kAlignment));
  if (data_ == nullptr) fail(Status::out_of_memory, "no memory for a block of %zu bytes", bytes);
  if (zeroed) std::memset(data_, 0, bytes);
}

Buffer::~Buffer() {
  if (data_ != nullptr) allocator_->release(data_, bytes_);
}

}  // namespace fovea
