#include "graph/profile.h"

#include <cstdio>

#include "base/table.h"

namespace fovea::graph {

using std::chrono::duration_cast;
using std::chrono::nanoseconds;

Profile::Profile(size_t max_events) : max_events_(max_events), start_(Clock::now()) {
  events_.reserve(max_events);
}

int Profile::add(Row row) {
  rows_.push_back(std::move(row));
  return static_cast<int>(rows_.size()) - 1;
}

void Profile::record(int row, int64_t samples, Clock::time_point begin, Clock::time_point end) {
  Row& r = rows_[static_cast<size_t>(row)];
  const int64_t taken = duration_cast<nanoseconds>(end - begin).count();
  ++r.calls;
  r.samples += samples;
  r.nanoseconds += taken;
  if (events_.size() < max_events_)
    events_.push_back({row, duration_cast<nanoseconds>(begin - start_).count(), taken});
}

const char* name_of(Pass pass) {
  switch (pass) {
    case Pass::prepare:
      return "prepare";
    case Pass::forward:
      return "forward";
    case Pass::backward:
      return "backward";
    case Pass::other:
      break;
  }
  return "other";
}

namespace {

std::string fixed(const char* format, double value) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

}  // namespace

std::string profile_table(const Profile& profile) {
  Table table{{"node"},         {"kind"},          {"pass"},           {"algorithm"}, {"calls", true},
              {"ms/call", true}, {"share", true}, {"GFLOP/s", true}, {"GB/s", true}};
  int64_t all = 0;
  double all_flops = 0, all_bytes = 0;
  for (const Profile::Row& r : profile.rows()) {
    all += r.nanoseconds;
    all_flops += r.flops();
    all_bytes += r.bytes();
  }
  // Nanoseconds: a count per nanosecond is 10^9 of it per second.
  const auto rate = [](double count, int64_t ns) {
    return count == 0 || ns == 0 ? std::string() : fixed("%.1f", count / static_cast<double>(ns));
  };
  for (const Profile::Row& r : profile.rows()) {
    if (r.calls == 0) continue;
    const auto ns = static_cast<double>(r.nanoseconds);
    table.add({r.name, r.kind, r.pass == Pass::other ? "" : name_of(r.pass), r.algorithm, grouped(r.calls),
               fixed("%.3f", ns / 1e6 / static_cast<double>(r.calls)),
               fixed("%.1f %%", all == 0 ? 0 : 100 * ns / static_cast<double>(all)),
               rate(r.flops(), r.nanoseconds), rate(r.bytes(), r.nanoseconds)});
  }
  table.rule();
  table.add({"total", "", "", "", "", fixed("%.3f ms", static_cast<double>(all) / 1e6), "",
             rate(all_flops, all), rate(all_bytes, all)});
  return table.text();
}

}  // namespace fovea::graph
