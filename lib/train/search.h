// Search: which trials are made, in which order and for how many epochs, and what came of them. It trains
// nothing itself. May use: base.
#pragma once
#include <chrono>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"

namespace fovea::train {

// Values are those of fv_range, fv_search_method and fv_trial_state.
enum class Range : int32_t { choice = 0, uniform = 1, log_uniform = 2, integer = 3 };
enum class SearchMethod : int32_t { random = 0, grid = 1, halving = 2 };
enum class TrialState : int32_t { waiting = 0, running = 1, paused = 2, done = 3, stopped = 4, failed = 5 };

struct SearchParameter {
  std::string name;
  Range range = Range::choice;
  double low = 0, high = 0;
  std::vector<double> values;
  std::vector<std::string> labels;
  int64_t points = 0;
};

struct SearchOptions {
  SearchMethod method = SearchMethod::random;
  std::vector<SearchParameter> parameters;
  int64_t trials = 0;
  uint64_t seed = 0;
  bool larger_is_better = false;
  int64_t eta = 3;
  int64_t min_epochs = 1;
  int64_t max_epochs = 0;
};

struct Trial {
  int64_t epochs = 0;
  TrialState state = TrialState::waiting;
  Status status = Status::ok;
  std::string message;
  std::vector<double> scores;
  double score = NAN;
  double stddev = NAN;
  double seconds = 0;
  int64_t scored_epochs = 0;  // of `score`
  std::chrono::steady_clock::time_point given;
};

// Of a trial that gave no score.
struct Failure {
  Status status = Status::internal;
  std::string message;
};

// Mean and standard deviation (/ (n - 1), NaN with fewer than two values).
struct Spread {
  double mean = NAN;
  double stddev = NAN;
};
Spread spread_of(std::span<const double> values);

class Search {
 public:
  explicit Search(SearchOptions options);

  const SearchOptions& options() const { return options_; }
  const std::vector<Trial>& trials() const { return trials_; }
  std::span<const double> values(int64_t trial) const {
    const size_t width = options_.parameters.size();
    return {values_.data() + static_cast<size_t>(trial) * width, width};
  }

  // The next trial, -1 when none is left. Raises busy where that depends on trials that are running.
  int64_t next();
  // Scores, or a failure; one that is `cancelled` puts the trial back.
  void report(int64_t trial, std::span<const double> scores, const Failure* failure);
  // Raises not_found.
  int64_t best() const;

  std::string table() const;
  std::string csv() const;

 private:
  Trial& at(int64_t trial) { return trials_[static_cast<size_t>(trial)]; }
  bool is_better(double a, double b) const { return options_.larger_is_better ? a > b : a < b; }
  bool ranks_before(int64_t a, int64_t b) const;
  // Where all of the round have been reported. `ranked` is empty, with room for them.
  void end_round(std::vector<int64_t> ranked);

  SearchOptions options_;
  std::vector<double> values_;  // trials x parameters
  std::vector<Trial> trials_;
  std::vector<int64_t> round_;  // HALVING: who trains in this round, in the order of the trials
  size_t waiting_from_ = 0;     // no trial before it waits
  int64_t running_ = 0;
};

}  // namespace fovea::train
