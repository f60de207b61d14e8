// Trainings that are well, of many kinds: fv_check_all must let them pass. A false alarm that is not mended
// yet stands beside its training.
#include "planted.h"
#include "planted_types.h"

namespace fovea::test {
namespace {

fv_trainer_desc with_losses(fv_trainer_desc desc, const fv_loss_desc* const* losses) {
  desc.loss = 0;
  desc.losses = losses;
  desc.loss_count = 1;
  return desc;
}

void lenet_with_momentum(Training& t) {
  t.make(lenet(t.graph), sgd(0.01), DESC(fv_transform_desc, .scale = 1.0 / 255));
  t.train = digits(t.context, 600, 1);
  t.validation = digits(t.context, 200, 2);
}

void residual_with_batch_norm(Training& t) {
  t.make(small_resnet(t.graph), adam(0.003));
  t.data(waves(600, 1), waves(200, 9), {8, 8, 3});
}

void dropout_adamw_warmup(Training& t) {
  const fv_node x = t.hidden(t.flat(), 2, 96);
  auto schedule = init<fv_schedule_desc>();
  schedule.schedule = FV_SCHEDULE_COSINE;
  schedule.per_step = 1;
  schedule.warmup = 20;
  schedule.total = 1000;
  fv_trainer_desc desc = trainer_desc(FV_OPT_ADAMW, 0.002, FV_LOSS_SOFTMAX_CROSS_ENTROPY);
  desc.schedule = &schedule;
  t.make(t.logits(fv_dropout(t.graph, x, DESC(fv_dropout_desc, .rate = 0.4))), desc);
  t.digits_data();
}

void regression_in_f64(Training& t) {
  t.make(t.logits(t.hidden(t.flat(2), 2, 32), 1), sgd(0.05, FV_LOSS_MEAN_SQUARED_ERROR), nullptr, FV_F64);
  t.data(hills(600, 1), hills(200, 2));
}

void regression_huber_gelu(Training& t) {
  t.make(t.logits(t.hidden(t.flat(2), 2, 32, FV_ACT_GELU), 1), adam(0.005, FV_LOSS_HUBER));
  t.data(hills(600, 1), hills(200, 2));
}

void several_marks(Training& t) {
  t.make(t.logits(t.hidden(t.flat(16), 1, 32), 5), adam(0.005, FV_LOSS_BINARY_CROSS_ENTROPY));
  t.data(marks(600, 1), marks(200, 2));
}

void probabilities_with_a_loss_of_them(Training& t) {
  EXPECT_EQ(FV_OK, fv_context_register_loss(
                       t.context,
                       DESC(fv_custom_loss_desc, .name = "acme.probabilities", .evaluate = of_probabilities),
                       &t.err))
      << t.err.message;
  auto loss = init<fv_loss_desc>();
  loss.loss = FV_LOSS_CUSTOM;
  loss.custom = "acme.probabilities";
  const fv_loss_desc* losses = &loss;
  t.make(t.logits(t.hidden(t.flat(16), 1, 32), 5, FV_ACT_SIGMOID), with_losses(adam(0.005), &losses));
  t.data(marks(600, 1), marks(200, 2));
}

// A body that has learned the digits below 5, and a new head for all of them, which alone learns.
void new_head(Training& t, bool by_depth) {
  Samples all = scaled_digits(1200, 4), below;
  for (size_t i = 0; i < all.count(); ++i)
    if (all.labels[i] < 5) below.append(all.part(i, i + 1));
  t.make(t.logits(t.hidden(t.flat(), 1, 96), 5), sgd());
  t.train = t.dataset(below);
  EXPECT_EQ(FV_OK, fv_trainer_fit(t.trainer, t.train, nullptr, DESC(fv_fit_desc, .epochs = 3), &t.err));
  Model made;
  EXPECT_EQ(FV_OK,
            fv_model_replace_head(t.model, "hidden1", DESC(fv_head_desc, .units = 10), made.out(), &t.err))
      << t.err.message;
  auto body = init<fv_group_desc>();
  body.frozen = 1;
  body.parameters = "hidden*";
  const fv_group_desc* groups[] = {&body};
  fv_trainer_desc desc = adam(0.003);
  desc.groups = groups;
  desc.group_count = by_depth ? 0 : 1;
  EXPECT_EQ(FV_OK, fv_trainer_create(made, &desc, t.trainer.out(), &t.err)) << t.err.message;
  EXPECT_EQ(FV_OK, fv_trainer_freeze_until(t.trainer, by_depth ? "hidden1" : nullptr, nullptr, &t.err))
      << t.err.message;
  t.digits_data();
}
void new_head_on_a_frozen_body(Training& t) {
  new_head(t, false);
}
void new_head_frozen_up_to_it(Training& t) {
  new_head(t, true);
}

void forty_samples(Training& t) {
  t.make(t.logits(t.hidden(t.flat(), 1, 32)), adam(0.002));
  t.data(scaled_digits(40, 1), scaled_digits(20, 2));
}

// Four of one kind for each of the other.
void one_in_five(Training& t) {
  Samples all = scaled_digits(2400, 1), train;
  size_t sevens = 0;
  for (size_t i = 0; i < all.count(); ++i)
    if (all.labels[i] == 1 || (all.labels[i] == 7 && sevens++ % 4 == 0)) train.append(all.part(i, i + 1));
  for (int32_t& label : train.labels) label = label == 7;
  t.make(t.logits(t.hidden(t.flat(), 1, 32), 2), adam());
  t.train = t.dataset(train);
}

void ten_leaky_rectifiers(Training& t) {
  auto he = init<fv_initializer_desc>();
  he.kind = FV_INIT_HE_NORMAL;
  t.make(t.logits(t.hidden(t.flat(), 10, 48, FV_ACT_LEAKY_RELU, &he)), adam());
  t.digits_data();
}

void smoothed_and_mixed(Training& t) {
  Samples one = scaled_digits(600, 1), other = scaled_digits(600, 7);
  const std::vector<float> shares = noise(600, 3);
  one.outputs = 10;
  one.targets.assign(6000, 0.0f);
  for (size_t i = 0; i < 600; ++i) {
    const float share = 0.85f + 0.15f * shares[i];
    for (size_t j = 0; j < 256; ++j) one.row(i)[j] = share * one.row(i)[j] + (1 - share) * other.row(i)[j];
    one.targets[10 * i + static_cast<size_t>(one.labels[i])] += share;
    one.targets[10 * i + static_cast<size_t>(other.labels[i])] += 1 - share;
  }
  auto loss = init<fv_loss_desc>();
  loss.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY;
  loss.label_smoothing = 0.1;
  const fv_loss_desc* losses = &loss;
  t.make(t.logits(t.hidden(t.flat(), 2, 64)), with_losses(sgd(), &losses));
  t.train = t.dataset(one);
}

void own_types_that_are_right(Training& t) {
  own_types(t, Wrong::kNothing);
}

void hinge_with_rmsprop(Training& t) {
  t.make(t.logits(t.hidden(t.flat(), 2, 48, FV_ACT_SELU)),
         trainer_desc(FV_OPT_RMSPROP, 0.001, FV_LOSS_HINGE));
  t.digits_data();
}

void after_three_epochs(Training& t) {
  t.make(t.logits(t.hidden(t.flat(), 2, 48)), sgd());
  t.digits_data();
  EXPECT_EQ(FV_OK, fv_trainer_fit(t.trainer, t.train, t.validation, DESC(fv_fit_desc, .epochs = 3), &t.err));
}

struct Healthy {
  const char* name;
  void (*build)(Training&);
  fv_finding_code false_alarm = FV_FINDING_NONE;  // raised still; the test notices when it is not
};
void PrintTo(const Healthy& healthy, std::ostream* out) {
  *out << healthy.name;
}

class HealthyTraining : public ::testing::TestWithParam<Healthy> {};

TEST_P(HealthyTraining, RaisesNoAlarm) {
  Training t;
  GetParam().build(t);
  if (HasFailure()) return;
  Report report;
  std::vector<fv_finding_code> found;
  for (const fv_finding& f : alarms(t, report)) found.push_back(f.code);
  std::vector<fv_finding_code> expected;
  if (GetParam().false_alarm != FV_FINDING_NONE) expected.push_back(GetParam().false_alarm);
  EXPECT_EQ(found, expected) << text_of(report);
}

const Healthy kHealthy[] = {
    {"LenetWithMomentum", lenet_with_momentum},
    {"ResidualWithBatchNorm", residual_with_batch_norm},
    {"DropoutAdamwWarmup", dropout_adamw_warmup},
    {"RegressionInF64", regression_in_f64},
    {"RegressionHuberGelu", regression_huber_gelu},
    {"SeveralMarks", several_marks},
    {"ProbabilitiesWithALossOfThem", probabilities_with_a_loss_of_them},
    {"NewHeadOnAFrozenBody", new_head_on_a_frozen_body},
    {"NewHeadFrozenUpToIt", new_head_frozen_up_to_it},
    {"FortySamples", forty_samples},
    {"OneInFive", one_in_five},
    {"TenLeakyRectifiers", ten_leaky_rectifiers},
    {"SmoothedAndMixed", smoothed_and_mixed},
    {"OwnTypesThatAreRight", own_types_that_are_right},
    {"HingeWithRmsprop", hinge_with_rmsprop},
    {"AfterThreeEpochs", after_three_epochs},
};
INSTANTIATE_TEST_SUITE_P(All, HealthyTraining, ::testing::ValuesIn(kHealthy),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace fovea::test
