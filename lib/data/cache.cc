#include <atomic>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "data/combine.h"
#include "data/wrapper.h"

namespace fovea::data {
namespace {

// Which samples are kept depends on who comes first; what is read does not.
class CacheDataset final : public Wrapper {
 public:
  CacheDataset(const DatasetPtr& base, uint64_t max_bytes, std::shared_ptr<Allocator> allocator)
      : Wrapper(base, base->format()),
        allocator_(std::move(allocator)),
        left_(static_cast<int64_t>(max_bytes)),
        kept_(static_cast<size_t>(base->size())) {}
  ~CacheDataset() override {
    for (const auto& slot : kept_) delete slot.load(std::memory_order_relaxed);
  }

  TensorView sample(int64_t i, SampleMemory& memory, const Draw*) const override {
    std::atomic<const Kept*>& slot = kept_[static_cast<size_t>(i)];
    if (const Kept* kept = slot.load(std::memory_order_acquire)) return kept->view();
    const TensorView read = base().sample(i, memory);
    keep(slot, read);
    return read;
  }

 private:
  struct Kept {
    Buffer bytes;
    DType dtype;
    Shape shape;
    TensorView view() const { return {bytes.data(), dtype, shape}; }
  };

  // If there is room for it. Another thread may be there with the same sample.
  void keep(std::atomic<const Kept*>& slot, const TensorView& read) const {
    const auto bytes = static_cast<int64_t>(align_up(read.bytes()));
    if (left_.fetch_sub(bytes, std::memory_order_relaxed) >= bytes) {
      try {
        auto kept = std::make_unique<Kept>(Kept{Buffer(allocator_, read.bytes()), read.dtype, read.shape});
        std::memcpy(kept->bytes.data(), read.data, read.bytes());
        const Kept* none = nullptr;
        if (slot.compare_exchange_strong(none, kept.get(), std::memory_order_acq_rel)) {
          kept.release();
          return;
        }
      } catch (...) {
        // Without memory to keep it, it is read again.
      }
    }
    left_.fetch_add(bytes, std::memory_order_relaxed);
  }

  std::shared_ptr<Allocator> allocator_;
  mutable std::atomic<int64_t> left_;
  mutable std::vector<std::atomic<const Kept*>> kept_;
};

}  // namespace

DatasetPtr cache(const DatasetPtr& dataset, uint64_t max_bytes, const std::shared_ptr<Allocator>& allocator) {
  FOVEA_REQUIRE(
      !dataset->format().random,
      "a dataset that draws its samples at random has no samples to keep: cache what it draws from");
  return std::make_shared<CacheDataset>(dataset, max_bytes, allocator);
}

}  // namespace fovea::data
