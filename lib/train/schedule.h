// Schedules: the learning rate, and of cycles the momentum, as a function of epoch and step. Pure, but for
// the plateau, which carries what it has seen. May use: std, base.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fovea::train {

// Values are those of fv_schedule.
enum class ScheduleKind : int32_t {
  constant = 0,
  step = 1,
  multi_step = 2,
  exponential = 3,
  inverse_time = 4,
  polynomial = 5,
  cosine = 6,
  cosine_restarts = 7,
  one_cycle = 8,
  cyclic = 9,
  plateau = 10,
};
inline constexpr const char* kScheduleNames[] = {
    "constant",        "step",      "multi_step", "exponential", "inverse_time", "polynomial", "cosine",
    "cosine_restarts", "one_cycle", "cyclic",     "plateau"};

// Values are those of fv_monitor.
enum class Monitor : int32_t { val_loss = 0, loss = 1, val_accuracy = 2, accuracy = 3 };
inline constexpr const char* kMonitorNames[] = {"val_loss", "loss", "val_accuracy", "accuracy"};

// Values are those of fv_cycle_shape.
enum class CycleShape : int32_t { triangular = 0, triangular2 = 1, exponential = 2 };
inline constexpr const char* kCycleNames[] = {"triangular", "triangular2", "exponential"};

// What fv_schedule_desc says.
struct ScheduleOptions {
  ScheduleKind kind = ScheduleKind::constant;
  bool per_step = false;  // t counts steps, not epochs
  int64_t warmup = 0;
  double warmup_start = 0;  // factor
  int64_t period = 1;
  int64_t total = 1;
  double gamma = 0.1;
  double power = 1;
  double lowest = 0;    // rate
  double highest = 0;   // rate; 0: the base rate
  int64_t growth = 1;   // of a restart's period
  double rising = 0.3;  // share of one cycle
  double start_divisor = 25;
  double end_divisor = 1e4;
  double lowest_momentum = 0;  // where the rate is highest; both 0: the optimizer's stays
  double highest_momentum = 0;
  int64_t falling = 0;  // of a cycle; 0: as long as it rises
  CycleShape shape = CycleShape::triangular;
  bool staircase = false;
  std::vector<int64_t> milestones;
  Monitor monitor = Monitor::val_loss;
  std::string monitor_name;     // instead of it, if it is not empty
  bool monitor_larger = false;  // is better, of a series that is no metric
  int64_t patience = 10;
  int64_t cooldown = 0;
  double min_delta = 1e-4;
};
// Raises invalid_argument unless the numbers make sense.
void check_schedule(const ScheduleOptions& options);

// What a plateau has seen.
struct PlateauState {
  bool any = false;
  double best = 0;
  int64_t bad = 0;      // epochs without improvement
  int64_t resting = 0;  // epochs of the cooldown that are left
  double factor = 1;
};

class Schedule {
 public:
  Schedule() = default;
  explicit Schedule(ScheduleOptions options);

  const ScheduleOptions& options() const { return options_; }
  // Of the step that is to come; `base` is the trainer's rate.
  double rate(double base, int64_t epoch, int64_t step) const;
  // Likewise the momentum, where the schedule says it.
  std::optional<double> momentum(int64_t epoch, int64_t step) const;
  // The monitored value at the end of an epoch, and whether a larger one is better. NaN, which was not
  // measured, changes nothing.
  void observe(double base, double value, bool larger);

  const PlateauState& state() const { return plateau_; }
  void set_state(const PlateauState& state) { plateau_ = state; }

 private:
  double after_warmup(double base, int64_t t) const;

  ScheduleOptions options_;
  PlateauState plateau_;
};

}  // namespace fovea::train
