#include "train/search.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/rng.h"
#include "base/table.h"
#include "base/text.h"

namespace fovea::train {
namespace {

using Ll = long long;

constexpr int64_t kMaxTrials = 1'000'000;
constexpr const char* kStates[] = {"waiting", "running", "paused", "done", "stopped", "failed"};

bool is_whole(double x) { return std::floor(x) == x && std::abs(x) <= 0x1p53; }

void check_parameter(const SearchParameter& p) {
  const char* const name = p.name.c_str();
  FOVEA_REQUIRE(!p.name.empty() && p.name.size() <= 64 && is_printable_utf8(p.name),
                "a parameter's name is %s, expected 1 to 64 bytes of text", in_quotes(p.name).c_str());
  for (const std::string& label : p.labels)
    FOVEA_REQUIRE(is_printable_utf8(label), "parameter '%s': a label is no printable text", name);
  if (p.range == Range::choice) {
    FOVEA_REQUIRE(p.low == 0 && p.high == 0,
                  "parameter '%s' has bounds, but its range is a choice of values", name);
    FOVEA_REQUIRE(!p.values.empty() || !p.labels.empty(), "parameter '%s' has no values", name);
    FOVEA_REQUIRE(p.values.empty() || p.labels.empty() || p.values.size() == p.labels.size(),
                  "parameter '%s' has %zu values and %zu labels", name, p.values.size(), p.labels.size());
    FOVEA_REQUIRE(std::max(p.values.size(), p.labels.size()) <= kMaxTrials,
                  "parameter '%s' has too many values", name);
    for (const double v : p.values)
      FOVEA_REQUIRE(std::isfinite(v), "parameter '%s' has a value that is not finite", name);
    return;
  }
  FOVEA_REQUIRE(p.values.empty() && p.labels.empty(), "parameter '%s' has values beside a range", name);
  FOVEA_REQUIRE(std::isfinite(p.high - p.low) && p.low < p.high,
                "parameter '%s' goes from %g to %g, expected low < high", name, p.low, p.high);
  FOVEA_REQUIRE(p.range != Range::log_uniform || p.low > 0,
                "parameter '%s': low is %g, expected more than 0 for a logarithm", name, p.low);
  const bool are_whole = is_whole(p.low) && is_whole(p.high) && p.high - p.low < 0x1p32 - 1;
  FOVEA_REQUIRE(p.range != Range::integer || are_whole,
                "parameter '%s' goes from %g to %g, expected whole numbers less than 2^32 - 1 apart", name,
                p.low, p.high);
  FOVEA_REQUIRE(p.points >= 0 && p.points <= kMaxTrials, "parameter '%s': points is %lld", name,
                Ll{p.points});
}

void check(const SearchOptions& o) {
  FOVEA_REQUIRE(!o.parameters.empty() && o.parameters.size() <= 64,
                "a search has %zu parameters, expected 1 to 64", o.parameters.size());
  for (size_t i = 0; i < o.parameters.size(); ++i) {
    check_parameter(o.parameters[i]);
    for (size_t k = 0; k < i; ++k)
      FOVEA_REQUIRE(o.parameters[i].name != o.parameters[k].name, "two parameters are called '%s'",
                    o.parameters[i].name.c_str());
  }
  if (o.method == SearchMethod::grid)
    FOVEA_REQUIRE(o.trials == 0, "trials is %lld, but a grid counts its own", Ll{o.trials});
  else
    FOVEA_REQUIRE(o.trials >= 1 && o.trials <= kMaxTrials, "trials is %lld, expected 1 to %lld", Ll{o.trials},
                  Ll{kMaxTrials});
  FOVEA_REQUIRE(o.eta >= 2, "eta is %lld, expected 2 or more", Ll{o.eta});
  constexpr int64_t kMaxEpochs = std::numeric_limits<int32_t>::max();
  FOVEA_REQUIRE(o.min_epochs >= 1 && o.max_epochs <= kMaxEpochs && o.min_epochs <= o.max_epochs,
                "min_epochs is %lld and max_epochs %lld", Ll{o.min_epochs}, Ll{o.max_epochs});
}

double from_logarithm(const SearchParameter& p, double share) {
  const double low = std::log(p.low), high = std::log(p.high);
  return std::clamp(std::exp(low + share * (high - low)), p.low, p.high);
}

double draw(const SearchParameter& p, RandomSequence& random) {
  switch (p.range) {
    case Range::uniform:
      return std::min(random.uniform(p.low, p.high), std::nextafter(p.high, p.low));
    case Range::log_uniform:
      return std::min(from_logarithm(p, random.uniform()), std::nextafter(p.high, p.low));
    case Range::integer:
      return p.low + random.below(static_cast<uint32_t>(p.high - p.low) + 1);
    default: {
      const uint32_t i = random.below(static_cast<uint32_t>(std::max(p.values.size(), p.labels.size())));
      return p.values.empty() ? i : p.values[i];
    }
  }
}

// The values of a parameter in a grid.
std::vector<double> levels(const SearchParameter& p) {
  if (p.range == Range::choice) {
    if (!p.values.empty()) return p.values;
    std::vector<double> numbers(p.labels.size());
    std::iota(numbers.begin(), numbers.end(), 0.0);
    return numbers;
  }
  const double all = p.high - p.low + 1;
  FOVEA_REQUIRE(p.points > 0 || (p.range == Range::integer && all <= kMaxTrials),
                "parameter '%s': points is required in a grid", p.name.c_str());
  FOVEA_REQUIRE(p.range != Range::integer || static_cast<double>(p.points) <= all,
                "parameter '%s': %lld points of %g whole numbers", p.name.c_str(), Ll{p.points}, all);
  const int64_t points = p.points > 0 ? p.points : static_cast<int64_t>(all);
  std::vector<double> values(static_cast<size_t>(points), p.low);
  for (int64_t i = 1; i < points; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(points - 1);
    double& value = values[static_cast<size_t>(i)];
    value = p.range == Range::log_uniform ? from_logarithm(p, share) : p.low + share * (p.high - p.low);
    if (p.range == Range::integer) value = std::round(value);
    if (i == points - 1) value = p.high;
  }
  return values;
}

std::vector<double> grid(const SearchOptions& o) {
  std::vector<std::vector<double>> columns;
  size_t count = 1;
  for (const SearchParameter& p : o.parameters) {
    columns.push_back(levels(p));
    count *= columns.back().size();
    FOVEA_REQUIRE(count <= kMaxTrials, "the grid has more than %lld trials", Ll{kMaxTrials});
  }
  std::vector<double> values(count * columns.size());
  for (size_t trial = 0; trial < count; ++trial) {
    size_t rest = trial;
    for (size_t c = columns.size(); c-- > 0; rest /= columns[c].size())
      values[trial * columns.size() + c] = columns[c][rest % columns[c].size()];
  }
  return values;
}

// Each from a stream of its own: neither another parameter nor more trials change what one draws.
std::vector<double> drawn(const SearchOptions& o) {
  std::vector<double> values;
  values.reserve(static_cast<size_t>(o.trials) * o.parameters.size());
  for (int64_t trial = 0; trial < o.trials; ++trial)
    for (size_t c = 0; c < o.parameters.size(); ++c) {
      RandomSequence random({.seed = o.seed, .stream = static_cast<uint32_t>(c), .purpose = Purpose::search},
                            static_cast<uint32_t>(trial));
      values.push_back(draw(o.parameters[c], random));
    }
  return values;
}

// All digits without `precision`; the locale of the process plays no part.
std::string text_of(double value, int precision = 0) {
  if (std::isnan(value)) return "";
  char text[32];
  const auto end = precision == 0
                       ? std::to_chars(text, text + sizeof text, value)
                       : std::to_chars(text, text + sizeof text, value, std::chars_format::general,
                                       precision);
  return {text, end.ptr};
}

std::string text_of(const SearchParameter& p, double value, int precision) {
  if (p.labels.empty()) return text_of(value, precision);
  size_t i = static_cast<size_t>(value);
  if (!p.values.empty())
    i = static_cast<size_t>(std::find(p.values.begin(), p.values.end(), value) - p.values.begin());
  return p.labels[i];
}

std::string in_csv(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

}  // namespace

Spread spread_of(std::span<const double> values) {
  const double n = static_cast<double>(values.size());
  if (values.empty()) return {};
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return {mean, values.size() < 2 ? NAN : std::sqrt(squares / (n - 1))};
}

Search::Search(SearchOptions options) : options_(std::move(options)) {
  check(options_);
  values_ = options_.method == SearchMethod::grid ? grid(options_) : drawn(options_);
  trials_.resize(values_.size() / options_.parameters.size());
  const bool halves = options_.method == SearchMethod::halving;
  for (Trial& trial : trials_) trial.epochs = halves ? options_.min_epochs : options_.max_epochs;
  if (!halves) return;
  round_.resize(trials_.size());
  std::iota(round_.begin(), round_.end(), int64_t{0});
}

int64_t Search::next() {
  for (; waiting_from_ < trials_.size(); ++waiting_from_) {
    Trial& trial = trials_[waiting_from_];
    if (trial.state != TrialState::waiting) continue;
    trial.state = TrialState::running;
    trial.given = std::chrono::steady_clock::now();
    ++running_;
    return static_cast<int64_t>(waiting_from_);
  }
  if (!round_.empty() && running_ > 0)
    fail(Status::busy, "the next round depends on %lld trials that are running", Ll{running_});
  return -1;
}

void Search::report(int64_t index, std::span<const double> scores, const Failure* failure) {
  FOVEA_REQUIRE(index >= 0 && static_cast<size_t>(index) < trials_.size(),
                "there is no trial %lld, the search has %zu", Ll{index}, trials_.size());
  FOVEA_REQUIRE(failure != nullptr || !scores.empty(), "trial %lld has neither scores nor a failure",
                Ll{index});
  Trial& trial = at(index);
  const bool runs = trial.state == TrialState::running;
  FOVEA_REQUIRE(runs || trial.state == TrialState::waiting, "trial %lld is %s", Ll{index},
                kStates[static_cast<size_t>(trial.state)]);
  const Spread spread = spread_of(scores);
  std::vector<double> kept(scores.begin(), scores.end());
  std::string message = failure != nullptr ? failure->message : "";
  if (failure == nullptr && !std::isfinite(spread.mean))
    message = "the score is " + std::to_string(spread.mean);
  std::vector<int64_t> ranked;  // taken while nothing has changed yet
  ranked.reserve(round_.size());

  const bool again = failure != nullptr && failure->status == Status::cancelled;
  if (runs) {
    --running_;
    trial.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - trial.given).count();
  }
  if (again) {
    trial.state = TrialState::waiting;
    waiting_from_ = std::min(waiting_from_, static_cast<size_t>(index));
    return;
  }
  const bool failed = failure != nullptr || !std::isfinite(spread.mean);
  trial.status = failure != nullptr ? failure->status : Status::ok;
  trial.message.swap(message);
  trial.scores.swap(kept);
  trial.score = failed ? NAN : spread.mean;
  trial.stddev = failed ? NAN : spread.stddev;
  trial.scored_epochs = trial.epochs;
  const TrialState scored = round_.empty() ? TrialState::done : TrialState::paused;
  trial.state = failed ? TrialState::failed : scored;
  if (!round_.empty()) end_round(std::move(ranked));
}

bool Search::ranks_before(int64_t a, int64_t b) const {
  const Trial& x = trials_[static_cast<size_t>(a)];
  const Trial& y = trials_[static_cast<size_t>(b)];
  if (x.scored_epochs != y.scored_epochs) return x.scored_epochs > y.scored_epochs;
  return x.score == y.score ? a < b : is_better(x.score, y.score);
}

// The n of a round become n / eta, rounded down (Li et al. 2018, algorithm 1: floor(n eta^-i)).
void Search::end_round(std::vector<int64_t> ranked) {
  for (const int64_t i : round_) {
    const TrialState state = at(i).state;
    if (state == TrialState::waiting || state == TrialState::running) return;
    if (state == TrialState::paused) ranked.push_back(i);
  }
  std::ranges::sort(ranked, [&](int64_t a, int64_t b) { return ranks_before(a, b); });
  const int64_t epochs = at(round_[0]).epochs;
  const bool is_last = epochs >= options_.max_epochs;
  const size_t kept =
      is_last ? 0 : std::min(round_.size() / static_cast<size_t>(options_.eta), ranked.size());
  for (size_t i = 0; i < ranked.size(); ++i) {
    Trial& trial = at(ranked[i]);
    trial.state = kept == 0 ? TrialState::done : i < kept ? TrialState::waiting : TrialState::stopped;
    if (i < kept) trial.epochs = std::min(epochs * options_.eta, options_.max_epochs);
  }
  ranked.resize(kept);
  std::ranges::sort(ranked);
  round_ = std::move(ranked);
  waiting_from_ = 0;
}

int64_t Search::best() const {
  int64_t best = -1;
  const Trial* first_failure = nullptr;
  for (size_t i = 0; i < trials_.size(); ++i) {
    const int64_t index = static_cast<int64_t>(i);
    if (trials_[i].state == TrialState::failed && first_failure == nullptr) first_failure = &trials_[i];
    if (!std::isnan(trials_[i].score) && (best < 0 || ranks_before(index, best))) best = index;
  }
  if (best >= 0) return best;
  if (first_failure != nullptr)
    fail(Status::not_found, "no trial has a score; the first failure: %s", first_failure->message.c_str());
  fail(Status::not_found, "no trial has a score yet");
}

std::string Search::table() const {
  std::vector<Table::Column> columns{{"trial", true}};
  for (const SearchParameter& p : options_.parameters) columns.push_back({p.name, p.labels.empty()});
  for (const char* heading : {"epochs", "score", "+-", "seconds"}) columns.push_back({heading, true});
  columns.push_back({"state"});
  Table table(std::move(columns));
  std::vector<int64_t> order, unscored;
  for (size_t i = 0; i < trials_.size(); ++i)
    (std::isnan(trials_[i].score) ? unscored : order).push_back(static_cast<int64_t>(i));
  std::ranges::sort(order, [&](int64_t a, int64_t b) { return ranks_before(a, b); });
  order.insert(order.end(), unscored.begin(), unscored.end());
  for (const int64_t i : order) {
    const Trial& trial = trials_[static_cast<size_t>(i)];
    std::vector<std::string> row{std::to_string(i)};
    for (size_t c = 0; c < options_.parameters.size(); ++c)
      row.push_back(text_of(options_.parameters[c], values(i)[c], 4));
    row.insert(row.end(), {std::to_string(trial.epochs), text_of(trial.score, 5), text_of(trial.stddev, 2),
                           text_of(trial.seconds, 3), kStates[static_cast<size_t>(trial.state)]});
    if (!trial.message.empty()) row.back() += ": " + trial.message;
    table.add(std::move(row));
  }
  return table.text();
}

std::string Search::csv() const {
  std::string text = "trial";
  for (const SearchParameter& p : options_.parameters) text += ',' + in_csv(p.name);
  text += ",epochs,state,score,stddev,seconds,message\n";
  for (size_t i = 0; i < trials_.size(); ++i) {
    const Trial& trial = trials_[i];
    text += std::to_string(i);
    for (size_t c = 0; c < options_.parameters.size(); ++c)
      text += ',' + in_csv(text_of(options_.parameters[c], values(static_cast<int64_t>(i))[c], 0));
    text += ',' + std::to_string(trial.epochs) + ',' + kStates[static_cast<size_t>(trial.state)];
    for (const double v : {trial.score, trial.stddev, trial.seconds}) text += ',' + text_of(v);
    text += ',' + in_csv(trial.message) + '\n';
  }
  return text;
}

}  // namespace fovea::train
