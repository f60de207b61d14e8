// Policies of several drawn steps.
#include <cmath>
#include <cstdlib>
#include <map>

#include "base/rng.h"
#include "data/augment_support.h"

namespace fovea::data {
namespace {

// What an entry of torchvision's list is at magnitude 9, by the PIL formulas; none where it is no change of
// color. Draws what the policy draws.
struct Drawn {
  uint32_t entry;
  std::vector<AugmentStep> steps;
};
Drawn draw_entry(RandomSequence& random) {
  Drawn drawn{random.below(14), {}};
  const bool has_sign = drawn.entry >= 1 && drawn.entry <= 9;
  const double sign = has_sign && random.below(2) == 1 ? -1 : 1;
  const double enhanced = 1 + sign * 0.9 * 9 / 30;
  const std::map<uint32_t, AugmentStep> colors = {
      {6, forced(Augment::brightness, enhanced)},
      {7, forced(Augment::saturation, enhanced)},
      {8, forced(Augment::contrast, enhanced)},
      {9, forced(Augment::sharpness, enhanced)},
      {10, forced(Augment::posterize, 8 - std::round(9 / 7.5))},
      {11, forced(Augment::solarize, 255 - 255.0 * 9 / 30)},
      {12, plain(Augment::auto_contrast)},
      {13, plain(Augment::equalize)}};
  const auto found = colors.find(drawn.entry);
  if (found != colors.end()) drawn.steps.push_back(found->second);
  return drawn;
}

int largest_difference(const TestImage<uint8_t>& a, const TestImage<uint8_t>& b) {
  EXPECT_EQ(a.values.size(), b.values.size());
  int largest = 0;
  for (size_t i = 0; i < a.values.size(); ++i)
    largest = std::max(largest, std::abs(int{a.values[i]} - int{b.values[i]}));
  return largest;
}

// Two steps where count is 0, the second drawn after what the first has drawn: its number, its sign, a word
// for its range.
TEST(AugmentPolicy, RandAugmentDrawsTwoStepsOneAfterTheOther) {
  const auto x = waves<uint8_t>(24, 24);
  std::map<std::pair<uint32_t, uint32_t>, int> pairs;
  for (uint32_t position = 0; position < 400; ++position) {
    RandomSequence random(Draw{1, 0, position}.key(0), position);
    random.uniform();  // of the policy's own probability
    const Drawn first = draw_entry(random);
    if (first.entry >= 1 && first.entry <= 5) continue;  // moves the image
    if (first.entry >= 6 && first.entry <= 11) random.uniform();
    const Drawn second = draw_entry(random);
    if (second.entry >= 1 && second.entry <= 5) continue;
    std::vector<AugmentStep> steps = first.steps;
    steps.insert(steps.end(), second.steps.begin(), second.steps.end());
    const auto expected = steps.empty() ? x : applied(steps, x);
    EXPECT_LE(largest_difference(applied({plain(Augment::rand_augment)}, x, position), expected), 1)
        << first.entry << ", " << second.entry;
    ++pairs[{first.entry, second.entry}];
  }
  EXPECT_GT(pairs.size(), 50u);  // of 81
}

}  // namespace
}  // namespace fovea::data
