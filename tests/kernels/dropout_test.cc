// The SIMD generator against the plain one, bit for bit, on every target.
#include "kernels/dropout.h"

#include "kernels/targets.h"

namespace fovea::kernels {
namespace {

using fovea::testing::for_each_target;
using fovea::testing::Guarded;
using fovea::testing::kLengths;
using fovea::testing::random_block;

TEST(DropoutKernel, MaskIsPhilox) {
  for_each_target([] {
    for (const RandomKey& key :
         {RandomKey{0, 0, 0, Purpose::dropout}, RandomKey{~uint64_t{0}, ~0u, 0xFFFFFFu, Purpose::dropout},
          RandomKey{0x123456789ABCDEF0u, 17, 5, Purpose::dropout}})
      for (uint32_t threshold : {0u, 1u, 0x40000000u, 0x80000000u, 0xC0000000u, 0xFFFFFFFFu})
        for (int64_t first : {0, 1, 1000}) {
          constexpr int64_t kWords = 9;
          const uint32_t sample = 4000000000u + static_cast<uint32_t>(first);
          Guarded<uint32_t> bits(kWords);
          random_mask(key, sample, first, kWords, threshold, bits.data());
          EXPECT_TRUE(bits.intact());
          for (int64_t e = 0; e < kWords * kMaskBits; ++e) {
            const int64_t element = first * kMaskBits + e;
            const bool kept =
                key.draw(sample, static_cast<uint32_t>(element / 4))[static_cast<size_t>(element % 4)] >=
                threshold;
            ASSERT_EQ((bits[static_cast<size_t>(e / kMaskBits)] >> (e % kMaskBits)) & 1, kept ? 1u : 0u)
                << element;
          }
        }
  });
}

template <class T>
void check_apply() {
  std::mt19937_64 random(1);
  for_each_target([&] {
    for (int64_t n : kLengths) {
      const auto x = random_block<T>(n, random);
      Guarded<uint32_t> bits(static_cast<size_t>((n + kMaskBits - 1) / kMaskBits));
      for (uint32_t& word : bits) word = static_cast<uint32_t>(random());
      Guarded<T> y(x.size());
      apply_mask(n, bits.data(), 2.5, x.data(), y.data());
      for (size_t i = 0; i < x.size(); ++i)
        EXPECT_EQ(y[i], (bits[i / 32] >> (i % 32) & 1) != 0 ? T(2.5) * x[i] : T(0));
      const auto expected = y.values();
      y.assign(x.values());
      apply_mask(n, bits.data(), 2.5, y.data(), y.data());
      EXPECT_EQ(y.values(), expected);
      EXPECT_TRUE(y.intact());
    }
  });
}
TEST(DropoutKernel, Apply) {
  check_apply<float>();
  check_apply<double>();
}

}  // namespace
}  // namespace fovea::kernels
