#include "train/groups.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/pattern.h"

namespace fovea::train {

Group group_of(const Groups& groups, const graph::Slot& slot) {
  for (size_t i = groups.size(); i-- > 0;)
    if (groups[i].whole_name ? groups[i].parameters == slot.name : matches(groups[i].parameters, slot.name))
      return groups[i];
  return {};
}

void check_groups(const Groups& groups, const graph::Layout& layout) {
  for (const Group& g : groups) {
    const char* const name = g.parameters.c_str();
    const auto require = [&](double value, double least, const char* field) {
      FOVEA_REQUIRE(value >= least && value <= 1e30, "%s of group '%.200s' is %g, expected %g or more", field,
                    name, value, least);
    };
    require(g.rate, 0, "learning_rate");
    require(g.decay, 0, "weight_decay");
    require(g.l1, 0, "l1");
    require(g.l2, 0, "l2");
    require(g.low, 0, "min_norm");
    require(g.high, g.low, "max_norm");
    FOVEA_REQUIRE(g.constraint != Constraint::max_norm || g.high > 0, "max_norm of group '%.200s' is 0",
                  name);
    if (std::none_of(layout.parameters.begin(), layout.parameters.end(),
                     [&](const graph::Slot& slot) { return matches(g.parameters, slot.name); }))
      fail(Status::not_found, "no parameter is named as group '%.200s' says", name);
  }
}

Constraints::Constraints(const Groups& groups, const graph::Layout& layout, DType dtype) : dtype_(dtype) {
  constexpr int64_t kElements = 65536;  // of a part, about
  for (const graph::Slot& slot : layout.parameters) {
    const Group g = group_of(groups, slot);
    if (g.constraint == Constraint::none || g.frozen) continue;
    // What has one axis is a column itself.
    const int64_t columns = slot.shape.rank() == 1 ? 1 : slot.shape[slot.shape.rank() - 1];
    const int64_t rows = slot.elements / columns;
    const int64_t step = std::max<int64_t>(16, kElements / rows);
    for (int64_t first = 0; first < columns; first += step)
      parts_.push_back({slot.offset, rows, columns, first, std::min(step, columns - first), g.constraint,
                        g.low, g.constraint == Constraint::unit_norm ? 1 : g.high});
  }
}

template <class T>
void Constraints::apply_part(const Part& p, T* w) {
  constexpr int64_t kColumns = 64;
  for (int64_t first = p.first; first < p.first + p.count; first += kColumns) {
    const int64_t n = std::min(kColumns, p.first + p.count - first);
    T* const column = w + p.offset + first;
    if (p.constraint == Constraint::non_negative) {
      for (int64_t r = 0; r < p.rows; ++r)
        for (int64_t c = 0; c < n; ++c) column[r * p.columns + c] = std::max(column[r * p.columns + c], T{0});
      continue;
    }
    std::array<double, kColumns> sums{};
    for (int64_t r = 0; r < p.rows; ++r)
      for (int64_t c = 0; c < n; ++c) {
        const double v = static_cast<double>(column[r * p.columns + c]);
        sums[static_cast<size_t>(c)] += v * v;
      }
    const double low = p.constraint == Constraint::max_norm    ? 0
                       : p.constraint == Constraint::unit_norm ? 1
                                                               : p.low;
    std::array<T, kColumns> factors;
    for (int64_t c = 0; c < n; ++c) {
      // A column of zeros has no direction to grow in.
      const double norm = std::sqrt(sums[static_cast<size_t>(c)]);
      factors[static_cast<size_t>(c)] = static_cast<T>(norm == 0 ? 1 : std::clamp(norm, low, p.high) / norm);
    }
    for (int64_t r = 0; r < p.rows; ++r)
      for (int64_t c = 0; c < n; ++c) column[r * p.columns + c] *= factors[static_cast<size_t>(c)];
  }
}

void Constraints::apply(Executor& executor, void* parameters) const {
  executor.parallel_for(static_cast<int64_t>(parts_.size()), [&](int64_t task, int) {
    const Part& part = parts_[static_cast<size_t>(task)];
    if (dtype_ == DType::f64)
      apply_part(part, static_cast<double*>(parameters));
    else
      apply_part(part, static_cast<float*>(parameters));
  });
}

}  // namespace fovea::train
