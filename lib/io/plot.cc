#include "io/plot.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace fovea::io {
namespace {

constexpr Color kPaper{255, 255, 255}, kInk{40, 40, 40}, kGrid{226, 226, 226}, kFrame{130, 130, 130};
// Okabe and Ito's colours, which the colour-blind tell apart; without their yellow, which white swallows.
constexpr std::array<Color, 8> kColors{{{0, 114, 178},
                                        {213, 94, 0},
                                        {0, 158, 115},
                                        {204, 121, 167},
                                        {230, 159, 0},
                                        {86, 180, 233},
                                        {0, 0, 0},
                                        {140, 86, 75}}};
constexpr double kThickness = 2.2;
constexpr double kDash = 9;
// Larger values leave gaps: differences of those below are finite.
constexpr double kLargest = 1e300;

double dash_of(size_t curve) {
  return curve < kColors.size() ? 0 : kDash;
}

struct Axis {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void include(double v) {
    low = std::min(low, v);
    high = std::max(high, v);
  }
  // Makes it a proper interval, with `margin` of its length added at both ends.
  void finish(double margin) {
    if (!(low <= high)) {
      low = 0;
      high = 1;
    } else if (high - low <= 1e-12 * std::max(std::abs(low), std::abs(high))) {
      const double around = low == 0 ? 1 : std::abs(low) * .5;
      low -= around;
      high += around;
    }
    const double more = (high - low) * margin;
    low -= more;
    high += more;
  }
};

// The part of the picture inside the axes, and how values become pixels.
struct Area {
  int left, top, right, bottom;
  Axis x, y;

  double x_of(double v) const { return left + (v - x.low) / (x.high - x.low) * (right - left); }
  double y_of(double v) const { return bottom - (v - y.low) / (y.high - y.low) * (bottom - top); }
};

// Point i of a curve in the units of the axes; NaN in y for a gap.
Point value_at(const Curve& curve, size_t i, bool log_y) {
  const double x = curve.x != nullptr ? curve.x[i] : static_cast<double>(i + 1);
  double y = curve.y[i];
  if (log_y) y = y > 0 ? std::log10(y) : std::numeric_limits<double>::quiet_NaN();
  if (!(std::abs(x) < kLargest && std::abs(y) < kLargest)) y = std::numeric_limits<double>::quiet_NaN();
  return {x, y};
}

// A curve in pixels. Of many points in one column of pixels only the first, lowest, highest and last are
// kept: more cannot be seen.
std::vector<Point> to_pixels(const Curve& curve, const Area& area, bool log_y) {
  std::vector<Point> out;
  double column = std::numeric_limits<double>::quiet_NaN();
  Point low{}, high{}, last{};
  int in_column = 0;
  const auto flush = [&] {
    if (in_column > 1) {
      const bool low_first = std::abs(out.back().y - low.y) < std::abs(out.back().y - high.y);
      out.push_back(low_first ? low : high);
      out.push_back(low_first ? high : low);
      out.push_back(last);
    }
    in_column = 0;
  };
  for (size_t i = 0; i < curve.count; ++i) {
    const Point value = value_at(curve, i, log_y);
    const Point p{area.x_of(value.x), area.y_of(value.y)};
    if (in_column == 0 || std::isnan(p.y) || std::floor(p.x) != column) {
      flush();
      out.push_back(p);
      if (std::isnan(p.y)) continue;
      column = std::floor(p.x);
      low = high = p;
    }
    if (p.y < low.y) low = p;
    if (p.y > high.y) high = p;
    last = p;
    ++in_column;
  }
  flush();
  return out;
}

// ---- legend ---------------------------------------------------------------------------------------

constexpr int kSample = 26;  // length of a line in the legend
constexpr int kPad = 8;

struct Legend {
  std::vector<std::pair<size_t, std::string>> lines;  // curve and label
  int scale = 1, width = 0, height = 0;

  int line_height() const { return Canvas::kLineHeight * scale + 2; }
};

Legend make_legend(std::span<const Curve> curves, const Area& area, int scale) {
  Legend legend;
  legend.scale = scale;
  const int room = (area.right - area.left) * 4 / 5 - kSample - 3 * kPad;
  if (room < 8 * Canvas::kLineHeight * scale) return legend;  // no room for words
  for (size_t i = 0; i < curves.size(); ++i) {
    if (curves[i].label.empty()) continue;
    std::string label = fitted(curves[i].label, scale, room);
    legend.width = std::max(legend.width, Canvas::text_width(label, scale) + kSample + 3 * kPad);
    legend.lines.emplace_back(i, std::move(label));
  }
  legend.height = static_cast<int>(legend.lines.size()) * legend.line_height() + 2 * kPad - 4;
  if (legend.height > area.bottom - area.top - 2 * kPad) legend.lines.clear();  // no room
  return legend;
}

// Puts the legend into the corner where it hides least of the curves.
void draw_legend(Canvas& canvas, const Legend& legend, const Area& area,
                 std::span<const std::vector<Point>> paths) {
  if (legend.lines.empty()) return;
  int best_x = 0, best_y = 0;
  double least = std::numeric_limits<double>::infinity();
  for (const bool at_top : {true, false})
    for (const bool at_right : {true, false}) {
      const int x = at_right ? area.right - kPad - legend.width : area.left + kPad;
      const int y = at_top ? area.top + kPad : area.bottom - kPad - legend.height;
      double hidden = 0;  // length of the curves behind it, in steps of about four pixels
      for (const auto& path : paths)
        for (size_t i = 0; i < path.size(); i += 1 + path.size() / 50000) {  // of huge ones a part will do
          const Point a = path[i], b = path[i + 1 < path.size() ? i + 1 : i];
          if (std::isnan(a.y) || std::isnan(b.y)) continue;
          const int steps = static_cast<int>(std::min(4096.0, 1 + std::hypot(b.x - a.x, b.y - a.y) / 4));
          for (int s = 0; s < steps; ++s) {
            const double px = a.x + (b.x - a.x) * s / steps, py = a.y + (b.y - a.y) * s / steps;
            hidden += px > x - 4 && px < x + legend.width + 4 && py > y - 4 && py < y + legend.height + 4;
          }
        }
      if (hidden < least) {
        least = hidden;
        best_x = x;
        best_y = y;
      }
    }
  canvas.fill(best_x, best_y, best_x + legend.width, best_y + legend.height, kFrame);
  canvas.fill(best_x + 1, best_y + 1, best_x + legend.width - 1, best_y + legend.height - 1, kPaper);
  int y = best_y + kPad;
  for (const auto& [curve, label] : legend.lines) {
    const double middle = y + 4.5 * legend.scale;
    const Point sample[] = {{best_x + double{kPad}, middle}, {best_x + double{kPad} + kSample, middle}};
    canvas.polyline(sample, kThickness, kColors[curve % kColors.size()], dash_of(curve));
    canvas.text(best_x + 2 * kPad + kSample, y, label, legend.scale, kInk);
    y += legend.line_height();
  }
}

// ---- axes -----------------------------------------------------------------------------------------

struct Tick {
  double at;
  std::string text;
};

std::vector<Tick> ticks_of(const Axis& axis, int most, bool logarithmic) {
  std::vector<Tick> out;
  if (logarithmic) {
    for (const double t : log_ticks(axis.low, axis.high, most))
      out.push_back({t, tick_text(std::pow(10, t), 0)});
  } else {
    const Ticks ticks = nice_ticks(axis.low, axis.high, most);
    for (const double t : ticks.values) out.push_back({t, tick_text(t, ticks.step)});
  }
  return out;
}

int widest(std::span<const Tick> ticks, int scale) {
  int width = 0;
  for (const Tick& tick : ticks) width = std::max(width, Canvas::text_width(tick.text, scale));
  return width;
}

void draw_axes(Canvas& canvas, const Area& area, std::span<const Tick> x_ticks, std::span<const Tick> y_ticks,
               int scale) {
  const int half_line = 9 * scale / 2;
  for (const Tick& tick : y_ticks) {
    const int y = static_cast<int>(std::lround(area.y_of(tick.at)));
    canvas.fill(area.left, y, area.right, y + 1, kGrid);
    canvas.fill(area.left - 5, y, area.left, y + 1, kFrame);
    canvas.text(area.left - 9, y - half_line, tick.text, scale, kInk, Align::right);
  }
  for (const Tick& tick : x_ticks) {
    const int x = static_cast<int>(std::lround(area.x_of(tick.at)));
    canvas.fill(x, area.top, x + 1, area.bottom, kGrid);
    canvas.fill(x, area.bottom, x + 1, area.bottom + 5, kFrame);
    canvas.text(x, area.bottom + 9, tick.text, scale, kInk, Align::center);
  }
  canvas.fill(area.left, area.top, area.left + 1, area.bottom, kFrame);
  canvas.fill(area.right - 1, area.top, area.right, area.bottom, kFrame);
  canvas.fill(area.left, area.top, area.right, area.top + 1, kFrame);
  canvas.fill(area.left, area.bottom - 1, area.right, area.bottom, kFrame);
}

}  // namespace

Ticks nice_ticks(double low, double high, int most) {
  const double rough = (high - low) / std::max(most, 1);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  Ticks ticks{10 * power, {}};
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= rough * (1 - 1e-9)) {
      ticks.step = factor * power;
      break;
    }
  const double first = std::ceil(low / ticks.step - 1e-9), last = std::floor(high / ticks.step + 1e-9);
  for (double k = first; k <= last && ticks.values.size() < 1000; ++k)
    ticks.values.push_back(k * ticks.step + 0.0);
  return ticks;
}

std::vector<double> log_ticks(double low, double high, int most) {
  std::vector<double> values;
  const double decades = high - low;
  // Every how many decades; with room for three ticks a decade, 2 and 5 as well.
  const double every = std::max(1.0, std::ceil(decades / std::max(most, 1)));
  for (double k = std::floor(low); k <= high && values.size() < 1000; ++k) {
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double at = k + std::log10(factor);
      const bool shown = factor == 1 ? std::fmod(std::abs(k), every) == 0 : 3 * decades <= most;
      if (shown && at >= low - 1e-9 && at <= high + 1e-9) values.push_back(at);
    }
  }
  return values.size() >= 2 ? values : nice_ticks(low, high, most).values;
}

std::string tick_text(double value, double step) {
  char text[64];
  const double size = std::max(std::abs(value), step);
  std::to_chars_result end{};
  if (step > 0 && size < 1e6 && step >= 1e-5) {
    const int decimals = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
    end = std::to_chars(text, text + sizeof text, std::abs(value) < step * 1e-6 ? 0 : value,
                        std::chars_format::fixed, decimals);
  } else {
    end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 4);
  }
  // 1e+06 and 1e-06 as 1e6 and 1e-6.
  std::string out(text, end.ptr);
  if (const size_t e = out.find('e'); e != std::string::npos) {
    if (out[e + 1] == '+') out.erase(e + 1, 1);
    const size_t digits = e + 1 + (out[e + 1] == '-');
    out.erase(digits, out.find_first_not_of('0', digits) - digits);
  }
  return out;
}

Canvas draw_plot(std::span<const Curve> curves, const PlotOptions& options) {
  FOVEA_REQUIRE(
      options.width >= 160 && options.width <= 8192 && options.height >= 160 && options.height <= 8192,
      "plot: %d x %d pixels, expected 160 to 8192", options.width, options.height);
  FOVEA_REQUIRE(curves.size() <= kMaxCurves, "plot: %zu curves, at most %zu", curves.size(), kMaxCurves);
  Canvas canvas(options.width, options.height, kPaper);
  const int scale = 1 + options.width / 640 * (options.height >= 300);
  const int line = Canvas::kLineHeight * scale;

  Area area{};
  for (const Curve& curve : curves)
    for (size_t i = 0; i < curve.count; ++i)
      if (const Point p = value_at(curve, i, options.log_y); !std::isnan(p.y)) {
        area.x.include(p.x);
        area.y.include(p.y);
      }
  area.x.finish(0);
  area.y.finish(.05);

  area.top = 12 + (options.title.empty() ? line / 2 : line + 8);
  area.bottom = options.height - 14 - line - (options.x_label.empty() ? 0 : line + 4);
  const auto y_ticks = ticks_of(area.y, std::max(2, (area.bottom - area.top) / (2 * line)), options.log_y);
  area.left = 16 + widest(y_ticks, scale) + (options.y_label.empty() ? 0 : line + 6);
  // As many ticks as their labels leave room for.
  std::vector<Tick> x_ticks;
  for (int most = std::max(2, (options.width - area.left) / (4 * line)); most > 0; --most) {
    x_ticks = ticks_of(area.x, most, false);
    area.right = options.width - std::max(14, widest(x_ticks, scale) / 2 + 4);
    if (static_cast<int>(x_ticks.size()) * (widest(x_ticks, scale) + line) <= area.right - area.left) break;
  }

  draw_axes(canvas, area, x_ticks, y_ticks, scale);
  const int middle_x = (area.left + area.right) / 2, middle_y = (area.top + area.bottom) / 2;
  canvas.text(middle_x, 10, fitted(options.title, scale, area.right - area.left), scale, kInk, Align::center);
  canvas.text(middle_x, options.height - line - 2, fitted(options.x_label, scale, area.right - area.left),
              scale, kInk, Align::center);
  canvas.text(6, middle_y, fitted(options.y_label, scale, area.bottom - area.top), scale, kInk, Align::center,
              true);

  std::vector<std::vector<Point>> paths;
  for (size_t i = 0; i < curves.size(); ++i) {
    paths.push_back(to_pixels(curves[i], area, options.log_y));
    canvas.polyline(paths.back(), kThickness, kColors[i % kColors.size()], dash_of(i));
  }
  draw_legend(canvas, make_legend(curves, area, scale), area, paths);
  return canvas;
}

}  // namespace fovea::io
