// What a search tries and in which order; no training here.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <set>

#include "support.h"

namespace fovea::test {
namespace {

using Search = Handle<fv_search>;
using Space = std::vector<const fv_parameter_desc*>;

class SearchTest : public ::testing::Test {
 protected:
  fv_status create(const Space& space, fv_search_desc desc) {
    desc.struct_size = sizeof desc;
    desc.parameters = space.data();
    desc.parameter_count = space.size();
    return fv_search_create(&desc, search.out(), &err);
  }
  fv_status create(const fv_parameter_desc* parameter, fv_search_desc desc) {
    return create(Space{parameter}, desc);
  }
  std::vector<fv_trial> rows() {
    size_t count = 0;
    EXPECT_EQ(FV_OK, fv_search_trials(search, nullptr, 0, &count, &err));
    std::vector<fv_trial> all(count);
    EXPECT_EQ(FV_OK, fv_search_trials(search, all.data(), count, nullptr, &err));
    return all;
  }
  // One parameter's values over all trials.
  std::vector<double> column(size_t parameter) {
    std::vector<double> values;
    for (const fv_trial& row : rows()) values.push_back(row.values[parameter]);
    return values;
  }
  int64_t next() {
    fv_trial trial;
    EXPECT_EQ(FV_OK, fv_search_next(search, &trial, &err)) << err.message;
    return trial.index;
  }
  fv_status report(int64_t trial, double score) {
    return fv_search_report(search, trial, &score, 1, nullptr, &err);
  }
  fv_status fails(int64_t trial, fv_status code, const char* message) {
    fv_error failure{};
    failure.code = code;
    std::snprintf(failure.message, sizeof failure.message, "%s", message);
    return fv_search_report(search, trial, nullptr, 0, &failure, &err);
  }
  double best_score() {
    fv_trial best;
    EXPECT_EQ(FV_OK, fv_search_best(search, &best, &err));
    return best.score;
  }
  std::string text(fv_status (*write)(const fv_search*, char*, size_t, size_t*, fv_error*)) {
    size_t needed = 0;
    EXPECT_EQ(FV_OK, write(search, nullptr, 0, &needed, &err));
    std::string out(needed, '\0');
    EXPECT_EQ(FV_OK, write(search, out.data(), needed, nullptr, &err));
    out.pop_back();
    return out;
  }

  Search search;
  fv_error err{};
};

#define PARAMETER(...) DESC(fv_parameter_desc, __VA_ARGS__)

// ---- what is tried --------------------------------------------------------------------------------------

TEST_F(SearchTest, N1GridIsEveryCombination) {
  const double units[] = {32, 64};
  const char* const names[] = {"sgd", "adam"};
  const fv_parameter_desc rate = *PARAMETER(.range = FV_RANGE_LOG_UNIFORM, .name = "rate", .low = 1e-3,
                                            .high = 1e-1, .points = 3);
  const fv_parameter_desc width = *PARAMETER(.name = "units", .values = units, .value_count = 2);
  const fv_parameter_desc kind = *PARAMETER(.name = "kind", .labels = names, .label_count = 2);
  OK(create({&rate, &width, &kind}, {.method = FV_SEARCH_GRID}));
  ASSERT_EQ(12u, rows().size());
  EXPECT_EQ(3u, rows()[0].value_count);
  EXPECT_EQ((std::vector<double>{0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}), column(2));
  EXPECT_EQ((std::vector<double>{32, 32, 64, 64, 32, 32, 64, 64, 32, 32, 64, 64}), column(1));
  const std::vector<double> rates = column(0);
  EXPECT_EQ(1e-3, rates[0]);
  EXPECT_NEAR(1e-2, rates[4], 1e-16);
  EXPECT_EQ(1e-1, rates[11]);
  for (const fv_trial& row : rows()) EXPECT_EQ(1, row.epochs);
}
TEST_F(SearchTest, GridOfRanges) {
  OK(create(PARAMETER(.range = FV_RANGE_UNIFORM, .name = "x", .low = -1, .high = 1, .points = 5),
            {.method = FV_SEARCH_GRID, .max_epochs = 7}));
  EXPECT_EQ((std::vector<double>{-1, -0.5, 0, 0.5, 1}), column(0));
  EXPECT_EQ(7, rows()[0].epochs);
  OK(create(PARAMETER(.range = FV_RANGE_INTEGER, .name = "n", .low = 3, .high = 6),
            {.method = FV_SEARCH_GRID}));
  EXPECT_EQ((std::vector<double>{3, 4, 5, 6}), column(0));
  OK(create(PARAMETER(.range = FV_RANGE_INTEGER, .name = "n", .low = 1, .high = 10, .points = 4),
            {.method = FV_SEARCH_GRID}));
  EXPECT_EQ((std::vector<double>{1, 4, 7, 10}), column(0));
}

// The largest distance between the distribution of `values`, mapped to [0, 1], and the uniform one.
double kolmogorov(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  double distance = 0;
  const double n = static_cast<double>(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const double at = static_cast<double>(i);
    distance = std::max({distance, values[i] - at / n, (at + 1) / n - values[i]});
  }
  return distance;
}
TEST_F(SearchTest, DrawsAreDistributedAsTheySay) {
  const double values[] = {8, 16, 32};
  const fv_parameter_desc uniform = *PARAMETER(.range = FV_RANGE_UNIFORM, .name = "u", .low = -2, .high = 3);
  const fv_parameter_desc logarithm =
      *PARAMETER(.range = FV_RANGE_LOG_UNIFORM, .name = "l", .low = 1e-5, .high = 10);
  const fv_parameter_desc integer = *PARAMETER(.range = FV_RANGE_INTEGER, .name = "i", .low = -3, .high = 6);
  const fv_parameter_desc choice = *PARAMETER(.name = "c", .values = values, .value_count = 3);
  constexpr int64_t kDraws = 20000;
  OK(create({&uniform, &logarithm, &integer, &choice}, {.trials = kDraws, .seed = 5}));
  std::vector<double> u = column(0), l = column(1);
  for (double& x : u) {
    EXPECT_TRUE(x >= -2 && x < 3);
    x = (x + 2) / 5;
  }
  for (double& x : l) {
    EXPECT_TRUE(x >= 1e-5 && x < 10);
    x = (std::log10(x) + 5) / 6;
  }
  // Kolmogorov's critical value for p = 0.01.
  EXPECT_LT(kolmogorov(u), 1.63 / std::sqrt(kDraws));
  EXPECT_LT(kolmogorov(l), 1.63 / std::sqrt(kDraws));
  const auto chi2 = [](const std::vector<double>& draws, size_t kinds) {
    std::map<double, double> counts;
    for (const double x : draws) ++counts[x];
    EXPECT_EQ(kinds, counts.size());
    const double expected = static_cast<double>(draws.size()) / static_cast<double>(kinds);
    double sum = 0;
    for (const auto& [value, n] : counts) sum += (n - expected) * (n - expected) / expected;
    return sum;
  };
  EXPECT_LT(chi2(column(2), 10), 21.7);  // 9 degrees of freedom, p = 0.01
  EXPECT_LT(chi2(column(3), 3), 9.21);   // 2
  // The parameters are independent: the sample correlation of n draws is about 1 / sqrt(n).
  double product = 0;
  for (size_t i = 0; i < u.size(); ++i) product += (u[i] - 0.5) * (l[i] - 0.5) * 12;
  EXPECT_LT(std::abs(product / kDraws), 3 / std::sqrt(kDraws));
}

TEST_F(SearchTest, SameSeedSameTrialsAndEachForItself) {
  const fv_parameter_desc a = *PARAMETER(.range = FV_RANGE_UNIFORM, .name = "a", .high = 1);
  const fv_parameter_desc b = *PARAMETER(.range = FV_RANGE_LOG_UNIFORM, .name = "b", .low = 1, .high = 2);
  OK(create({&a, &b}, {.trials = 10, .seed = 3}));
  const std::vector<double> first = column(0);
  OK(create({&a, &b}, {.trials = 10, .seed = 3}));
  EXPECT_EQ(first, column(0));
  OK(create({&a}, {.trials = 12, .seed = 3}));
  const std::vector<double> more = column(0);
  EXPECT_TRUE(std::equal(first.begin(), first.end(), more.begin()));
  OK(create({&a, &b}, {.method = FV_SEARCH_HALVING, .trials = 10, .seed = 3}));
  EXPECT_EQ(first, column(0));
  OK(create({&a, &b}, {.trials = 10, .seed = 4}));
  EXPECT_NE(first, column(0));
}

// Bergstra and Bengio 2012: 9 trials of which only one parameter matters. The grid stands at the centres of
// thirds, its best places.
TEST_F(SearchTest, N1RandomFindsTheImportantParameter) {
  const auto f = [](const double* x, double a, double b) {
    return std::max(0.0, 1 - 5 * std::abs(x[0] - a)) + 0.1 * std::max(0.0, 1 - 5 * std::abs(x[1] - b));
  };
  const fv_parameter_desc range[] = {
      *PARAMETER(.range = FV_RANGE_UNIFORM, .name = "a", .low = 0, .high = 1),
      *PARAMETER(.range = FV_RANGE_UNIFORM, .name = "b", .low = 0, .high = 1)};
  const fv_parameter_desc thirds[] = {
      *PARAMETER(.range = FV_RANGE_UNIFORM, .name = "a", .low = 1 / 6.0, .high = 5 / 6.0, .points = 3),
      *PARAMETER(.range = FV_RANGE_UNIFORM, .name = "b", .low = 1 / 6.0, .high = 5 / 6.0, .points = 3)};
  double random = 0, grid = 0;
  const std::vector<float> places = noise(400);
  constexpr uint64_t kSeeds = 200;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    const double a = (places[2 * seed] + 1) / 2, b = (places[2 * seed + 1] + 1) / 2;
    for (const bool is_grid : {false, true}) {
      const fv_parameter_desc* p = is_grid ? thirds : range;
      fv_search_desc desc{.trials = 9, .seed = seed, .monitor = FV_MONITOR_VAL_ACCURACY};
      if (is_grid) desc = {.method = FV_SEARCH_GRID, .monitor = FV_MONITOR_VAL_ACCURACY};
      OK(create({&p[0], &p[1]}, desc));
      int64_t count = 0;
      for (int64_t i = next(); i >= 0; i = next(), ++count) OK(report(i, f(rows()[size_t(i)].values, a, b)));
      EXPECT_EQ(9, count);
      (is_grid ? grid : random) += best_score() / kSeeds;
    }
  }
  EXPECT_GT(random, grid + 0.05) << random << " against " << grid;
}

// ---- halving --------------------------------------------------------------------------------------------

struct Round {
  size_t trials;
  int64_t epochs;
  friend bool operator==(const Round&, const Round&) = default;
};

TEST_F(SearchTest, HalvingsScheduleOfEpochs) {
  struct Case {
    fv_search_desc desc;
    std::vector<Round> rounds;
  };
  const std::vector<Case> cases = {
      {{.trials = 9}, {{9, 1}, {3, 3}, {1, 9}}},
      {{.trials = 27, .max_epochs = 9}, {{27, 1}, {9, 3}, {3, 9}}},
      {{.trials = 10, .eta = 2}, {{10, 1}, {5, 2}, {2, 4}, {1, 8}}},
      {{.trials = 8}, {{8, 1}, {2, 3}}},
      {{.trials = 16, .eta = 4, .min_epochs = 2, .max_epochs = 20}, {{16, 2}, {4, 8}, {1, 20}}},
      {{.trials = 5, .min_epochs = 4, .max_epochs = 4}, {{5, 4}}},
      {{.trials = 2}, {{2, 1}}}};
  for (Case c : cases) {
    c.desc.method = FV_SEARCH_HALVING;
    OK(create(PARAMETER(.range = FV_RANGE_UNIFORM, .name = "x", .high = 1), c.desc));
    std::vector<Round> rounds;
    for (int64_t i = next(); i >= 0; i = next()) {
      const fv_trial trial = rows()[static_cast<size_t>(i)];
      EXPECT_EQ(FV_TRIAL_RUNNING, trial.state);
      if (rounds.empty() || rounds.back().epochs != trial.epochs) rounds.push_back({0, trial.epochs});
      ++rounds.back().trials;
      OK(report(i, trial.values[0]));
    }
    EXPECT_EQ(c.rounds, rounds) << c.desc.trials << " trials";
    // The smallest values have won.
    std::vector<double> x = column(0);
    std::sort(x.begin(), x.end());
    EXPECT_EQ(x[0], best_score());
    size_t stopped = 0;
    for (const fv_trial& row : rows()) {
      if (row.epochs < c.rounds.back().epochs) {
        ++stopped;
        EXPECT_EQ(FV_TRIAL_STOPPED, row.state);
        EXPECT_GT(row.values[0], x[c.rounds.back().trials - 1]);
      } else {
        EXPECT_EQ(FV_TRIAL_DONE, row.state);
      }
    }
    EXPECT_EQ(rows().size() - c.rounds.back().trials, stopped);
  }
}

TEST_F(SearchTest, HalvingWaitsForItsRound) {
  OK(create(PARAMETER(.range = FV_RANGE_UNIFORM, .name = "x", .high = 1),
            {.method = FV_SEARCH_HALVING, .trials = 6, .monitor = FV_MONITOR_VAL_ACCURACY}));
  for (int64_t i = 0; i < 6; ++i) EXPECT_EQ(i, next());
  fv_trial trial{};
  trial.index = 77;
  FAILS(FV_BUSY, fv_search_next(search, &trial, &err), "6 trials that are running");
  EXPECT_EQ(77, trial.index);
  OK(report(3, 0.5));
  EXPECT_EQ(FV_TRIAL_PAUSED, rows()[3].state);
  OK(fails(0, FV_OUT_OF_MEMORY, "no memory"));
  OK(report(5, 0.9));
  OK(report(1, NAN));
  OK(report(2, 0.5));
  FAILS(FV_BUSY, fv_search_next(search, &trial, &err), "1 trials");
  OK(report(4, 0.1));
  // Of 6, failures included, 2 go on: the best, and of the equals the first.
  EXPECT_EQ(2, next());
  EXPECT_EQ(5, next());
  EXPECT_EQ(3, rows()[2].epochs);
  EXPECT_EQ(FV_TRIAL_STOPPED, rows()[3].state);
  EXPECT_EQ(FV_TRIAL_FAILED, rows()[0].state);
  OK(report(5, 0.7));
  OK(report(2, 0.8));
  EXPECT_EQ(-1, next());
  // The longest trained count, not the highest score of any round.
  EXPECT_EQ(0.8, best_score());
}

TEST_F(SearchTest, NobodyIsLeftWhereAllFail) {
  OK(create(PARAMETER(.range = FV_RANGE_UNIFORM, .name = "x", .high = 1),
            {.method = FV_SEARCH_HALVING, .trials = 3}));
  for (int64_t i = 0; i < 3; ++i) OK(fails(next(), FV_IO, i == 0 ? "the disk is\nfull" : "other"));
  EXPECT_EQ(-1, next());
  fv_trial best;
  FAILS(FV_NOT_FOUND, fv_search_best(search, &best, &err), "no trial has a score", "the disk is full");
  EXPECT_STREQ("the disk is full", rows()[0].message);
  EXPECT_EQ(FV_IO, rows()[0].status);
}

// ---- reports and results --------------------------------------------------------------------------------

TEST_F(SearchTest, ReportsAndPuttingBack) {
  OK(create(PARAMETER(.range = FV_RANGE_UNIFORM, .name = "x", .high = 1), {.trials = 3}));
  EXPECT_EQ(FV_TRIAL_WAITING, rows()[0].state);
  fv_trial best;
  FAILS(FV_NOT_FOUND, fv_search_best(search, &best, &err), "no trial has a score yet");
  EXPECT_EQ(0, next());
  EXPECT_EQ(1, next());
  OK(fails(0, FV_CANCELLED, ""));
  EXPECT_EQ(FV_TRIAL_WAITING, rows()[0].state);
  EXPECT_EQ(0, next());
  const double folds[] = {1, 2, 4};
  OK(fv_search_report(search, 0, folds, 3, nullptr, &err));
  const fv_trial row = rows()[0];
  ASSERT_EQ(3u, row.score_count);
  EXPECT_EQ(4, row.scores[2]);
  EXPECT_NEAR(7 / 3.0, row.score, 1e-15);
  EXPECT_NEAR(std::sqrt((16 / 9.0 + 1 / 9.0 + 25 / 9.0) / 2), row.stddev, 1e-15);
  EXPECT_GE(row.seconds, 0);
  FAILS(FV_INVALID_ARGUMENT, report(0, 1), "trial 0 is done");
  FAILS(FV_INVALID_ARGUMENT, report(3, 1), "no trial 3");
  FAILS(FV_INVALID_ARGUMENT, report(-1, 1), "no trial -1");
  FAILS(FV_INVALID_ARGUMENT, fv_search_report(search, 1, nullptr, 0, nullptr, &err), "neither");
  FAILS(FV_INVALID_ARGUMENT, fv_search_report(search, 1, nullptr, 1, nullptr, &err), "scores is NULL");
  FAILS(FV_INVALID_ARGUMENT, fails(1, FV_OK, ""), "FV_OK");
  OK(report(1, INFINITY));
  EXPECT_EQ(FV_TRIAL_FAILED, rows()[1].state);
  EXPECT_EQ(FV_OK, rows()[1].status);
  EXPECT_STREQ("the score is inf", rows()[1].message);
  EXPECT_TRUE(std::isnan(rows()[1].score));
  // Known from an earlier run: reported without having been given.
  OK(report(2, 0.5));
  EXPECT_EQ(-1, next());
  EXPECT_EQ(0.5, best_score());
  OK(fv_search_best(search, &best, &err));
  EXPECT_EQ(2, best.index);
}

TEST_F(SearchTest, TableAndCsv) {
  const char* const names[] = {"sgd", "a,\"b\""};
  const fv_parameter_desc rate = *PARAMETER(.range = FV_RANGE_LOG_UNIFORM, .name = "rate", .low = 0.001,
                                            .high = 0.1, .points = 2);
  const fv_parameter_desc kind = *PARAMETER(.name = "kind", .labels = names, .label_count = 2);
  OK(create({&rate, &kind}, {.method = FV_SEARCH_GRID, .max_epochs = 2}));
  const double folds[] = {0.25, 0.5};
  OK(report(0, 0.75));
  OK(fv_search_report(search, 1, folds, 2, nullptr, &err));
  OK(fails(2, FV_INVALID_ARGUMENT, "units, is 0"));
  EXPECT_EQ("trial   rate  kind   epochs  score    +-  seconds  state\n"
            "-----  -----  -----  ------  -----  ----  -------  -------------------\n"
            "    1  0.001  a,\"b\"       2  0.375  0.18        0  done\n"
            "    0  0.001  sgd         2   0.75              0  done\n"
            "    2    0.1  sgd         2                     0  failed: units, is 0\n"
            "    3    0.1  a,\"b\"       2                     0  waiting\n",
            text(fv_search_table));
  EXPECT_EQ("trial,rate,kind,epochs,state,score,stddev,seconds,message\n"
            "0,0.001,sgd,2,done,0.75,,0,\n"
            "1,0.001,\"a,\"\"b\"\"\",2,done,0.375,0.1767766952966369,0,\n"
            "2,0.1,sgd,2,failed,,,0,\"units, is 0\"\n"
            "3,0.1,\"a,\"\"b\"\"\",2,waiting,,,0,\n",
            text(fv_search_csv));
}

TEST_F(SearchTest, WhatIsWrongIsSaid) {
  const double values[] = {1, 2};
  const double no_number[] = {1, NAN};
  const char* const labels[] = {"a", "b", "c"};
  const auto refused = [&](const char* words, const fv_parameter_desc* p,
                           fv_search_desc desc = {.trials = 3}) {
    FAILS(FV_INVALID_ARGUMENT, create(p, desc), words);
    EXPECT_EQ(nullptr, search);
  };
  refused("name is NULL", PARAMETER(.values = values, .value_count = 2));
  refused("name is ''", PARAMETER(.name = "", .values = values, .value_count = 2));
  refused("'x' has no values", PARAMETER(.name = "x"));
  refused("values is NULL", PARAMETER(.name = "x", .value_count = 2));
  refused("'x' has a value that is not finite",
          PARAMETER(.name = "x", .values = no_number, .value_count = 2));
  refused("'x' has 2 values and 3 labels",
          PARAMETER(.name = "x", .values = values, .value_count = 2, .labels = labels, .label_count = 3));
  refused("'x' has bounds", PARAMETER(.name = "x", .high = 1, .values = values, .value_count = 2));
  refused("range is 4", PARAMETER(.range = 4, .name = "x"));
  refused("expected low < high", PARAMETER(.range = FV_RANGE_UNIFORM, .name = "x"));
  refused("expected low < high", PARAMETER(.range = FV_RANGE_UNIFORM, .name = "x", .low = NAN, .high = 1));
  refused("values beside a range", PARAMETER(.range = FV_RANGE_UNIFORM, .name = "x", .high = 1,
                                             .values = values, .value_count = 2));
  refused("low is 0, expected more than 0",
          PARAMETER(.range = FV_RANGE_LOG_UNIFORM, .name = "x", .high = 1));
  refused("whole numbers", PARAMETER(.range = FV_RANGE_INTEGER, .name = "x", .high = 1.5));
  refused("2^32", PARAMETER(.range = FV_RANGE_INTEGER, .name = "x", .high = 4294967295.0));
  const fv_parameter_desc kept = *PARAMETER(.range = FV_RANGE_UNIFORM, .name = "x", .high = 1);
  refused("trials is 0", &kept, {});
  refused("trials is 1000001", &kept, {.trials = 1000001});
  refused("points is required", &kept, {.method = FV_SEARCH_GRID});
  refused("counts its own", &kept, {.method = FV_SEARCH_GRID, .trials = 3});
  refused("method is 3", &kept, {.method = 3, .trials = 3});
  refused("monitor is 1", &kept, {.trials = 3, .monitor = FV_MONITOR_LOSS});
  refused("for HALVING", &kept, {.trials = 3, .eta = 3});
  refused("eta is 1", &kept, {.method = FV_SEARCH_HALVING, .trials = 3, .eta = 1});
  refused("min_epochs is 5 and max_epochs 4",
          &kept, {.method = FV_SEARCH_HALVING, .trials = 3, .min_epochs = 5, .max_epochs = 4});
  FAILS(FV_INVALID_ARGUMENT, create({&kept, &kept}, {.trials = 3}), "two parameters are called 'x'");
  FAILS(FV_INVALID_ARGUMENT, create(Space{}, {.trials = 3}), "0 parameters");
  const fv_parameter_desc many = *PARAMETER(.range = FV_RANGE_INTEGER, .name = "y", .high = 1e5);
  const fv_parameter_desc more = *PARAMETER(.range = FV_RANGE_INTEGER, .name = "z", .high = 1e5);
  FAILS(FV_INVALID_ARGUMENT, create({&many, &more}, {.method = FV_SEARCH_GRID}), "more than 1000000 trials");
}

// ---- the loop -------------------------------------------------------------------------------------------

struct Runs {
  fv_error err{};
  std::vector<int64_t> trials;
  int seen = 0, drops = 0;
  int64_t cancel_at = -1, stop_after = -1;
};
int32_t on_trial(void* user, const fv_trial* trial) {
  Runs& runs = *static_cast<Runs*>(user);
  ++runs.seen;
  return trial->index == runs.stop_after;
}
fv_status objective(void* user, const fv_trial* trial, double* score, fv_error* error) {
  Runs& runs = *static_cast<Runs*>(user);
  if (trial->index == runs.cancel_at) return FV_CANCELLED;
  runs.trials.push_back(trial->index);
  *score = trial->values[0] * trial->values[0];
  if (trial->values[0] != 3) return FV_OK;
  std::snprintf(error->message, sizeof error->message, "three is not to be had");
  return FV_UNSUPPORTED;
}
void drop(void* user) { ++static_cast<Runs*>(user)->drops; }

TEST_F(SearchTest, RunScoresEveryTrial) {
  OK(create(PARAMETER(.range = FV_RANGE_INTEGER, .name = "n", .low = -2, .high = 3),
            {.method = FV_SEARCH_GRID}));
  Runs runs;
  OK(fv_search_run(search, DESC(fv_search_run_desc, .objective = objective, .on_trial = on_trial,
                                .user = &runs, .drop = drop), &err));
  EXPECT_EQ((std::vector<int64_t>{0, 1, 2, 3, 4, 5}), runs.trials);
  EXPECT_EQ(6, runs.seen);
  EXPECT_EQ(1, runs.drops);
  fv_trial best;
  OK(fv_search_best(search, &best, &err));
  EXPECT_EQ(2, best.index);
  EXPECT_EQ(FV_UNSUPPORTED, rows()[5].status);
  EXPECT_STREQ("three is not to be had", rows()[5].message);
  // Nothing is left.
  OK(fv_search_run(search, DESC(fv_search_run_desc, .objective = objective, .user = &runs), &err));
  EXPECT_EQ(6u, runs.trials.size());
}

TEST_F(SearchTest, RunIsStoppedAndGoesOn) {
  OK(create(PARAMETER(.range = FV_RANGE_INTEGER, .name = "n", .low = -2, .high = 3),
            {.method = FV_SEARCH_GRID}));
  Runs runs;
  const auto run = [&](fv_cancel_token* cancel = nullptr) {
    return fv_search_run(search, DESC(fv_search_run_desc, .objective = objective, .on_trial = on_trial,
                                      .user = &runs, .drop = drop, .cancel = cancel), &err);
  };
  runs.stop_after = 1;
  FAILS(FV_CANCELLED, run(), "on_trial");
  runs.cancel_at = 3;
  FAILS(FV_CANCELLED, run(), "cancelled");
  EXPECT_EQ((std::vector<int64_t>{0, 1, 2}), runs.trials);
  EXPECT_EQ(FV_TRIAL_WAITING, rows()[3].state);
  Handle<fv_cancel_token> token;
  OK(fv_cancel_token_create(token.out(), &err));
  fv_cancel_token_cancel(token);
  runs.cancel_at = runs.stop_after = -1;
  FAILS(FV_CANCELLED, run(token), "cancelled");
  fv_cancel_token_reset(token);
  OK(run(token));
  EXPECT_EQ((std::vector<int64_t>{0, 1, 2, 3, 4, 5}), runs.trials);
  EXPECT_EQ(4, runs.drops);
  FAILS(FV_INVALID_ARGUMENT,
        fv_search_run(search, DESC(fv_search_run_desc, .user = &runs, .drop = drop), &err),
        "objective is NULL");
  FAILS(FV_INVALID_ARGUMENT, fv_search_run(nullptr, DESC(fv_search_run_desc, .objective = objective,
                                                         .user = &runs, .drop = drop), &err),
        "search is NULL");
  EXPECT_EQ(6, runs.drops);
}

}  // namespace
}  // namespace fovea::test
