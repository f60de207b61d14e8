// The history of a training: a row for each epoch, and series of named values beside them. May use: base.
#pragma once
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::train {

struct HistoryRow {
  int64_t epoch = 0;
  double loss = NAN;
  double accuracy = NAN;
  double val_loss = NAN;
  double val_accuracy = NAN;
  double learning_rate = NAN;
};

// Named values, one for each row; NaN where there was none.
struct Series {
  std::string name;
  std::vector<double> values;
  double next = NAN;  // of the row that is to come
};

class History {
 public:
  const std::vector<HistoryRow>& rows() const { return rows_; }
  const std::vector<Series>& series() const { return series_; }

  // Raises invalid_argument for a name that no series can have: one of a row's own numbers, or no good text.
  static void check_name(const std::string& name);
  // A value of the row that is to come.
  void set_next(const std::string& name, double value);
  // Adds a row with the values that wait for it.
  void add(const HistoryRow& row);
  // The last row's value under a name; NaN where there is none.
  double newest(std::string_view name) const;
  // All values under a name, those of rows included. Raises not_found.
  std::vector<double> values(std::string_view name) const;

  // From a checkpoint.
  void restore(std::vector<HistoryRow> rows, std::vector<Series> series) {
    rows_ = std::move(rows);
    series_ = std::move(series);
  }

 private:
  std::vector<HistoryRow> rows_;
  std::vector<Series> series_;
};

}  // namespace fovea::train
