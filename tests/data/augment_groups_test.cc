// Groups of steps, alpha, and Keras's generator on floats.
#include <algorithm>
#include <map>

#include "base/error.h"
#include "data/augment/keras.h"
#include "data/augment_support.h"
#include "io/files.h"

namespace fovea::data {
namespace {

using testing::expect_error;

AugmentStep group(Augment kind, int count, std::optional<double> probability = {}) {
  AugmentStep step;
  step.kind = kind;
  step.count = count;
  step.probability = probability;
  return step;
}

// How often each value comes out of a pixel of 1 over many positions.
std::map<int, int> outcomes(const std::vector<AugmentStep>& steps, uint32_t positions = 3000) {
  const TestImage<float> one{1, 1, 1, {1}};
  std::map<int, int> counts;
  for (uint32_t position = 0; position < positions; ++position)
    ++counts[static_cast<int>(std::lround(applied(steps, one, position, 1, 1000).values[0]))];
  return counts;
}

TEST(AugmentGroups, ApplyIsAllOrNothing) {
  const auto counts = outcomes({group(Augment::random_apply, 2), forced(Augment::brightness, 3),
                                forced(Augment::brightness, 5), forced(Augment::brightness, 7)});
  ASSERT_EQ(counts.size(), 2u);
  EXPECT_NEAR(counts.at(7), 1500, 120);    // neither
  EXPECT_NEAR(counts.at(105), 1500, 120);  // both
}

TEST(AugmentGroups, ChoiceTakesOne) {
  const auto counts =
      outcomes({group(Augment::random_choice, 3), forced(Augment::brightness, 3),
                forced(Augment::brightness, 5), forced(Augment::brightness, 7), forced(Augment::brightness, 2)});
  ASSERT_EQ(counts.size(), 3u);
  for (const int factor : {3, 5, 7}) EXPECT_NEAR(counts.at(2 * factor), 1000, 110);
}

// Twice and two more do not commute.
TEST(AugmentGroups, OrderTakesAllInAnyOrder) {
  const TestImage<uint8_t> x{1, 2, 1, {10, 200}};
  const std::vector<AugmentStep> steps = {group(Augment::random_order, 3), forced(Augment::brightness, 0.5),
                                          plain(Augment::invert), forced(Augment::solarize, 128)};
  // The orders as the header draws them: from the last to the second, a place up to it.
  std::map<std::vector<size_t>, int> orders;
  for (uint32_t position = 0; position < 600; ++position) {
    RandomSequence random(Draw{1, 0, position}.key(0), position);
    random.uniform();
    std::vector<size_t> order = {1, 2, 3};
    for (uint32_t last = 2; last > 0; --last) std::swap(order[last], order[random.below(last + 1)]);
    ++orders[order];
    std::vector<AugmentStep> sorted;
    for (const size_t i : order) sorted.push_back(steps[i]);
    ASSERT_EQ(applied(steps, x, position).values, applied(sorted, x).values) << position;
  }
  ASSERT_EQ(orders.size(), 6u);
  for (const auto& [order, count] : orders) EXPECT_NEAR(count, 100, 45);
}

TEST(AugmentGroups, MembersHaveTheirOwnProbability) {
  AugmentStep sometimes = forced(Augment::brightness, 3);
  sometimes.probability = 0.25;
  const auto counts = outcomes({group(Augment::random_apply, 1, 1.0), sometimes});
  EXPECT_NEAR(counts.at(3), 750, 100);
}

TEST(AugmentGroups, Errors) {
  const auto refuses = [](std::vector<AugmentStep> steps, const char* words) {
    expect_error(Status::invalid_argument, words, [&] { Augmentation(std::move(steps), 1); });
  };
  refuses({group(Augment::random_apply, 0), plain(Augment::invert)}, "count is 0");
  refuses({group(Augment::random_choice, 2), plain(Augment::invert)}, "2 steps, but only 1 follow");
  refuses({group(Augment::random_order, 1), plain(Augment::crop, 4, 4)}, "step 1 (crop) cannot be a part of");
  refuses({group(Augment::random_order, 2), group(Augment::random_apply, 1), plain(Augment::invert)},
          "step 1 (random apply) cannot be a part of");
  refuses({group(Augment::random_apply, 1), forced(Augment::rescale, 0.5)}, "step 1 (rescale)");
}

// What changes colors leaves the last of two or four channels, and does the others as if it were not there.
TEST(Augment, AlphaStaysAsItIs) {
  const std::vector<AugmentStep> steps[] = {
      {forced(Augment::brightness, 1.5)},   {forced(Augment::contrast, 0.5)}, {forced(Augment::gamma, 2)},
      {forced(Augment::channel_shift, 30)}, {plain(Augment::invert)},         {plain(Augment::equalize)},
      {plain(Augment::auto_contrast)},      {forced(Augment::posterize, 3)},  {forced(Augment::solarize, 100)},
      {forced(Augment::noise, 20)}};
  for (const auto& step : steps)
    for (const int64_t colors : {1, 3}) {
      const auto x = waves<uint8_t>(9, 7, colors);
      TestImage<uint8_t> with{9, 7, colors + 1, {}};
      for (size_t i = 0; i < 63; ++i) {
        const auto at = x.values.begin() + static_cast<std::ptrdiff_t>(i) * colors;
        with.values.insert(with.values.end(), at, at + colors);
        with.values.push_back(static_cast<uint8_t>(i * 4));
      }
      const auto y = applied(step, with), alone = applied(step, x);
      for (size_t i = 0; i < 63; ++i) {
        const size_t n = static_cast<size_t>(colors);
        ASSERT_EQ(y.values[i * (n + 1) + n], i * 4) << step[0].title(0);
        for (size_t c = 0; c < n; ++c)
          ASSERT_EQ(y.values[i * (n + 1) + c], alone.values[i * n + c]) << step[0].title(0);
      }
    }
}

}  // namespace
}  // namespace fovea::data
