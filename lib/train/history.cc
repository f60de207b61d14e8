#include "train/history.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace fovea::train {
namespace {

struct Column {
  const char* name;
  double HistoryRow::*value;
};
constexpr Column kColumns[] = {{"loss", &HistoryRow::loss},
                               {"accuracy", &HistoryRow::accuracy},
                               {"val_loss", &HistoryRow::val_loss},
                               {"val_accuracy", &HistoryRow::val_accuracy},
                               {"learning_rate", &HistoryRow::learning_rate}};

const Column* column_of(std::string_view name) {
  const auto* const found = std::ranges::find(kColumns, name, &Column::name);
  return found == std::end(kColumns) ? nullptr : found;
}

}  // namespace

void History::check_name(const std::string& name) {
  FOVEA_REQUIRE(!name.empty() && name.size() <= 128 && is_printable_utf8(name),
                "the name of a series is 1 to 128 bytes of UTF-8, not %s", in_quotes(name).c_str());
  FOVEA_REQUIRE(name != "epoch" && column_of(name) == nullptr, "'%s' is a number of the history's rows",
                name.c_str());
}

void History::set_next(const std::string& name, double value) {
  check_name(name);
  const auto found = std::ranges::find(series_, name, &Series::name);
  if (found != series_.end())
    found->next = value;
  else
    series_.push_back({name, std::vector<double>(rows_.size(), NAN), value});
}

void History::add(const HistoryRow& row) {
  // All that can fail comes first.
  for (Series& s : series_)
    if (s.values.size() == s.values.capacity()) s.values.reserve(2 * s.values.size() + 1);
  rows_.push_back(row);
  for (Series& s : series_) {
    s.values.push_back(s.next);
    s.next = NAN;
  }
}

double History::newest(std::string_view name) const {
  if (rows_.empty()) return NAN;
  if (const Column* const column = column_of(name)) return rows_.back().*column->value;
  const auto found = std::ranges::find(series_, name, &Series::name);
  return found == series_.end() ? NAN : found->values.back();
}

std::vector<double> History::values(std::string_view name) const {
  if (const Column* const column = column_of(name)) {
    std::vector<double> values;
    for (const HistoryRow& row : rows_) values.push_back(row.*column->value);
    return values;
  }
  const auto found = std::ranges::find(series_, name, &Series::name);
  if (found == series_.end())
    fail(Status::not_found, "the history has no series %s", in_quotes(name).c_str());
  return found->values;
}

}  // namespace fovea::train
