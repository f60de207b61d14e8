// XXH64 (Collet, "xxHash", version 0.8 of its specification), fed in pieces of any size: the fingerprint of a
// dataset. Little-endian. Uses std only.
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace fovea::data {

class Xxh64 {
 public:
  explicit Xxh64(uint64_t seed = 0)
      : lanes_{seed + kPrime1 + kPrime2, seed + kPrime2, seed, seed - kPrime1}, seed_(seed) {}

  void update(std::span<const std::byte> bytes) {
    total_ += bytes.size();
    if (filled_ != 0) {
      const size_t n = bytes.size() < kStripe - filled_ ? bytes.size() : kStripe - filled_;
      if (n != 0) std::memcpy(stripe_.data() + filled_, bytes.data(), n);
      filled_ += n;
      bytes = bytes.subspan(n);
      if (filled_ < kStripe) return;
      consume(stripe_.data());
      filled_ = 0;
    }
    for (; bytes.size() >= kStripe; bytes = bytes.subspan(kStripe)) consume(bytes.data());
    if (!bytes.empty()) std::memcpy(stripe_.data(), bytes.data(), bytes.size());
    filled_ = bytes.size();
  }
  void update(uint64_t value) { update(std::as_bytes(std::span(&value, 1))); }

  uint64_t digest() const {
    uint64_t h = seed_ + kPrime5;
    if (total_ >= kStripe) {
      h = std::rotl(lanes_[0], 1) + std::rotl(lanes_[1], 7) + std::rotl(lanes_[2], 12) +
          std::rotl(lanes_[3], 18);
      for (const uint64_t lane : lanes_) h = (h ^ round(0, lane)) * kPrime1 + kPrime4;
    }
    h += total_;
    const std::byte* at = stripe_.data();
    const std::byte* const end = at + filled_;
    for (; end - at >= 8; at += 8) h = std::rotl(h ^ round(0, load<uint64_t>(at)), 27) * kPrime1 + kPrime4;
    if (end - at >= 4) {
      h = std::rotl(h ^ load<uint32_t>(at) * kPrime1, 23) * kPrime2 + kPrime3;
      at += 4;
    }
    for (; at != end; ++at) h = std::rotl(h ^ load<uint8_t>(at) * kPrime5, 11) * kPrime1;
    h = (h ^ h >> 33) * kPrime2;
    h = (h ^ h >> 29) * kPrime3;
    return h ^ h >> 32;
  }

 private:
  static constexpr uint64_t kPrime1 = 0x9E3779B185EBCA87u, kPrime2 = 0xC2B2AE3D27D4EB4Fu,
                            kPrime3 = 0x165667B19E3779F9u, kPrime4 = 0x85EBCA77C2B2AE63u,
                            kPrime5 = 0x27D4EB2F165667C5u;
  static constexpr size_t kStripe = 32;

  template <class T>
  static uint64_t load(const std::byte* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  static uint64_t round(uint64_t lane, uint64_t input) {
    return std::rotl(lane + input * kPrime2, 31) * kPrime1;
  }
  void consume(const std::byte* stripe) {
    for (size_t i = 0; i < 4; ++i) lanes_[i] = round(lanes_[i], load<uint64_t>(stripe + 8 * i));
  }

  std::array<uint64_t, 4> lanes_;
  std::array<std::byte, kStripe> stripe_{};
  uint64_t seed_;
  uint64_t total_ = 0;
  size_t filled_ = 0;
};

}  // namespace fovea::data
