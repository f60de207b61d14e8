// Curves in a plot with axes, ticks, grid and legend. May use: base, io/canvas.h.
#pragma once
#include "io/canvas.h"

namespace fovea::io {

struct Curve {
  std::string label;
  const double* x = nullptr;  // null: 1, 2, 3, ...
  const double* y = nullptr;  // values that are not finite leave gaps
  size_t count = 0;
};

struct PlotOptions {
  int width = 800, height = 500;  // 160 to 8192
  bool log_y = false;             // values <= 0 leave gaps
  std::string title = {}, x_label = {}, y_label = {};
};

inline constexpr size_t kMaxCurves = 16;

// Raises INVALID_ARGUMENT for numbers out of range.
Canvas draw_plot(std::span<const Curve> curves, const PlotOptions& options);

// Where the ticks of an axis go: multiples of 1, 2 or 5 times a power of ten, at most `most` of them in
// [low, high].
struct Ticks {
  double step;
  std::vector<double> values;
};
Ticks nice_ticks(double low, double high, int most);
// The same on a logarithmic axis from 10^low to 10^high: powers of ten, and 2 and 5 times those where there
// is room. Values are logarithms.
std::vector<double> log_ticks(double low, double high, int most);
// A tick's text: decimal where that is short, else with an exponent. Never depends on the locale.
std::string tick_text(double value, double step);

}  // namespace fovea::io
