// Moved rows and transposes against plain loops, on every target.
#include "kernels/copy.h"

#include "kernels/targets.h"

namespace fovea::kernels {
namespace {

using fovea::testing::for_each_target;
using fovea::testing::random_block;

// The place of element (r, c) in y: as in x, or transposed.
template <class T, class Kernel>
void check(Kernel&& kernel, bool transposed) {
  std::mt19937_64 random(1);
  for_each_target([&] {
    for (int64_t rows : {1, 2, 3, 4, 7, 16, 19, 37})
      for (int64_t columns : {1, 2, 3, 4, 6, 8, 16, 17, 33})
        for (bool accumulate : {false, true}) {
          const int64_t ldx = columns + 3, ldy = (transposed ? rows : columns) + 2;
          const int64_t lines = transposed ? columns : rows;
          const auto x = random_block<T>((rows - 1) * ldx + columns, random);
          auto y = random_block<T>((lines - 1) * ldy + (transposed ? rows : columns), random);
          std::vector<T> want = y.values();
          for (int64_t r = 0; r < rows; ++r)
            for (int64_t c = 0; c < columns; ++c) {
              T& to = want[static_cast<size_t>(transposed ? c * ldy + r : r * ldy + c)];
              const T from = x[static_cast<size_t>(r * ldx + c)];
              to = accumulate ? to + from : from;
            }
          kernel(rows, columns, x.data(), ldx, accumulate, y.data(), ldy);
          EXPECT_EQ(y.values(), want) << rows << " x " << columns;
          EXPECT_TRUE(y.intact());
        }
  });
}

template <class T>
void check_both() {
  check<T>([](auto... a) { copy_rows(a...); }, false);
  check<T>([](auto... a) { transpose(a...); }, true);
}
TEST(Copy, RowsAndTransposes) {
  check_both<float>();
  check_both<double>();
}

}  // namespace
}  // namespace fovea::kernels
