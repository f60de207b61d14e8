#include "capi/losses.h"

#include <cmath>

using namespace fovea;
using namespace fovea::capi;
using train::Loss;
using train::LossOptions;

static_assert(FV_LOSS_SOFTMAX_CROSS_ENTROPY == static_cast<int>(Loss::softmax_cross_entropy));
static_assert(FV_LOSS_MEAN_SQUARED_ERROR == static_cast<int>(Loss::mean_squared_error));
static_assert(FV_LOSS_HUBER == static_cast<int>(Loss::huber) &&
              FV_LOSS_COSINE == static_cast<int>(Loss::cosine));
static_assert(FV_LOSS_HOST_GRADIENT == static_cast<int>(Loss::host_gradient) &&
              FV_LOSS_CUSTOM == static_cast<int>(Loss::custom));

namespace {

Loss kind_from(fv_loss loss) {
  FOVEA_REQUIRE(loss != 0, "loss is required");
  FOVEA_REQUIRE(loss > 0 && loss <= FV_LOSS_CUSTOM, "loss is %d", static_cast<int>(loss));
  return static_cast<Loss>(loss);
}

// An option that only these losses have.
void only_for(bool given, bool has, const char* field, Loss loss) {
  FOVEA_REQUIRE(!given || has, "%s takes no %s", train::kLossNames[static_cast<size_t>(loss)], field);
}

}  // namespace

LossOptions capi::plain_loss(fv_loss loss) {
  LossOptions o;
  o.loss = kind_from(loss);
  FOVEA_REQUIRE(o.loss != Loss::custom, "loss custom needs a name: give it in a fv_loss_desc");
  return o;
}

LossOptions capi::loss_from(const fv_loss_desc* desc) {
  const fv_loss_desc d = read_desc(&need(desc, "a loss"), "fv_loss_desc");
  LossOptions o;
  o.loss = kind_from(d.loss);
  const bool entropy = o.loss == Loss::softmax_cross_entropy, hinge = o.loss == Loss::hinge,
             focal = o.loss == Loss::focal;
  only_for(d.ignore != 0, entropy || hinge, "ignore", o.loss);
  only_for(d.squared != 0, hinge, "squared", o.loss);
  only_for(d.margin != 0, hinge, "margin", o.loss);
  only_for(d.label_smoothing != 0, entropy, "label_smoothing", o.loss);
  only_for(d.class_weights != nullptr, entropy, "class_weights", o.loss);
  only_for(d.positive_weights != nullptr, o.loss == Loss::binary_cross_entropy, "positive_weights", o.loss);
  only_for(d.delta != 0, o.loss == Loss::huber || o.loss == Loss::smooth_l1, "delta", o.loss);
  only_for(d.gamma != 0, focal, "gamma", o.loss);
  only_for(d.alpha != 0, focal, "alpha", o.loss);
  only_for(d.custom != nullptr, o.loss == Loss::custom, "custom", o.loss);
  if (o.loss == Loss::custom) o.custom = &need(d.custom, "the name of a custom loss");
  FOVEA_REQUIRE(d.reduction == FV_REDUCE_MEAN || d.reduction == FV_REDUCE_SUM, "reduction is %d",
                static_cast<int>(d.reduction));
  FOVEA_REQUIRE((d.class_weights != nullptr) == (d.class_count > 0),
                "class_weights and class_count go together");
  FOVEA_REQUIRE(d.class_count <= 65536, "class_count is %zu", d.class_count);
  FOVEA_REQUIRE((d.positive_weights != nullptr) == (d.positive_count > 0),
                "positive_weights and positive_count go together");
  FOVEA_REQUIRE(d.positive_count <= 65536, "positive_count is %zu", d.positive_count);
  if (d.output != nullptr) o.output = d.output;
  o.weight = number(d.weight, 1);
  o.sum = d.reduction == FV_REDUCE_SUM;
  o.ignores = d.ignore != 0;
  o.ignored_label = d.ignore_label;
  o.squared = d.squared != 0;
  o.label_smoothing = number(d.label_smoothing, 0);
  o.class_weights.assign(d.class_weights, d.class_weights + d.class_count);
  o.positive_weights.assign(d.positive_weights, d.positive_weights + d.positive_count);
  o.delta = number(d.delta, 1);
  o.gamma = number(d.gamma, 2);
  o.alpha = number(d.alpha, 0.25);
  o.margin = number(d.margin, 1);
  return o;
}

fv_loss_desc capi::loss_to(const LossOptions& o) {
  const auto given = [](bool has, double value) { return !has ? 0 : value == 0 ? FV_ZERO : value; };
  const bool delta = o.loss == Loss::huber || o.loss == Loss::smooth_l1, focal = o.loss == Loss::focal;
  fv_loss_desc d{};
  d.loss = static_cast<fv_loss>(o.loss);
  d.output = o.output.empty() ? nullptr : o.output.c_str();
  d.weight = given(true, o.weight);
  d.reduction = o.sum ? FV_REDUCE_SUM : FV_REDUCE_MEAN;
  d.ignore = o.ignores ? 1 : 0;
  d.ignore_label = o.ignored_label;
  d.squared = o.squared ? 1 : 0;
  d.label_smoothing = o.label_smoothing;
  d.class_weights = o.class_weights.empty() ? nullptr : o.class_weights.data();
  d.class_count = o.class_weights.size();
  d.positive_weights = o.positive_weights.empty() ? nullptr : o.positive_weights.data();
  d.positive_count = o.positive_weights.size();
  d.delta = given(delta, o.delta);
  d.gamma = given(focal, o.gamma);
  d.alpha = given(focal, o.alpha);
  d.margin = given(o.loss == Loss::hinge, o.margin);
  d.custom = o.loss == Loss::custom ? o.custom.c_str() : nullptr;
  return d;
}
