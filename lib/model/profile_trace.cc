#include "model/profile_trace.h"

#include <cstdio>

#include "io/file.h"
#include "model/json.h"

namespace fovea::model {

void write_trace(const graph::Profile& profile, const std::string& path) {
  std::string text = "{\"displayTimeUnit\": \"ms\", \"traceEvents\": [";
  const char* separator = "\n";
  for (const graph::Profile::Event& e : profile.events()) {
    const graph::Profile::Row& row = profile.rows()[static_cast<size_t>(e.row)];
    char times[128];
    std::snprintf(times, sizeof times, ", \"ph\": \"X\", \"pid\": 1, \"tid\": 1, \"ts\": %.3f, \"dur\": %.3f",
                  static_cast<double>(e.begin) / 1e3, static_cast<double>(e.nanoseconds) / 1e3);
    text += separator;
    text += "{\"name\": " + json_text(row.name) + ", \"cat\": " + json_text(graph::name_of(row.pass)) +
            times + ", \"args\": {\"kind\": " + json_text(row.kind) +
            ", \"algorithm\": " + json_text(row.algorithm) + "}}";
    separator = ",\n";
  }
  text += "\n]}\n";
  io::write_file_atomically(path, std::as_bytes(std::span(text)));
}

}  // namespace fovea::model
