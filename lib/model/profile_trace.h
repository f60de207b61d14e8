// A profile as a file for trace viewers. May use: base, graph, io.
#pragma once
#include <string>

#include "graph/profile.h"

namespace fovea::model {

// Chrome's trace event format: complete ("X") events, times in microseconds.
void write_trace(const graph::Profile& profile, const std::string& path);

}  // namespace fovea::model
