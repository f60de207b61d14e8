// Every kind of layer over random shapes and attributes: its gradients against central differences in double
// precision, random draws frozen, kinks avoided. A kind that random_layer.cc does not draw fails.
#include "layers/random_layer.h"
#include "layers/refusals.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using fovea::testing::draw_layer;
using fovea::testing::Drawn;
using fovea::testing::gradcheck;
using fovea::testing::refusal;

class RandomGradcheck : public ::testing::TestWithParam<std::string_view> {};

TEST_P(RandomGradcheck, EveryInputAndParameter) {
  constexpr uint32_t kRounds = 100;
  uint32_t checked = 0, round = 0;
  for (; checked < kRounds && round < 40 * kRounds; ++round) {
    const Drawn d = draw_layer(GetParam(), round);
    ASSERT_NE(d.layer, nullptr) << "nothing draws a " << GetParam();
    ASSERT_EQ(d.layer->kind(), GetParam());
    if (!refusal(*d.layer, d.inputs).empty()) continue;
    SCOPED_TRACE(round);
    ++checked;
    const auto layer = d.layer->clone();
    const Shape out = layer->setup(d.inputs);
    if (d.inputs.empty() || layer->traits().view) {  // computes nothing
      EXPECT_TRUE(d.inputs.empty() || out.elements() == d.inputs[0].elements());
      continue;
    }
    EXPECT_TRUE(gradcheck(*d.layer, d.inputs, d.batch, round, d.options));
  }
  EXPECT_EQ(checked, kRounds) << "of " << round << " draws";
}

std::string name_of(const ::testing::TestParamInfo<std::string_view>& kind) {
  return std::string(kind.param);
}
INSTANTIATE_TEST_SUITE_P(Layers, RandomGradcheck, ::testing::ValuesIn(kinds()), name_of);

}  // namespace
}  // namespace fovea::layers
