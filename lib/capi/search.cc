#include <fovea/search.h>

#include "capi/callbacks.h"
#include "capi/objects.h"
#include "train/fit_search.h"
#include "train/search.h"

using namespace fovea;
using namespace fovea::capi;
using train::Range;
using train::Search;
using train::SearchMethod;
using train::TrialState;

static_assert(FV_RANGE_INTEGER == static_cast<int>(Range::integer));
static_assert(FV_SEARCH_HALVING == static_cast<int>(SearchMethod::halving));
static_assert(FV_TRIAL_PAUSED == static_cast<int>(TrialState::paused) &&
              FV_TRIAL_FAILED == static_cast<int>(TrialState::failed));

struct fv_search {
  Search impl;
  fv_monitor monitor;
};

namespace {

train::SearchParameter parameter_from(const fv_parameter_desc* desc) {
  const fv_parameter_desc d = read_desc(&need(desc, "a parameter"), "fv_parameter_desc");
  FOVEA_REQUIRE(d.values != nullptr || d.value_count == 0, "values is NULL");
  FOVEA_REQUIRE(d.labels != nullptr || d.label_count == 0, "labels is NULL");
  FOVEA_REQUIRE(d.value_count <= 1 << 20 && d.label_count <= 1 << 20, "there are %zu values and %zu labels",
                d.value_count, d.label_count);
  train::SearchParameter p;
  p.name = &need(d.name, "a parameter's name");
  p.range = choice(d.range, Range::integer, "range");
  p.low = d.low;
  p.high = d.high;
  p.values.assign(d.values, d.values + d.value_count);
  for (size_t i = 0; i < d.label_count; ++i) p.labels.emplace_back(&need(d.labels[i], "a label"));
  p.points = d.points;
  return p;
}

train::SearchOptions options_from(const fv_search_desc& d) {
  train::SearchOptions o;
  o.method = choice(d.method, SearchMethod::halving, "method");
  FOVEA_REQUIRE(d.parameters != nullptr || d.parameter_count == 0, "parameters is NULL");
  FOVEA_REQUIRE(d.parameter_count <= 64, "a search has %zu parameters, expected 1 to 64", d.parameter_count);
  for (size_t i = 0; i < d.parameter_count; ++i) o.parameters.push_back(parameter_from(d.parameters[i]));
  FOVEA_REQUIRE(d.monitor == FV_MONITOR_VAL_LOSS || d.monitor == FV_MONITOR_VAL_ACCURACY,
                "monitor is %d, expected that of a validation: VAL_LOSS or VAL_ACCURACY",
                static_cast<int>(d.monitor));
  const bool halves = o.method == SearchMethod::halving;
  FOVEA_REQUIRE(halves || (d.eta == 0 && d.min_epochs == 0), "eta and min_epochs are for HALVING");
  o.larger_is_better = d.monitor == FV_MONITOR_VAL_ACCURACY;
  o.trials = d.trials;
  o.seed = d.seed;
  o.eta = d.eta == 0 ? 3 : d.eta;
  o.min_epochs = d.min_epochs == 0 ? 1 : d.min_epochs;
  o.max_epochs = d.max_epochs != 0 ? d.max_epochs : halves ? INT32_MAX : 1;
  return o;
}

fv_trial row_of(const Search& search, int64_t index) {
  const train::Trial& t = search.trials()[static_cast<size_t>(index)];
  const std::span<const double> values = search.values(index);
  fv_trial row{};
  row.index = index;
  row.values = values.data();
  row.value_count = values.size();
  row.epochs = t.epochs;
  row.state = static_cast<fv_trial_state>(t.state);
  row.status = static_cast<fv_status>(t.status);
  row.message = t.message.c_str();
  row.scores = t.scores.data();
  row.score_count = t.scores.size();
  row.score = t.score;
  row.stddev = t.stddev;
  row.seconds = t.seconds;
  return row;
}

// What a host wrote, as one line.
train::Failure failure_from(const fv_error& error) {
  FOVEA_REQUIRE(error.code != FV_OK, "the failure's code is FV_OK");
  const bool known = error.code > FV_OK && error.code <= FV_INTERNAL;
  train::Failure failure{known ? static_cast<Status>(error.code) : Status::internal, {}};
  for (size_t i = 0; i < sizeof error.message && error.message[i] != '\0'; ++i) {
    const auto c = static_cast<unsigned char>(error.message[i]);
    failure.message += c < 0x20 || c == 0x7F ? ' ' : error.message[i];
  }
  if (failure.message.empty()) failure.message = fv_status_name(error.code);
  return failure;
}

// A host's `drop`, called at the end of the call whatever happens in it, in the host's floating-point mode.
template <class Desc>
class Dropped {
 public:
  explicit Dropped(const Desc* desc) : desc_(desc) {}
  Dropped(const Dropped&) = delete;
  Dropped& operator=(const Dropped&) = delete;
  ~Dropped() { drop_user(desc_); }

 private:
  const Desc* desc_;
};

// Likewise all of a fit's.
class FitDropped {
 public:
  explicit FitDropped(const fv_fit_desc* desc) : desc_(desc) {}
  FitDropped(const FitDropped&) = delete;
  FitDropped& operator=(const FitDropped&) = delete;
  ~FitDropped() { drop_users(desc_); }

 private:
  const fv_fit_desc* desc_;
};

// The token may be destroyed while a call that was given it runs.
class Token {
 public:
  explicit Token(fv_cancel_token*& token) {
    if (token == nullptr) return;
    own_.impl = token->impl;
    token = &own_;
  }

 private:
  fv_cancel_token own_;
};

// A fit descriptor with all that it points to and a loop looks at.
struct Fit {
  explicit Fit(const fv_fit_desc* given)
      : desc(read_desc(given, "fv_fit_desc")), token(desc.cancel), callbacks(callbacks_from(desc)) {
    // Each training has them, and the call drops them.
    for (fv_callbacks_desc& each : callbacks) {
      each.drop = nullptr;
      list.push_back(&each);
    }
    desc.callbacks = list.data();
    if (desc.stop == nullptr) return;
    stop = read_desc(desc.stop, "fv_stop_desc");
    desc.stop = &stop;
  }
  Fit(const Fit&) = delete;
  Fit& operator=(const Fit&) = delete;

  fv_fit_desc desc;
  fv_stop_desc stop{};
  Token token;
  std::vector<fv_callbacks_desc> callbacks;
  std::vector<const fv_callbacks_desc*> list;
};

// The last rows of folds as one.
fv_cross_validation summary_of(std::span<const fv_history_row> rows) {
  fv_cross_validation result{};
  result.mean.epoch = rows[0].epoch;
  for (const fv_history_row& row : rows) result.mean.epoch = std::min(result.mean.epoch, row.epoch);
  for (double fv_history_row::*field :
       {&fv_history_row::loss, &fv_history_row::accuracy, &fv_history_row::val_loss,
        &fv_history_row::val_accuracy, &fv_history_row::learning_rate}) {
    std::vector<double> values;
    for (const fv_history_row& row : rows) values.push_back(row.*field);
    const train::Spread spread = train::spread_of(values);
    result.mean.*field = spread.mean;
    result.stddev.*field = spread.stddev;
  }
  return result;
}

fv_status write(const fv_search* search, std::string (Search::*text_of)() const, char* buffer,
                size_t capacity, size_t* needed, fv_error* error) {
  return guard(error, [&] {
    const std::string text = (need(search, "search").impl.*text_of)();
    write_text(text.c_str(), text.size(), buffer, capacity, needed);
  });
}

}  // namespace

fv_status fv_search_create(const fv_search_desc* desc, fv_search** search, fv_error* error) {
  return guard(error, [&] {
    need(search, "search");
    const fv_search_desc d = read_desc(desc, "fv_search_desc");
    *search = new fv_search{Search(options_from(d)), d.monitor};
  });
}

void fv_search_destroy(fv_search* search) { delete search; }

fv_status fv_search_next(fv_search* search, fv_trial* trial, fv_error* error) {
  return guard(error, [&] {
    Search& s = need(search, "search").impl;
    need(trial, "trial");
    const int64_t index = s.next();
    fv_trial none{};
    none.index = -1;
    *trial = index < 0 ? none : row_of(s, index);
  });
}

fv_status fv_search_report(fv_search* search, int64_t index, const double* scores, size_t score_count,
                           const fv_error* failure, fv_error* error) {
  return guard(error, [&] {
    Search& s = need(search, "search").impl;
    FOVEA_REQUIRE(scores != nullptr || score_count == 0, "scores is NULL");
    FOVEA_REQUIRE(score_count <= 1 << 20, "there are %zu scores", score_count);
    if (failure == nullptr) return s.report(index, {scores, score_count}, nullptr);
    const train::Failure f = failure_from(*failure);
    s.report(index, {scores, score_count}, &f);
  });
}

fv_status fv_search_trials(const fv_search* search, fv_trial* rows, size_t capacity, size_t* needed,
                           fv_error* error) {
  return guard(error, [&] {
    const Search& s = need(search, "search").impl;
    FOVEA_REQUIRE(rows != nullptr || capacity == 0, "rows is NULL");
    const size_t count = s.trials().size();
    if (needed != nullptr) *needed = count;
    for (size_t i = 0; i < std::min(capacity, count); ++i) rows[i] = row_of(s, static_cast<int64_t>(i));
  });
}

fv_status fv_search_best(const fv_search* search, fv_trial* trial, fv_error* error) {
  return guard(error, [&] {
    const Search& s = need(search, "search").impl;
    need(trial, "trial") = row_of(s, s.best());
  });
}

fv_status fv_search_table(const fv_search* search, char* buffer, size_t capacity, size_t* needed,
                          fv_error* error) {
  return write(search, &Search::table, buffer, capacity, needed, error);
}

fv_status fv_search_csv(const fv_search* search, char* buffer, size_t capacity, size_t* needed,
                        fv_error* error) {
  return write(search, &Search::csv, buffer, capacity, needed, error);
}

// The loops stay in the host's floating-point mode, for its callbacks: the calls that they make set their
// own.

fv_status fv_search_run(fv_search* search, const fv_search_run_desc* desc, fv_error* error) {
  const Dropped dropped(desc);
  fv_status status = FV_OK;
  const fv_status fenced = fence(error, [&] {
    need(search, "search");
    fv_search_run_desc d = read_desc(desc, "fv_search_run_desc");
    const Token token(d.cancel);
    status = train::run_search(search, d, error);
  });
  return fenced != FV_OK ? fenced : status;
}

fv_status fv_search_fit(fv_search* search, const fv_dataset* train, const fv_dataset* validation,
                        const fv_search_fit_desc* desc, fv_error* error) {
  const Dropped dropped(desc);
  const bool has_fit = has_field(desc, &fv_search_fit_desc::fit);
  const FitDropped fit_dropped(has_fit ? desc->fit : nullptr);
  fv_status status = FV_OK;
  const fv_status fenced = fence(error, [&] {
    const fv_search& s = need(search, "search");
    need(train, "train");
    fv_search_fit_desc d = read_desc(desc, "fv_search_fit_desc");
    const Fit fit(d.fit);
    d.fit = &fit.desc;
    FOVEA_REQUIRE(s.impl.options().method != SearchMethod::halving || fit.stop.restore_best == 0,
                  "restore_best: what is halved must go on from where it stands");
    fv_fold_desc folds{};
    if (d.folds != nullptr) {
      folds = read_desc(d.folds, "fv_fold_desc");
      d.folds = &folds;
    }
    status = train::fit_search(search, train, validation, s.monitor, d, error);
  });
  return fenced != FV_OK ? fenced : status;
}

fv_status fv_cross_validate(const fv_model* model, const fv_trainer_desc* trainer, const fv_dataset* dataset,
                            const fv_cross_validate_desc* desc, fv_history_row* rows, size_t capacity,
                            size_t* needed, fv_cross_validation* result, fv_error* error) {
  const bool has_fit = has_field(desc, &fv_cross_validate_desc::fit);
  const FitDropped fit_dropped(has_fit ? desc->fit : nullptr);
  std::vector<fv_history_row> all;
  fv_status status = FV_OK;
  const fv_status fenced = fence(error, [&] {
    need(model, "model");
    need(dataset, "dataset");
    FOVEA_REQUIRE(rows != nullptr || capacity == 0, "rows is NULL");
    const fv_trainer_desc t = read_desc(trainer, "fv_trainer_desc");
    fv_cross_validate_desc d = read_desc(desc, "fv_cross_validate_desc");
    const Fit fit(d.fit);
    d.fit = &fit.desc;
    const fv_fold_desc folds = read_desc(d.folds, "fv_fold_desc");
    d.folds = &folds;
    FOVEA_REQUIRE(folds.folds == 0 || (folds.folds >= 2 && folds.folds <= 1 << 20), "folds is %d",
                  static_cast<int>(folds.folds));
    all.resize(folds.folds == 0 ? 5 : static_cast<size_t>(folds.folds));
    status = train::cross_validate(model, t, dataset, d, all.data(), error);
  });
  if (fenced != FV_OK || status != FV_OK) return fenced != FV_OK ? fenced : status;
  return guard(error, [&] {
    if (result != nullptr) *result = summary_of(all);
    if (needed != nullptr) *needed = all.size();
    for (size_t i = 0; i < std::min(capacity, all.size()); ++i) rows[i] = all[i];
  });
}
