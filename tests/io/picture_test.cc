#include "io/picture.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "io/files.h"
#include "io/plot.h"

namespace fovea::io {
namespace {

using testing::expect_error;
using testing::slurp;
using testing::TempDir;

// A picture read back from its PNG file.
struct Picture {
  int width = 0, height = 0;
  std::vector<uint8_t> rgb;

  Color at(int x, int y) const {
    const uint8_t* p = &rgb[static_cast<size_t>(3 * (y * width + x))];
    return {p[0], p[1], p[2]};
  }
  bool is(int x, int y, int r, int g, int b) const {
    const Color c = at(x, y);
    return c.r == r && c.g == g && c.b == b;
  }
};

uint32_t big_endian(const uint8_t* p) {
  return uint32_t{p[0]} << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

// A PNG decoder for 8-bit RGB, checking signature, chunk checksums and filters.
Picture decode(const std::vector<std::byte>& png) {
  Picture picture;
  const auto* at = reinterpret_cast<const uint8_t*>(png.data());
  const auto* end = at + png.size();
  EXPECT_EQ(std::memcmp(at, "\x89PNG\r\n\x1a\n", 8), 0);
  std::string packed;
  for (at += 8; at + 12 <= end;) {
    const uint32_t size = big_endian(at);
    const std::string type(reinterpret_cast<const char*>(at + 4), 4);
    EXPECT_EQ(big_endian(at + 8 + size), crc32(0, at + 4, size + 4)) << type;
    if (type == "IHDR") {
      picture.width = static_cast<int>(big_endian(at + 8));
      picture.height = static_cast<int>(big_endian(at + 12));
      EXPECT_EQ(at[16], 8);
      EXPECT_EQ(at[17], 2);
    } else if (type == "IDAT") {
      packed.append(reinterpret_cast<const char*>(at + 8), size);
    }
    at += 12 + size;
  }
  EXPECT_EQ(at, end);
  const size_t row = static_cast<size_t>(picture.width) * 3;
  std::vector<uint8_t> raw((row + 1) * static_cast<size_t>(picture.height));
  uLongf raw_size = raw.size();
  EXPECT_EQ(uncompress(raw.data(), &raw_size, reinterpret_cast<const Bytef*>(packed.data()), packed.size()),
            Z_OK);
  EXPECT_EQ(raw_size, raw.size());
  picture.rgb.resize(row * static_cast<size_t>(picture.height));
  for (size_t y = 0; y < static_cast<size_t>(picture.height); ++y) {
    const uint8_t filter = raw[y * (row + 1)];
    for (size_t x = 0; x < row; ++x) {
      const int left = x >= 3 ? picture.rgb[y * row + x - 3] : 0,
                up = y > 0 ? picture.rgb[(y - 1) * row + x] : 0;
      const int corner = x >= 3 && y > 0 ? picture.rgb[(y - 1) * row + x - 3] : 0;
      const int paeth = left + up - corner;
      const int a = std::abs(paeth - left), b = std::abs(paeth - up), c = std::abs(paeth - corner);
      const int guess[] = {0, left, up, (left + up) / 2, a <= b && a <= c ? left : b <= c ? up : corner};
      EXPECT_LT(filter, 5);
      picture.rgb[y * row + x] = static_cast<uint8_t>(raw[y * (row + 1) + 1 + x] + guess[filter % 5]);
    }
  }
  return picture;
}

Picture decode(const Canvas& canvas) {
  return decode(canvas.png());
}

TEST(Canvas, WritesAPng) {
  Canvas canvas(5, 3, {10, 20, 30});
  canvas.fill(1, 1, 3, 2, {200, 100, 50});
  canvas.fill(-5, -5, 1, 1, {1, 2, 3});
  canvas.fill(4, 2, 100, 100, {4, 5, 6});
  const Picture p = decode(canvas);
  EXPECT_EQ(p.width, 5);
  EXPECT_EQ(p.height, 3);
  EXPECT_TRUE(p.is(0, 0, 1, 2, 3));
  EXPECT_TRUE(p.is(1, 1, 200, 100, 50) && p.is(2, 1, 200, 100, 50));
  EXPECT_TRUE(p.is(3, 1, 10, 20, 30));
  EXPECT_TRUE(p.is(4, 2, 4, 5, 6));
  const TempDir dir;
  canvas.save(dir / "a.png");
  EXPECT_EQ(slurp(dir / "a.png").size(), canvas.png().size());
}

TEST(Canvas, SizesAreBounded) {
  for (const auto& [w, h] : {std::pair<int64_t, int64_t>{0, 1}, {1, 0}, {32769, 1}, {32768, 32768}, {-1, -1}})
    expect_error(Status::invalid_argument, "a picture of", [&, w = w, h = h] { Canvas(w, h, {}); });
}

TEST(Canvas, LinesAndTextStayInside) {
  Canvas canvas(40, 20, {255, 255, 255});
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  const Point wild[] = {{-1e6, 5}, {1e6, 5.5},     {nan, 1}, {3, inf},
                        {-4, -4},  {1e300, 1e300}, {20, 10}, {20, 10}};
  canvas.polyline(wild, 3, {0, 0, 0});
  canvas.polyline(wild, 3, {0, 0, 0}, 0);
  canvas.text(-20, -5, "gone and \xe2\x82\xac \x01\x7f\xff", 3, {1, 1, 1}, Align::right, true);
  canvas.text(30, 15, "outside", 2, {1, 1, 1});
  const Picture p = decode(canvas);
  EXPECT_TRUE(p.is(20, 5, 0, 0, 0));   // the first line
  EXPECT_TRUE(p.is(20, 10, 0, 0, 0));  // the last point
}

TEST(Canvas, TextIsFitted) {
  EXPECT_EQ(fitted("short", 1, 200), "short");
  const std::string cut = fitted("a rather long label", 2, 100);
  EXPECT_LE(Canvas::text_width(cut, 2), 100);
  EXPECT_TRUE(cut.ends_with(".."));
  EXPECT_EQ(fitted("text", 1, 3), "");
}

TEST(Grid, TilesOfBytes) {
  const uint8_t images[] = {0, 255, 100, 200, 255, 0, 7, 9};  // two of 2 x 2
  const Picture p = decode(draw_grid({images, DType::u8, {2, 2, 2, 1}}, {.columns = 2, .zoom = 4}));
  EXPECT_EQ(p.width, 3 + 2 * (8 + 3));
  EXPECT_EQ(p.height, 3 + 8 + 3);
  EXPECT_TRUE(p.is(0, 0, 255, 255, 255));  // paper
  EXPECT_TRUE(p.is(3, 3, 0, 0, 0));
  EXPECT_TRUE(p.is(7, 3, 255, 255, 255));
  EXPECT_TRUE(p.is(3, 10, 100, 100, 100));  // bytes are grey levels, not stretched
  EXPECT_TRUE(p.is(14 + 7, 10, 9, 9, 9));
}

TEST(Grid, FloatsAreStretched) {
  const float images[] = {-1, 0, 1, 2, 10, 10, 10, 10, NAN, 0, 1, std::numeric_limits<float>::infinity()};
  const TensorView view{images, DType::f32, {3, 1, 4, 1}};
  Picture p = decode(draw_grid(view, {.columns = 1, .zoom = 1}));
  EXPECT_TRUE(p.is(3, 3, 0, 0, 0) && p.is(4, 3, 85, 85, 85) && p.is(6, 3, 255, 255, 255));
  EXPECT_TRUE(p.is(3, 7, 128, 128, 128));  // all the same
  EXPECT_TRUE(p.is(3, 11, 0, 0, 0) && p.is(5, 11, 255, 255, 255) && p.is(6, 11, 0, 0, 0));
  p = decode(draw_grid(view, {.columns = 1, .zoom = 1, .shared_range = true}));
  EXPECT_TRUE(p.is(3, 3, 0, 0, 0) && p.is(6, 3, 70, 70, 70) && p.is(3, 7, 255, 255, 255));
}

TEST(Grid, ColoursAndChannels) {
  const double rgb[] = {1, 0, 0.5};
  EXPECT_TRUE(decode(draw_grid({rgb, DType::f64, {1, 1, 1, 3}}, {.zoom = 1})).is(3, 3, 255, 0, 128));
  // Two channels: a tile each.
  const uint8_t two[] = {1, 2, 3, 4};
  const Picture p = decode(draw_grid({two, DType::u8, {1, 1, 2, 2}}, {.columns = 2, .zoom = 1}));
  EXPECT_EQ(p.width, 3 + 2 * (2 + 3));
  EXPECT_TRUE(p.is(3, 3, 1, 1, 1) && p.is(4, 3, 3, 3, 3) && p.is(8, 3, 2, 2, 2) && p.is(9, 3, 4, 4, 4));
}

TEST(Grid, Defaults) {
  const std::vector<uint8_t> images(10 * 28 * 28);
  const Picture p = decode(draw_grid({images.data(), DType::u8, {10, 28, 28, 1}}, {}));
  EXPECT_EQ(p.width, 3 + 4 * (56 + 3));   // 4 columns of tiles of 2 x 28 pixels
  EXPECT_EQ(p.height, 3 + 3 * (56 + 3));  // 3 rows
}

TEST(Grid, FiltersAreTransposed) {
  const float kernel[] = {0, 10, 1, 20, 2, 40, 4, 30};  // [2][2][1][2]
  const Picture p = decode(draw_filters({kernel, DType::f32, {2, 2, 1, 2}}, {.columns = 2, .zoom = 1}));
  EXPECT_TRUE(p.is(3, 3, 0, 0, 0) && p.is(4, 3, 64, 64, 64) && p.is(3, 4, 128, 128, 128) &&
              p.is(4, 4, 255, 255, 255));
  EXPECT_TRUE(p.is(8, 3, 0, 0, 0) && p.is(9, 3, 85, 85, 85) && p.is(8, 4, 255, 255, 255) &&
              p.is(9, 4, 170, 170, 170));
  const float rgb[] = {1, 0, 0.5f};  // [1][1][3][1]
  EXPECT_TRUE(decode(draw_filters({rgb, DType::f32, {1, 1, 3, 1}}, {.zoom = 1})).is(3, 3, 255, 0, 128));
}

TEST(Grid, Errors) {
  const float one[] = {1};
  const auto grid = [](TensorView view, GridOptions options = {}) { draw_grid(view, options); };
  expect_error(Status::invalid_argument, "no data", [&] { grid({nullptr, DType::f32, {1, 1, 1, 1}}); });
  expect_error(Status::invalid_argument, "1x1, expected four extents", [&] {
    grid({one, DType::f32, {1, 1}});
  });
  expect_error(Status::invalid_argument, "0x1x1x1", [&] { grid({one, DType::f32, {0, 1, 1, 1}}); });
  expect_error(Status::invalid_argument, "of type i32", [&] { grid({one, DType::i32, {1, 1, 1, 1}}); });
  expect_error(Status::invalid_argument, "columns -1", [&] {
    grid({one, DType::f32, {1, 1, 1, 1}}, {.columns = -1});
  });
  expect_error(Status::invalid_argument, "a picture of", [&] {
    grid({one, DType::f32, {1, 1, 1, 1}}, {.zoom = std::numeric_limits<int>::max()});
  });
  expect_error(Status::invalid_argument, "of type u8", [&] {
    draw_filters({one, DType::u8, {1, 1, 1, 1}}, {});
  });
}

// How many pixels of the picture have that colour.
int count(const Picture& p, Color color) {
  int n = 0;
  for (int y = 0; y < p.height; ++y)
    for (int x = 0; x < p.width; ++x) n += p.is(x, y, color.r, color.g, color.b);
  return n;
}
constexpr Color kBlue{0, 114, 178}, kVermilion{213, 94, 0};

TEST(Plot, DrawsCurvesAndLegend) {
  const double a[] = {3, 2, 1.5, 1}, b[] = {3, 2.5, 2.4, 2.3};
  const Curve curves[] = {{"first", nullptr, a, 4}, {"second", nullptr, b, 4}};
  PlotOptions options;
  options.title = "title";
  const Picture p = decode(draw_plot(curves, options));
  EXPECT_EQ(p.width, 800);
  EXPECT_EQ(p.height, 500);
  EXPECT_GT(count(p, kBlue), 500);
  EXPECT_GT(count(p, kVermilion), 500);
  // Nothing reaches the edge: nothing was cut off.
  for (int x = 0; x < p.width; ++x)
    EXPECT_TRUE(p.is(x, 0, 255, 255, 255) && p.is(x, p.height - 1, 255, 255, 255));
  for (int y = 0; y < p.height; ++y)
    EXPECT_TRUE(p.is(0, y, 255, 255, 255) && p.is(p.width - 1, y, 255, 255, 255));
}

TEST(Plot, GapsAndStrangeValues) {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::nan("");
  const double y[] = {1, nan, 2, inf, -inf, 1e308, -1e308, 1.5, 0, -1};
  const double x[] = {1, 2, 3, 4, 5, 6, 7, nan, 9, 1e308};
  for (const bool log_y : {false, true}) {
    PlotOptions options;
    options.log_y = log_y;
    const Curve with_x[] = {{"x", x, y, 10}}, without[] = {{"", nullptr, y, 10}},
                empty[] = {{"none", nullptr, nullptr, 0}};
    EXPECT_GT(count(decode(draw_plot(with_x, options)), kBlue), 10);
    EXPECT_GT(count(decode(draw_plot(without, options)), kBlue), 10);
    draw_plot(empty, options);
    draw_plot({}, options);
  }
}

TEST(Plot, SmallestAndLargest) {
  std::vector<Curve> curves;
  std::vector<double> y(100);
  for (size_t i = 0; i < y.size(); ++i) y[i] = std::sin(double(i));
  for (int i = 0; i < 16; ++i) curves.push_back({"curve " + std::to_string(i), nullptr, y.data(), y.size()});
  PlotOptions options;
  options.title = options.x_label = options.y_label = std::string(300, 'w');
  for (const auto& [w, h] : {std::pair{160, 160}, {8192, 160}, {160, 2000}, {640, 300}}) {
    options.width = w;
    options.height = h;
    const Canvas canvas = draw_plot(curves, options);
    EXPECT_EQ(canvas.width(), w);
  }
}

TEST(Plot, Errors) {
  PlotOptions options;
  options.width = 159;
  expect_error(Status::invalid_argument, "159 x 500", [&] { draw_plot({}, options); });
  options.width = 8193;
  expect_error(Status::invalid_argument, "8193 x 500", [&] { draw_plot({}, options); });
  const std::vector<Curve> many(17);
  expect_error(Status::invalid_argument, "17 curves", [&] { draw_plot(many, {}); });
}

TEST(Plot, TicksAreNice) {
  EXPECT_EQ(nice_ticks(0, 10, 5).values, (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(nice_ticks(0, 1, 2).values, (std::vector<double>{0, 0.5, 1}));
  EXPECT_EQ(nice_ticks(-1.1, 1.1, 5).values, (std::vector<double>{-1, -0.5, 0, 0.5, 1}));
  EXPECT_EQ(nice_ticks(12345, 12346, 4).step, 0.5);
  for (const double scale : {1e-200, 1e-9, 1.0, 1e9, 1e200}) {
    const Ticks ticks = nice_ticks(-scale, 3 * scale, 8);
    EXPECT_GE(ticks.values.size(), 3u);
    EXPECT_LE(ticks.values.size(), 9u);
  }
  EXPECT_EQ(log_ticks(-2, 1, 4), (std::vector<double>{-2, -1, 0, 1}));
  EXPECT_EQ(log_ticks(0, 1, 6).size(), 4u);  // 1, 2, 5, 10
  EXPECT_LE(log_ticks(-300, 300, 5).size(), 6u);
}

TEST(Plot, TickTextIsShort) {
  EXPECT_EQ(tick_text(0.5, 0.5), "0.5");
  EXPECT_EQ(tick_text(2, 0.5), "2.0");
  EXPECT_EQ(tick_text(0, 0.05), "0.00");
  EXPECT_EQ(tick_text(-1e-17, 0.5), "0.0");
  EXPECT_EQ(tick_text(100, 20), "100");
  EXPECT_EQ(tick_text(2e6, 1e6), "2e6");
  EXPECT_EQ(tick_text(1e-7, 1e-7), "1e-7");
  EXPECT_EQ(tick_text(0.001, 0), "0.001");
}

}  // namespace
}  // namespace fovea::io
