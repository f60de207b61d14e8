// Mistakes that people make when they train a network, planted one at a time: fv_check_all must name each.
// What each is to be called was decided before it was tried. The table marks those that are not named yet.
#include "planted.h"
#include "planted_types.h"

namespace fovea::test {
namespace {

// An ordinary network on digits, trained as `desc` says.
void plain(Training& t, const fv_trainer_desc& desc) {
  t.make(t.logits(t.hidden(t.flat(), 2, 48)), desc);
  t.digits_data();
}
// The same, well trained, on such data.
void plain(Training& t, const Samples& train, const Samples& validation) {
  t.make(t.logits(t.hidden(t.flat(), 2, 48)), sgd());
  t.data(train, validation);
}

// ---- faults: data ---------------------------------------------------------------------------------------

void validation_counts_from_one(Training& t) {
  Samples validation = scaled_digits(300, 2);
  for (int32_t& label : validation.labels) label = (label + 1) % 10;
  plain(t, scaled_digits(800, 1), validation);
}

void labels_in_another_order(Training& t) {
  Samples train = scaled_digits(700, 1), validation = scaled_digits(300, 2);
  for (Samples* s : {&train, &validation}) {
    const std::vector<float> keys = noise(s->count(), 77);
    for (size_t i = s->count() - 1; i > 0; --i)
      std::swap(s->labels[i], s->labels[static_cast<size_t>((keys[i] + 1) / 2 * static_cast<float>(i))]);
  }
  plain(t, train, validation);
}

void a_class_is_only_validated(Training& t) {
  Samples all = scaled_digits(700, 1), train;
  for (size_t i = 0; i < all.count(); ++i)
    if (all.labels[i] != 7) train.append(all.part(i, i + 1));
  plain(t, train, scaled_digits(200, 2));
}

void parts_overlap(Training& t) {
  Samples all = scaled_digits(900, 1);
  plain(t, all.part(0, 700), all.part(600, 900));
}

void mirrored_before_the_split(Training& t) {
  Samples train = scaled_digits(600, 1), validation = train.part(0, 200);
  for (size_t i = 0; i < 200; ++i)
    for (size_t y = 0; y < 16; ++y) std::reverse(validation.row(i) + 16 * y, validation.row(i) + 16 * y + 16);
  t.make(t.logits(t.hidden(fv_flatten(t.graph, t.picture(), nullptr), 2, 48)), sgd());
  t.data(train, validation, {16, 16, 1});
}

void noisy_copies_before_the_split(Training& t) {
  Samples train = scaled_digits(600, 1), validation = train.part(0, 200);
  const std::vector<float> grain = noise(validation.x.size(), 5);
  for (size_t i = 0; i < grain.size(); ++i) validation.x[i] += 0.02f * grain[i];
  plain(t, train, validation);
}

void read_twice(Training& t) {
  Samples train = scaled_digits(400, 1);
  train.append(scaled_digits(400, 1));
  plain(t, train, scaled_digits(200, 2));
}

void annotators_disagree(Training& t) {
  Samples train = scaled_digits(400, 1), second = train;
  for (int32_t& label : second.labels) label = (label * 3 + 1) % 10;
  train.append(second);
  plain(t, train, scaled_digits(200, 2));
}

void buffer_never_filled_again(Training& t) {
  Samples train = scaled_digits(500, 1);
  for (size_t i = 1; i < train.count(); ++i) std::copy_n(train.row(0), 256, train.row(i));
  plain(t, train, scaled_digits(200, 2));
}

void a_value_is_nan(Training& t) {
  Samples train = scaled_digits(500, 1);
  train.row(137)[40] = NAN;
  plain(t, train, scaled_digits(200, 2));
}

void one_class_in_a_hundred(Training& t) {
  Samples all = scaled_digits(4000, 1), train;
  int32_t threes = 0;
  for (size_t i = 0; i < all.count(); ++i)
    if (all.labels[i] == 8 || (all.labels[i] == 3 && threes++ < 4)) train.append(all.part(i, i + 1));
  for (int32_t& label : train.labels) label = label == 3;
  t.make(t.logits(t.hidden(t.flat(), 1, 32), 2), sgd());
  t.train = t.dataset(train);
}

void targets_of_a_constant_column(Training& t) {
  Samples train = hills(500, 1);
  std::fill(train.targets.begin(), train.targets.end(), 0.7f);
  t.make(t.logits(t.hidden(t.flat(2), 2, 32), 1), sgd(0.02, FV_LOSS_MEAN_SQUARED_ERROR));
  t.train = t.dataset(train);
}

void targets_in_thousands(Training& t) {
  t.make(t.logits(t.hidden(t.flat(2), 2, 32), 1), sgd(0.02, FV_LOSS_MEAN_SQUARED_ERROR));
  t.data(hills(600, 1, 3000), hills(200, 2, 3000));
}

void test_set_in_training(Training& t) {
  plain(t, sgd());
  EXPECT_EQ(FV_OK, fv_dataset_mark_test(t.train, &t.err)) << t.err.message;
  auto info = init<fv_dataset_info>();
  EXPECT_EQ(FV_OK, fv_dataset_get_info(t.train, &info, &t.err)) << t.err.message;
  EXPECT_EQ(info.test, 1);
}

void tested_on_what_is_trained(Training& t) {
  Samples train = scaled_digits(600, 1);
  plain(t, train, scaled_digits(200, 2));
  t.test = t.dataset(train);
}

// ---- faults: inputs -------------------------------------------------------------------------------------

void raw_pixels(Training& t) {
  t.make(t.logits(t.hidden(fv_flatten(t.graph, t.picture(), nullptr), 6, 48)), sgd());
  t.raw_digits();
}

// Divided by 255 before the mean and deviation of values up to 255 are taken off.
void statistics_of_other_units(Training& t) {
  const double mean = 50, stddev = 85;
  t.make(t.logits(t.hidden(fv_flatten(t.graph, t.picture(), nullptr), 2, 48)), sgd(),
         DESC(fv_transform_desc, .channels = 1, .scale = 1.0 / 255, .mean = &mean, .stddev = &stddev));
  t.raw_digits();
}

// Mean and deviation of values up to 1 on values up to 255.
void scale_forgotten(Training& t) {
  const double mean = 0.2, stddev = 0.33;
  fv_node x = fv_conv2d(
      t.graph, t.picture(),
      DESC(fv_conv2d_desc, .name = "conv", .filters = 8, .kernel = {3, 3}, .activation = FV_ACT_RELU));
  x = fv_flatten(t.graph, fv_max_pool2d(t.graph, x, nullptr), nullptr);
  t.make(t.logits(t.hidden(x, 1, 32)), sgd(),
         DESC(fv_transform_desc, .channels = 1, .mean = &mean, .stddev = &stddev));
  t.raw_digits();
}

// ---- faults: initial weights ----------------------------------------------------------------------------

fv_initializer_desc constant(double value) {
  auto d = init<fv_initializer_desc>();
  d.kind = value == 0 ? FV_INIT_ZEROS : FV_INIT_CONSTANT;
  d.value = value;
  return d;
}
fv_initializer_desc normal(double stddev) {
  auto d = init<fv_initializer_desc>();
  d.kind = FV_INIT_NORMAL;
  d.stddev = stddev;
  return d;
}

void constant_weights(Training& t) {
  const fv_initializer_desc little = constant(0.02);
  t.make(t.logits(t.hidden(t.flat(), 1, 48, FV_ACT_TANH, &little), 10, FV_ACT_LINEAR, &little), sgd());
  t.digits_data();
}

void zero_weights(Training& t) {
  const fv_initializer_desc zero = constant(0);
  t.make(t.logits(t.hidden(t.flat(), 2, 48, FV_ACT_RELU, &zero), 10, FV_ACT_LINEAR, &zero), sgd());
  t.digits_data();
}

void unit_normal_in_tanhs(Training& t) {
  const fv_initializer_desc one = normal(1);
  t.make(t.logits(t.hidden(t.flat(), 8, 64, FV_ACT_TANH, &one)), sgd());
  t.digits_data();
}

void unit_normal_in_rectifiers(Training& t) {
  const fv_initializer_desc one = normal(1);
  t.make(t.logits(t.hidden(t.flat(), 3, 64, FV_ACT_RELU, &one), 10, FV_ACT_LINEAR, &one), adam());
  t.digits_data();
}

void hundredth_normal_in_ten_rectifiers(Training& t) {
  const fv_initializer_desc hundredth = normal(0.01);
  t.make(t.logits(t.hidden(t.flat(), 10, 48, FV_ACT_RELU, &hundredth)), sgd());
  t.digits_data();
}

void biases_of_minus_ten(Training& t) {
  const fv_initializer_desc bias = constant(-10);
  t.make(t.logits(t.hidden(t.flat(), 1, 48, FV_ACT_RELU, nullptr, &bias)), sgd());
  t.digits_data();
}

// ---- faults: network ------------------------------------------------------------------------------------

void twelve_sigmoids(Training& t) {
  t.make(t.logits(t.hidden(t.flat(), 12, 32, FV_ACT_SIGMOID)), sgd());
  t.digits_data();
}

// The loss is of logits and has its own sigmoid.
void sigmoid_twice(Training& t) {
  t.make(t.logits(t.hidden(t.flat(16), 1, 32), 5, FV_ACT_SIGMOID), adam(0.005, FV_LOSS_BINARY_CROSS_ENTROPY));
  t.data(marks(600, 1), marks(200, 2));
}

void rectified_logits(Training& t) {
  t.make(t.logits(t.hidden(t.flat(), 2, 48), 10, FV_ACT_RELU), sgd());
  t.digits_data();
}

void sigmoid_for_targets_in_tens(Training& t) {
  t.make(t.logits(t.hidden(t.flat(2), 2, 32), 1, FV_ACT_SIGMOID), adam(0.003, FV_LOSS_MEAN_SQUARED_ERROR));
  t.data(hills(600, 1, 30), hills(200, 2, 30));
}

void dropout_of_nearly_all(Training& t) {
  const fv_node x = t.hidden(t.flat(), 2, 48);
  t.make(t.logits(fv_dropout(t.graph, x, DESC(fv_dropout_desc, .name = "dropout", .rate = 0.99))), sgd());
  t.digits_data();
}

void picture_averaged_to_a_number(Training& t) {
  const fv_node x = fv_global_average_pool2d(t.graph, t.picture(), nullptr);
  t.make(t.logits(x), sgd());
  t.data(scaled_digits(600, 1), scaled_digits(200, 2), {16, 16, 1});
}

void softsign_forgets_the_square(Training& t) {
  own_types(t, Wrong::kSoftsign);
}
void gain_takes_the_last_sample(Training& t) {
  own_types(t, Wrong::kGain);
}
void loss_forgets_a_term(Training& t) {
  own_types(t, Wrong::kLoss);
}

// ---- faults: optimizer ------------------------------------------------------------------------------------

void l2_of_ten(Training& t) {
  fv_trainer_desc desc = sgd();
  desc.l2 = 10;
  plain(t, desc);
}

// All layers but the head were meant.
void everything_frozen(Training& t) {
  auto all = init<fv_group_desc>();
  all.frozen = 1;
  all.parameters = "*";
  const fv_group_desc* groups[] = {&all};
  fv_trainer_desc desc = sgd();
  desc.groups = groups;
  desc.group_count = 1;
  plain(t, desc);
}

void rate_of_a_billionth(Training& t) {
  plain(t, sgd(1e-9));
}
void sgd_with_rate_fifty(Training& t) {
  plain(t, sgd(50));
}

void adam_with_rate_ten(Training& t) {
  fv_node x = fv_conv2d(
      t.graph, t.picture(),
      DESC(fv_conv2d_desc, .name = "conv", .filters = 8, .kernel = {3, 3}, .activation = FV_ACT_RELU));
  x = fv_flatten(t.graph, fv_max_pool2d(t.graph, x, nullptr), nullptr);
  t.make(t.logits(t.hidden(x, 1, 32)), adam(10));
  t.data(scaled_digits(500, 1), scaled_digits(200, 2), {16, 16, 1});
}

// A period of 5 that was meant in epochs.
void schedule_of_steps(Training& t) {
  auto schedule = init<fv_schedule_desc>();
  schedule.schedule = FV_SCHEDULE_STEP;
  schedule.per_step = 1;
  schedule.period = 5;
  fv_trainer_desc desc = sgd();
  desc.schedule = &schedule;
  plain(t, desc);
}

// A warm-up of 500 that was meant in steps: the first epoch has a rate of 0.
void warmup_of_epochs(Training& t) {
  auto schedule = init<fv_schedule_desc>();
  schedule.warmup = 500;
  fv_trainer_desc desc = sgd();
  desc.schedule = &schedule;
  plain(t, desc);
}

void with_optimizer(Training& t, const fv_optimizer_desc* optimizer) {
  auto desc = init<fv_trainer_desc>();
  desc.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY;
  desc.optimizer_desc = optimizer;
  plain(t, desc);
}
void clipped_to_nothing(Training& t) {
  with_optimizer(
      t, DESC(fv_optimizer_desc, .optimizer = FV_OPT_SGD, .learning_rate = 0.1, .clip_global_norm = 1e-9));
}
void decay_of_everything(Training& t) {
  with_optimizer(
      t, DESC(fv_optimizer_desc, .optimizer = FV_OPT_ADAMW, .learning_rate = 0.01, .weight_decay = 100));
}

// ---- the tests --------------------------------------------------------------------------------------------

struct Fault {
  const char* name;
  void (*plant)(Training&);
  std::vector<fv_finding_code> codes;  // any of these is right
  const char* where = "";              // what the finding's place begins with
  bool named = true;                   // false: no alarm calls it so yet; the test notices when one does
};
void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.name;
}

class PlantedFault : public ::testing::TestWithParam<Fault> {};

TEST_P(PlantedFault, IsNamed) {
  const Fault& fault = GetParam();
  Training t;
  fault.plant(t);
  if (HasFailure()) return;
  Report report;
  const std::vector<fv_finding> found = alarms(t, report);
  const bool named = std::any_of(found.begin(), found.end(), [&](const fv_finding& f) {
    return std::string(f.where).starts_with(fault.where) &&
           std::find(fault.codes.begin(), fault.codes.end(), f.code) != fault.codes.end();
  });
  EXPECT_EQ(named, fault.named) << text_of(report);
}

const Fault kFaults[] = {
    {"ValidationCountsFromOne", validation_counts_from_one, {FV_FINDING_SWAPPED_LABELS}},
    {"LabelsInAnotherOrder", labels_in_another_order, {FV_FINDING_LABELS_UNRELATED}},
    {"AClassIsOnlyValidated", a_class_is_only_validated, {FV_FINDING_MISSING_CLASS}},
    {"PartsOverlap", parts_overlap, {FV_FINDING_LEAKED_SPLIT}},
    {"MirroredBeforeTheSplit", mirrored_before_the_split, {FV_FINDING_LEAKED_SPLIT}},
    {"NoisyCopiesBeforeTheSplit", noisy_copies_before_the_split, {FV_FINDING_LEAKED_SPLIT}},
    {"ReadTwice", read_twice, {FV_FINDING_DUPLICATE_SAMPLES}},
    {"AnnotatorsDisagree", annotators_disagree, {FV_FINDING_CONFLICTING_LABELS}},
    {"BufferNeverFilledAgain", buffer_never_filled_again, {FV_FINDING_CONSTANT_INPUT}},
    {"AValueIsNaN", a_value_is_nan, {FV_FINDING_NON_FINITE}},
    {"OneClassInAHundred", one_class_in_a_hundred, {FV_FINDING_IMBALANCED_CLASSES}},
    {"TargetsOfAConstantColumn", targets_of_a_constant_column, {FV_FINDING_CONSTANT_LABELS}},
    {"TargetsInThousands", targets_in_thousands, {FV_FINDING_RATE_TOO_HIGH, FV_FINDING_NON_FINITE}},
    {"TestSetInTraining", test_set_in_training, {FV_FINDING_TEST_SET_USED}},
    {"TestedOnWhatIsTrained", tested_on_what_is_trained, {FV_FINDING_TEST_SET_USED, FV_FINDING_LEAKED_SPLIT}},
    {"RawPixels", raw_pixels, {FV_FINDING_UNSCALED_INPUT}},
    {"StatisticsOfOtherUnits",
     statistics_of_other_units,
     {FV_FINDING_UNSCALED_INPUT, FV_FINDING_CONSTANT_INPUT}},
    {"ScaleForgotten", scale_forgotten, {FV_FINDING_UNSCALED_INPUT}},
    {"ConstantWeights", constant_weights, {FV_FINDING_SYMMETRIC_WEIGHTS}, "hidden1"},
    {"ZeroWeights", zero_weights, {FV_FINDING_SYMMETRIC_WEIGHTS, FV_FINDING_NO_GRADIENT}},
    {"UnitNormalInTanhs", unit_normal_in_tanhs, {FV_FINDING_SATURATED_UNITS, FV_FINDING_EXPLODING_GRADIENT}},
    {"UnitNormalInRectifiers",
     unit_normal_in_rectifiers,
     {FV_FINDING_LOSS_NOT_AT_CHANCE, FV_FINDING_EXPLODING_GRADIENT}},
    {"HundredthNormalInTenRectifiers",
     hundredth_normal_in_ten_rectifiers,
     {FV_FINDING_VANISHING_GRADIENT, FV_FINDING_NO_GRADIENT}},
    {"BiasesOfMinusTen", biases_of_minus_ten, {FV_FINDING_DEAD_UNITS, FV_FINDING_NO_GRADIENT}, "hidden1"},
    {"TwelveSigmoids", twelve_sigmoids, {FV_FINDING_VANISHING_GRADIENT}},
    {"SigmoidTwice", sigmoid_twice, {FV_FINDING_OUTPUT_ACTIVATION}, "logits"},
    {"RectifiedLogits", rectified_logits, {FV_FINDING_OUTPUT_ACTIVATION}, "logits"},
    {"SigmoidForTargetsInTens",
     sigmoid_for_targets_in_tens,
     {FV_FINDING_OUTPUT_ACTIVATION, FV_FINDING_CANNOT_OVERFIT}},
    {"DropoutOfNearlyAll", dropout_of_nearly_all, {FV_FINDING_DROPOUT_TOO_STRONG}, "dropout"},
    {"PictureAveragedToANumber", picture_averaged_to_a_number, {FV_FINDING_CANNOT_OVERFIT}},
    {"SoftsignForgetsTheSquare", softsign_forgets_the_square, {FV_FINDING_WRONG_GRADIENT}, "softsign"},
    {"GainTakesTheLastSample", gain_takes_the_last_sample, {FV_FINDING_WRONG_GRADIENT}, "gain"},
    {"LossForgetsATerm", loss_forgets_a_term, {FV_FINDING_WRONG_GRADIENT}},
    {"L2OfTen", l2_of_ten, {FV_FINDING_REGULARIZATION_TOO_STRONG}},
    {"EverythingFrozen", everything_frozen, {FV_FINDING_NOTHING_TRAINS}},
    {"RateOfABillionth", rate_of_a_billionth, {FV_FINDING_RATE_TOO_LOW, FV_FINDING_UPDATES_TOO_SMALL}},
    {"SgdWithRateFifty", sgd_with_rate_fifty, {FV_FINDING_RATE_TOO_HIGH}},
    {"AdamWithRateTen", adam_with_rate_ten, {FV_FINDING_RATE_TOO_HIGH}},
    {"ScheduleOfSteps", schedule_of_steps, {FV_FINDING_RATE_TOO_LOW}, "", false},
    {"WarmupOfEpochs", warmup_of_epochs, {FV_FINDING_RATE_TOO_LOW, FV_FINDING_UPDATES_TOO_SMALL}},
    {"ClippedToNothing", clipped_to_nothing, {FV_FINDING_RATE_TOO_LOW, FV_FINDING_UPDATES_TOO_SMALL}},
    {"DecayOfEverything", decay_of_everything, {FV_FINDING_REGULARIZATION_TOO_STRONG}},
};
INSTANTIATE_TEST_SUITE_P(All, PlantedFault, ::testing::ValuesIn(kFaults),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace fovea::test
