// Profile: how long each part of a run takes. Rows are added before anything is timed; timing allocates
// nothing and, without a profile, costs one test of a pointer. May use: base.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace fovea::graph {

// Values are those of fv_pass.
enum class Pass : int32_t { prepare = 1, forward = 2, backward = 3, other = 4 };
const char* name_of(Pass pass);

class Profile {
 public:
  struct Row {
    std::string name, kind, algorithm;
    Pass pass = Pass::other;
    double flops_per_sample = 0;
    double bytes_per_sample = 0;  // read and written, each tensor once
    double bytes_per_call = 0;    // parameters likewise
    int64_t calls = 0;
    int64_t samples = 0;
    int64_t nanoseconds = 0;

    double flops() const { return flops_per_sample * static_cast<double>(samples); }
    double bytes() const {
      return bytes_per_sample * static_cast<double>(samples) + bytes_per_call * static_cast<double>(calls);
    }
  };
  struct Event {
    int32_t row;
    int64_t begin, nanoseconds;  // since the profile began
  };

  // Keeps the first `max_events` timings one by one, beside the sums.
  explicit Profile(size_t max_events);

  int add(Row row);
  const std::deque<Row>& rows() const { return rows_; }
  const std::vector<Event>& events() const { return events_; }

  // Times its own life.
  class Timer {
   public:
    Timer(Profile* profile, int row, int64_t samples) : profile_(profile), row_(row), samples_(samples) {
      if (profile_ != nullptr) begin_ = Clock::now();
    }
    ~Timer() {
      if (profile_ != nullptr) profile_->record(row_, samples_, begin_, Clock::now());
    }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

   private:
    Profile* profile_;
    int row_;
    int64_t samples_;
    std::chrono::steady_clock::time_point begin_;
  };

 private:
  using Clock = std::chrono::steady_clock;
  void record(int row, int64_t samples, Clock::time_point begin, Clock::time_point end);

  std::deque<Row> rows_;  // names are lent: a row never moves
  std::vector<Event> events_;
  size_t max_events_;
  Clock::time_point start_;
};

// A table for people: the rows that were called, in order, each with its share of the time, and the sums.
std::string profile_table(const Profile& profile);

}  // namespace fovea::graph
