#include "io/canvas.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/error.h"
#include "io/file.h"
#include "io/gzip.h"

namespace {

// What stb asks for: zlib's packing in memory from malloc, null where there is none. (Its own packer is
// larger, slower and does not survive a refused allocation.)
unsigned char* pack_for_stb(unsigned char* data, int size, int* packed_size, int) noexcept {
  try {
    const auto packed = fovea::io::zlib_packed(std::as_bytes(std::span(data, static_cast<size_t>(size))));
    auto* memory = static_cast<unsigned char*>(std::malloc(packed.size()));
    if (memory != nullptr) std::memcpy(memory, packed.data(), packed.size());
    *packed_size = static_cast<int>(packed.size());
    return memory;
  } catch (const std::exception&) {
    return nullptr;
  }
}

}  // namespace

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wshadow"
#endif
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#define STBIW_ASSERT(condition) static_cast<void>(0)
#define STBIW_ZLIB_COMPRESS pack_for_stb
#include <stb_easy_font.h>
#include <stb_image_write.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

namespace fovea::io {
namespace {

constexpr int64_t kMaxSide = 32768;
constexpr int64_t kMaxPixels = int64_t{1} << 26;

// The font has ASCII only and indexes its tables with whatever it is given; it wants a char*.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0) == 0x80) continue;  // one '?' per character
    out += c >= 32 && c < 127 ? c : '?';
  }
  return out;
}

// Where polylines are collected, so that joints and crossings of one curve are not painted twice.
class Coverage {
 public:
  Coverage(int width, int height)
      : width_(width), height_(height), values_(static_cast<size_t>(width) * height) {}

  // Row by row, the pixels within `radius` and half a pixel of the segment.
  void segment(const Point& a, const Point& b, double radius) {
    const double reach = radius + 1;
    const double dx = b.x - a.x, dy = b.y - a.y, length2 = dx * dx + dy * dy;
    const int y_begin = clamped(std::floor(std::min(a.y, b.y) - reach), height_);
    const int y_end = clamped(std::ceil(std::max(a.y, b.y) + reach), height_);
    for (int y = y_begin; y < y_end; ++y) {
      double x0 = a.x, x1 = b.x;
      if (std::abs(dy) > 1e-9) {  // the part of the segment that comes near this row
        x0 = a.x + dx * std::clamp((y + .5 - reach - a.y) / dy, 0.0, 1.0);
        x1 = a.x + dx * std::clamp((y + .5 + reach - a.y) / dy, 0.0, 1.0);
      }
      const int x_begin = clamped(std::floor(std::min(x0, x1) - reach), width_);
      const int x_end = clamped(std::ceil(std::max(x0, x1) + reach), width_);
      for (int x = x_begin; x < x_end; ++x) {
        const double px = x + .5 - a.x, py = y + .5 - a.y;
        const double along = length2 > 0 ? std::clamp((px * dx + py * dy) / length2, 0.0, 1.0) : 0.0;
        const double distance = std::hypot(px - along * dx, py - along * dy);
        const auto covered = static_cast<float>(std::clamp(radius + .5 - distance, 0.0, 1.0));
        float& value = values_[static_cast<size_t>(y) * static_cast<size_t>(width_) + static_cast<size_t>(x)];
        value = std::max(value, covered);
      }
    }
  }

  const std::vector<float>& values() const { return values_; }

 private:
  static int clamped(double at, int limit) { return static_cast<int>(std::clamp(at, 0.0, double(limit))); }

  int width_, height_;
  std::vector<float> values_;
};

void dashed_segment(Coverage& coverage, const Point& a, const Point& b, double radius, double dash,
                    double& phase) {
  const double length = std::hypot(b.x - a.x, b.y - a.y);
  const auto at = [&](double s) {
    return Point{a.x + (b.x - a.x) * s / length, a.y + (b.y - a.y) * s / length};
  };
  for (double s = 0; s < length;) {
    const double next = std::min(length, s + dash - std::fmod(phase, dash));
    if (std::fmod(phase, 2 * dash) < dash) coverage.segment(at(s), at(next), radius);
    phase += std::max(next - s, 1e-3);
    s = std::max(next, s + 1e-3);
  }
}

}  // namespace

Canvas::Canvas(int64_t width, int64_t height, Color background) {
  FOVEA_REQUIRE(
      width > 0 && height > 0 && width <= kMaxSide && height <= kMaxSide && width * height <= kMaxPixels,
      "a picture of %lld x %lld pixels", static_cast<long long>(width), static_cast<long long>(height));
  width_ = static_cast<int>(width);
  height_ = static_cast<int>(height);
  rgb_.resize(static_cast<size_t>(width * height) * 3);
  fill(0, 0, width_, height_, background);
}

void Canvas::fill(int x0, int y0, int x1, int y1, Color color) {
  x0 = std::max(x0, 0);
  y0 = std::max(y0, 0);
  x1 = std::min(x1, width_);
  y1 = std::min(y1, height_);
  for (int y = y0; y < y1; ++y)
    for (int x = x0; x < x1; ++x) {
      uint8_t* pixel =
          &rgb_[3 * (static_cast<size_t>(y) * static_cast<size_t>(width_) + static_cast<size_t>(x))];
      pixel[0] = color.r;
      pixel[1] = color.g;
      pixel[2] = color.b;
    }
}

void Canvas::blend(size_t pixel, Color color, double coverage) {
  const auto mix = [&](uint8_t& under, uint8_t over) {
    under = static_cast<uint8_t>(under + (over - under) * coverage + .5);
  };
  mix(rgb_[3 * pixel], color.r);
  mix(rgb_[3 * pixel + 1], color.g);
  mix(rgb_[3 * pixel + 2], color.b);
}

void Canvas::polyline(std::span<const Point> points, double thickness, Color color, double dash) {
  Coverage coverage(width_, height_);
  const double radius = thickness / 2;
  double phase = 0;
  const auto drawn = [&](size_t i) {
    return i < points.size() && std::isfinite(points[i].x) && std::isfinite(points[i].y);
  };
  for (size_t i = 0; i < points.size(); ++i) {
    if (!drawn(i)) continue;
    if (drawn(i + 1)) {
      if (dash > 0) {
        dashed_segment(coverage, points[i], points[i + 1], radius, dash, phase);
      } else {
        coverage.segment(points[i], points[i + 1], radius);
      }
    } else if (i == 0 || !drawn(i - 1)) {
      coverage.segment(points[i], points[i], 3 * radius);
    }
  }
  for (size_t i = 0; i < coverage.values().size(); ++i)
    if (coverage.values()[i] > 0) blend(i, color, static_cast<double>(coverage.values()[i]));
}

int Canvas::text_width(std::string_view text, int scale) {
  return stb_easy_font_width(printable(text).data()) * scale;
}

void Canvas::text(int x, int y, std::string_view text, int scale, Color color, Align align, bool upwards) {
  std::string line = printable(text);
  const int width = stb_easy_font_width(line.data()) * scale;
  const int back = align == Align::left ? 0 : align == Align::center ? width / 2 : width;

  struct Vertex {
    float x, y, z;
    unsigned char color[4];
  };
  static_assert(sizeof(Vertex) == 16, "what stb_easy_font writes");
  // A letter has at most some 20 quads of four vertices.
  std::vector<Vertex> vertices(4 * 24 * (line.size() + 1));
  const int quads = stb_easy_font_print(0, 0, line.data(), nullptr, vertices.data(),
                                        static_cast<int>(vertices.size() * sizeof(Vertex)));
  for (int q = 0; q < quads; ++q) {
    const Vertex& from = vertices[static_cast<size_t>(4 * q)];
    const Vertex& to = vertices[static_cast<size_t>(4 * q + 2)];
    const int x0 = static_cast<int>(from.x) * scale - back, x1 = static_cast<int>(to.x) * scale - back;
    const int y0 = static_cast<int>(from.y) * scale, y1 = static_cast<int>(to.y) * scale;
    if (upwards) {
      fill(x + y0, y - x1, x + y1, y - x0, color);
    } else {
      fill(x + x0, y + y0, x + x1, y + y1, color);
    }
  }
}

std::vector<std::byte> Canvas::png() const {
  int bytes = 0;
  const std::unique_ptr<unsigned char, void (*)(void*)> file(
      stbi_write_png_to_mem(rgb_.data(), 0, width_, height_, 3, &bytes), &std::free);
  if (!file) fail(Status::out_of_memory, "no memory for a picture of %d x %d pixels", width_, height_);
  const auto* begin = reinterpret_cast<const std::byte*>(file.get());
  return {begin, begin + bytes};
}

void Canvas::save(const std::string& path) const {
  write_file_atomically(path, png());
}

std::string fitted(std::string_view text, int scale, int width) {
  std::string out(text);
  if (Canvas::text_width(out, scale) <= width) return out;
  while (!out.empty() && Canvas::text_width(out + "..", scale) > width) out.pop_back();
  return out.empty() ? out : out + "..";
}

}  // namespace fovea::io
