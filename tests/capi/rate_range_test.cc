// The learning-rate range test through the public API.
#include <cmath>

#include "support.h"

namespace fovea::test {
namespace {

class RateRangeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    made = scaled_lenet();
    trainer = make_trainer(made.model);
    data = digits(made.context, 640);
  }
  std::vector<fv_rate_point> find(const fv_rate_range_desc& desc) {
    std::vector<fv_rate_point> points(1000);
    size_t count = 0;
    EXPECT_EQ(FV_OK,
              fv_trainer_find_rate(trainer, data, &desc, &range, points.data(), points.size(), &count, &err))
        << err.message;
    points.resize(count);
    return points;
  }

  // Raw pixels would drown any rate.
  Made scaled_lenet() {
    Made m;
    EXPECT_EQ(FV_OK, fv_context_create(DESC(fv_context_desc, .threads = 2), m.context.out(), &err));
    EXPECT_EQ(FV_OK, fv_graph_create(m.context, m.graph.out(), &err));
    const fv_node x = fv_zoo_lenet5(m.graph, nullptr);
    const fv_transform_desc pixels{.struct_size = sizeof pixels, .channels = 1, .scale = 1.0 / 255};
    EXPECT_EQ(FV_OK, fv_model_create(m.graph, &x, 1, DESC(fv_model_desc, .seed = 1, .transform = &pixels),
                                     m.model.out(), &err));
    return m;
  }

  Made made;
  Trainer trainer;
  Dataset data;
  fv_error err{};
  fv_rate_range range{.struct_size = sizeof(fv_rate_range)};
};

TEST_F(RateRangeTest, RatesRiseByAnEqualFactorAndTheLossIsSmoothed) {
  const auto points = find({.struct_size = sizeof(fv_rate_range_desc),
                            .lowest = 1e-5,
                            .highest = 1e-1,
                            .steps = 21,
                            .smoothing = 0.9});
  ASSERT_EQ(21u, points.size());
  double average = 0;
  for (size_t i = 0; i < points.size(); ++i) {
    EXPECT_NEAR(-5 + 4.0 * static_cast<double>(i) / 20, std::log10(points[i].rate), 1e-12);
    average = 0.9 * average + 0.1 * points[i].loss;
    EXPECT_NEAR(average / (1 - std::pow(0.9, static_cast<double>(i) + 1)), points[i].smoothed, 1e-12);
  }
}

TEST_F(RateRangeTest, EndsWhereTheLossBlowsUpAndSuggestsARateThatTrains) {
  const auto points = find({.struct_size = sizeof(fv_rate_range_desc),
                            .lowest = 1e-5,
                            .highest = 1e4,
                            .steps = 120,
                            .smoothing = 0.9});
  EXPECT_LT(points.size(), 120u);
  EXPECT_GT(range.suggested, 1e-4);
  EXPECT_LT(range.suggested, range.lowest_loss);
  EXPECT_LT(range.lowest_loss, points.back().rate);
  // Trained with it, the loss falls to less than half.
  OK(fv_trainer_set_learning_rate(trainer, range.suggested, &err));
  OK(fv_trainer_fit(trainer, data, nullptr, DESC(fv_fit_desc, .epochs = 4), &err));
  std::vector<fv_history_row> rows(4);
  OK(fv_trainer_history(trainer, rows.data(), 4, nullptr, &err));
  EXPECT_LT(rows[3].loss, rows[0].loss / 2);
}

TEST_F(RateRangeTest, TheTrainerStaysAsItIs) {
  Made other = scaled_lenet();
  Trainer untouched = make_trainer(other.model);
  OK(fv_trainer_feed(trainer, data, nullptr, &err));
  OK(fv_trainer_feed(untouched, data, nullptr, &err));
  OK(fv_trainer_next(trainer, nullptr, &err));
  OK(fv_trainer_next(untouched, nullptr, &err));
  (void)find({.struct_size = sizeof(fv_rate_range_desc)});
  EXPECT_EQ(weights(other.model), weights(made.model));
  EXPECT_EQ(fv_trainer_learning_rate(untouched), fv_trainer_learning_rate(trainer));
  OK(fv_trainer_next(trainer, nullptr, &err));
  OK(fv_trainer_next(untouched, nullptr, &err));
  EXPECT_EQ(weights(other.model), weights(made.model));
}

TEST_F(RateRangeTest, NothingIsSuggestedWhereNothingFalls) {
  const fv_group_desc frozen{.struct_size = sizeof(fv_group_desc), .frozen = 1, .parameters = "*"};
  const fv_group_desc* groups[] = {&frozen};
  OK(fv_trainer_set_groups(trainer, groups, 1, &err));
  // A whole epoch as one batch: without steps its loss stays the same up to the dropout.
  const auto points =
      find({.struct_size = sizeof(fv_rate_range_desc), .batch_size = 640, .steps = 10, .smoothing = FV_ZERO});
  ASSERT_EQ(10u, points.size());
  for (const fv_rate_point& p : points) EXPECT_NEAR(points[0].loss, p.loss, 0.5);
}

// Equal samples, no dropout, nothing learns: the loss is the same in every step, to the bit.
TEST_F(RateRangeTest, AFlatLossHasNoSteepestPlace) {
  Graph graph;
  Model model;
  OK(fv_graph_create(made.context, graph.out(), &err));
  const fv_node x = fv_input(graph, DESC(fv_input_desc, .shape = {4}));
  const fv_node y = fv_dense(graph, x, DESC(fv_dense_desc, .units = 3));
  OK(fv_model_create(graph, &y, 1, nullptr, model.out(), &err));
  trainer = make_trainer(model);
  const fv_group_desc frozen{.struct_size = sizeof(fv_group_desc), .frozen = 1, .parameters = "*"};
  const fv_group_desc* groups[] = {&frozen};
  OK(fv_trainer_set_groups(trainer, groups, 1, &err));
  const std::vector<float> samples(8 * 4, 0.5f);
  const std::vector<int32_t> classes(8, 2);
  OK(fv_dataset_from_memory(
      made.context,
      DESC(fv_memory_dataset_desc, .samples = tensor(samples, {8, 4}), .labels = tensor(classes, {8})),
      data.out(), &err));
  const auto points =
      find({.struct_size = sizeof(fv_rate_range_desc), .batch_size = 8, .steps = 20, .smoothing = FV_ZERO});
  ASSERT_EQ(20u, points.size());
  for (const fv_rate_point& p : points) EXPECT_EQ(points[0].loss, p.loss);
  EXPECT_TRUE(std::isnan(range.suggested));
  EXPECT_EQ(points[2].rate, range.lowest_loss);  // the first that counts
}

TEST_F(RateRangeTest, BatchesAreAsLargeAsTheFeeds) {
  OK(fv_trainer_feed(trainer, data, DESC(fv_feed_desc, .batch_size = 10), &err));
  const auto points = find({.struct_size = sizeof(fv_rate_range_desc), .steps = 10});
  const auto same = find({.struct_size = sizeof(fv_rate_range_desc), .batch_size = 10, .steps = 10});
  for (size_t i = 0; i < 10; ++i) EXPECT_EQ(same[i].loss, points[i].loss);
}

TEST_F(RateRangeTest, RefusalsAndCancelling) {
  FAILS(FV_INVALID_ARGUMENT,
        fv_trainer_find_rate(trainer, data, DESC(fv_rate_range_desc, .lowest = 1, .highest = 0.5), &range,
                             nullptr, 0, nullptr, &err),
        "rates", "1", "0.5");
  FAILS(FV_INVALID_ARGUMENT,
        fv_trainer_find_rate(trainer, data, DESC(fv_rate_range_desc, .steps = 3), &range, nullptr, 0, nullptr,
                             &err),
        "steps", "3");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_find_rate(trainer, data, nullptr, nullptr, nullptr, 0, nullptr, &err),
        "range");
  Handle<fv_cancel_token> token;
  OK(fv_cancel_token_create(token.out(), &err));
  fv_cancel_token_cancel(token);
  FAILS(FV_CANCELLED,
        fv_trainer_find_rate(trainer, data, DESC(fv_rate_range_desc, .cancel = token), &range, nullptr, 0,
                             nullptr, &err),
        "cancelled");
}

}  // namespace
}  // namespace fovea::test
