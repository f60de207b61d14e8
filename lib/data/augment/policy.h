// Steps that choose other steps: RandAugment and TrivialAugment. May use: base.
#pragma once
#include <array>

#include "base/rng.h"
#include "data/augment/step.h"

namespace fovea::data {

// What one draw of a policy stands for: up to two steps, complete, whose ranges are single values.
struct PolicySteps {
  std::array<AugmentStep, 2> steps;
  int count = 0;
};
// The next one. `policy` is of RAND_AUGMENT or TRIVIAL_AUGMENT, for images of this size.
PolicySteps draw_policy(const AugmentStep& policy, int64_t height, int64_t width, RandomSequence& random);

}  // namespace fovea::data
