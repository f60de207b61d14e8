// Parameter groups: what is said of parameters by name: factors of rate and decay, freezing, constraints. May
// use: base, graph.
#pragma once
#include <string>
#include <vector>

#include "graph/graph.h"

namespace fovea::train {

// Values are those of fv_constraint.
enum class Constraint : int32_t { none = 0, max_norm = 1, unit_norm = 2, non_negative = 3, min_max_norm = 4 };
inline constexpr const char* kConstraintNames[] = {"none", "max_norm", "unit_norm", "non_negative",
                                                   "min_max_norm"};

struct Group {
  std::string parameters;  // a pattern, see base/pattern.h
  double rate = 1;
  double decay = 1;
  bool frozen = false;
  double l1 = 0;
  double l2 = 0;
  Constraint constraint = Constraint::none;
  double low = 0;   // MIN_MAX_NORM
  double high = 1;  // MAX_NORM, MIN_MAX_NORM
  bool whole_name = false;  // `parameters` is no pattern
};
using Groups = std::vector<Group>;

// The last group that the parameter is in; else a group that changes nothing.
Group group_of(const Groups& groups, const graph::Slot& slot);
// Raises invalid_argument for numbers that make no sense, not_found for a pattern that no parameter has.
void check_groups(const Groups& groups, const graph::Layout& layout);

// Puts each parameter back to where its constraint allows. A parameter's columns are its last axis: a norm is
// that of all weights into one unit or filter; what has one axis is one column.
class Constraints {
 public:
  Constraints(const Groups& groups, const graph::Layout& layout, DType dtype);
  void apply(Executor& executor, void* parameters) const;

 private:
  struct Part {
    int64_t offset, rows, columns;
    int64_t first, count;  // of the columns
    Constraint constraint;
    double low, high;
  };
  template <class T>
  static void apply_part(const Part& part, T* w);

  DType dtype_;
  std::vector<Part> parts_;
};

}  // namespace fovea::train
