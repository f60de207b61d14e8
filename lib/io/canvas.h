// A picture in memory that is drawn on and then written as PNG: filled boxes, smooth lines, small text.
// canvas.cc is the only file of this folder that sees stb. May use: base, io/file.h.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::io {

struct Color {
  uint8_t r, g, b;
};

struct Point {
  double x, y;
};

enum class Align { left, center, right };

class Canvas {
 public:
  // Raises INVALID_ARGUMENT where the picture would be larger than 32768 pixels a side or 64 million in all.
  Canvas(int64_t width, int64_t height, Color background);

  int width() const { return width_; }
  int height() const { return height_; }

  // [x0, x1) x [y0, y1), cut to the canvas; so is everything below.
  void fill(int x0, int y0, int x1, int y1, Color color);
  // A line through the points, `thickness` pixels wide, with smooth edges and round joints; a point that is
  // not finite leaves a gap, and one that stands alone is a dot. With `dash` > 0: dashes and gaps of that
  // many pixels.
  void polyline(std::span<const Point> points, double thickness, Color color, double dash = 0);

  // Text of one line whose letters are `scale` times 12 pixels high from line to line; characters other than
  // ASCII become '?'. (x, y) is the top of the line at the left, middle or right. `upwards` turns the text by
  // a quarter to the left: then (x, y) is the left edge of the line, at its foot, middle or head.
  static constexpr int kLineHeight = 12;
  static int text_width(std::string_view text, int scale);
  void text(int x, int y, std::string_view text, int scale, Color color, Align align = Align::left,
            bool upwards = false);

  // The picture as a PNG file.
  std::vector<std::byte> png() const;
  // Writes it, atomically.
  void save(const std::string& path) const;

 private:
  void blend(size_t pixel, Color color, double coverage);

  int width_, height_;
  std::vector<uint8_t> rgb_;
};

// `text` as far as it fits into `width` pixels, with ".." where it was cut.
std::string fitted(std::string_view text, int scale, int width);

}  // namespace fovea::io
