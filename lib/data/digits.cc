#include "data/digits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/rng.h"

// Only +, -, *, / and sqrt may be used on the way to a pixel, no function of the C library whose last bit
// differs between machines.

namespace fovea::data {
namespace {

struct Point {
  double x, y;
};

// ---- how digits are written -----------------------------------------------------------------------

// A stroke through its points, in a box of [0, 1] x [0, 1] with y downwards: either straight lines or a
// smooth curve (Catmull-Rom).
struct Stroke {
  bool smooth;
  std::array<Point, 12> points;
  int count;
};

template <int N>
constexpr Stroke stroke(bool smooth, const Point (&points)[N]) {
  Stroke s{smooth, {}, N};
  for (int i = 0; i < N; ++i) s.points[static_cast<size_t>(i)] = points[i];
  return s;
}
template <int N>
constexpr Stroke line(const Point (&points)[N]) {
  return stroke(false, points);
}
template <int N>
constexpr Stroke curve(const Point (&points)[N]) {
  return stroke(true, points);
}

struct Style {
  int digit;
  std::array<Stroke, 3> strokes;
  int count;
};
template <class... S>
constexpr Style style(int digit, const S&... strokes) {
  return {digit, {strokes...}, sizeof...(strokes)};
}

// Several ways of writing each digit; those of a digit stand together.
// clang-format off
constexpr Style kStyles[] = {
    style(0, curve({{.5, 0}, {.15, .15}, {0, .5}, {.15, .86}, {.5, 1}, {.86, .85}, {1, .5}, {.84, .13},
                    {.5, 0}})),
    style(0, curve({{.62, .02}, {.3, .1}, {.08, .45}, {.2, .9}, {.55, .98}, {.88, .7}, {.9, .25},
                    {.6, .03}, {.42, .1}})),
    style(1, line({{.5, 0}, {.5, 1}})),
    style(1, line({{.24, .24}, {.56, 0}, {.54, 1}})),
    style(1, line({{.26, .2}, {.54, 0}, {.54, 1}}), line({{.2, 1}, {.86, 1}})),
    style(2, curve({{.04, .24}, {.2, .05}, {.5, 0}, {.84, .09}, {.93, .3}, {.78, .54}, {.4, .78}, {.02, 1}}),
          line({{.02, 1}, {1, .98}})),
    style(2, curve({{.06, .2}, {.45, 0}, {.88, .2}, {.74, .55}, {.3, .92}, {.06, .95}, {.16, .8},
                    {.5, .88}, {1, 1}})),
    style(3, curve({{.05, .1}, {.45, 0}, {.88, .14}, {.8, .38}, {.38, .48}}),
          curve({{.38, .48}, {.84, .57}, {1, .77}, {.76, .96}, {.4, 1}, {0, .88}})),
    style(3, line({{.06, .01}, {.9, 0}, {.42, .4}}),
          curve({{.42, .4}, {.88, .52}, {.96, .78}, {.6, 1}, {.04, .92}})),
    style(4, line({{.7, 1}, {.7, 0}, {0, .68}, {1, .68}})),
    style(4, line({{.12, 0}, {.06, .52}, {.92, .5}}), line({{.78, .06}, {.7, 1}})),
    style(4, curve({{.1, .02}, {.08, .3}, {.2, .5}, {.6, .5}, {.84, .38}}), line({{.88, 0}, {.8, 1}})),
    style(5, line({{.9, 0}, {.17, .01}, {.11, .45}}),
          curve({{.11, .45}, {.5, .36}, {.9, .5}, {.95, .78}, {.6, 1}, {.2, .98}, {0, .86}})),
    style(5, curve({{.2, .04}, {.14, .4}, {.55, .42}, {.9, .62}, {.8, .92}, {.4, 1}, {.02, .92}}),
          line({{.2, .03}, {.92, .02}})),
    style(6, curve({{.8, .02}, {.4, .2}, {.08, .55}, {.1, .85}, {.5, 1}, {.9, .85}, {.9, .62}, {.5, .5},
                    {.12, .68}})),
    style(6, curve({{.62, 0}, {.26, .34}, {.05, .7}, {.3, .98}, {.75, .95}, {.9, .7}, {.6, .54}, {.15, .7}})),
    style(7, line({{0, .02}, {1, 0}, {.38, 1}})),
    style(7, line({{.02, .02}, {.98, 0}, {.42, 1}}), line({{.24, .52}, {.86, .5}})),
    style(7, curve({{.02, .1}, {.2, .02}, {.55, .08}, {1, 0}}), curve({{1, 0}, {.66, .42}, {.42, 1}})),
    style(8, curve({{.5, .47}, {.16, .3}, {.16, .1}, {.5, 0}, {.84, .1}, {.84, .3}, {.5, .47},
                    {.1, .66}, {.06, .88}, {.5, 1}, {.92, .88}, {.9, .66}}),
          curve({{.92, .88}, {.9, .66}, {.5, .47}})),
    style(8, curve({{.86, .12}, {.5, 0}, {.12, .14}, {.3, .42}, {.78, .62}, {.88, .86}, {.5, 1},
                    {.1, .86}, {.26, .6}, {.7, .4}, {.88, .14}})),
    style(9, curve({{.88, .28}, {.78, .06}, {.45, 0}, {.1, .12}, {.06, .36}, {.36, .55}, {.76, .46},
                    {.88, .26}}),
          line({{.9, .1}, {.84, 1}})),
    style(9, curve({{.86, .2}, {.5, 0}, {.1, .16}, {.14, .46}, {.55, .52}, {.86, .22}, {.88, .55},
                    {.66, .88}, {.2, 1}})),
};
// clang-format on

// The styles of a digit: [first, first + count).
constexpr std::array<int, 2> styles_of(int digit) {
  int first = 0, count = 0;
  for (const Style& s : kStyles) {
    if (s.digit < digit) ++first;
    if (s.digit == digit) ++count;
  }
  return {first, count};
}

// ---- one image ------------------------------------------------------------------------------------

// The sum of four uniform numbers of 16 bits, standardised: normal enough for noise, and exact on every
// machine.
double bell(RandomSequence& random) {
  int32_t sum = -2 * 65535;
  for (int i = 0; i < 2; ++i) {
    const uint32_t bits = random.next();
    sum += static_cast<int32_t>((bits & 0xFFFF) + (bits >> 16));
  }
  return sum * (1.7320508075688772 / 65536);
}

// The affine map from the box of a digit to pixels, with the way the pen is held.
struct Hand {
  double xx, xy, yx, yy, x0, y0;
  double radius, softness;  // of the stroke, in pixels; softness is the width of its edge
  double ink;               // grey level of a full stroke
  double tremble;           // standard deviation of a point, in boxes

  static Hand draw(RandomSequence& random, int digit, double size) {
    const double angle = random.uniform(-.36, .36);
    // Parameters of a rotation without sine and cosine: the tangent of half the angle.
    const double t = angle / 2, norm = 1 / (1 + t * t), c = (1 - t * t) * norm, s = 2 * t * norm;
    const double shear = random.uniform(-.36, .36);
    const double width = size * random.uniform(.27, .56) * (digit == 1 ? .75 : 1);
    const double height = size * random.uniform(.48, .78);
    Hand hand;
    hand.xx = c * width;
    hand.xy = (c * shear - s) * height;
    hand.yx = s * width;
    hand.yy = (s * shear + c) * height;
    hand.x0 = size * (.5 + random.uniform(-.1, .1));
    hand.y0 = size * (.5 + random.uniform(-.1, .1));
    hand.radius = size * random.uniform(.022, .065);
    hand.softness = size / 28 * random.uniform(.9, 2.2);
    hand.ink = random.uniform(120, 255);
    hand.tremble = random.uniform(.015, .07);
    return hand;
  }

  Point map(const Point& p, RandomSequence& random) const {
    const double x = p.x - .5 + tremble * bell(random), y = p.y - .5 + tremble * bell(random);
    return {x0 + xx * x + xy * y, y0 + yx * x + yy * y};
  }
};

// Grey levels as the largest coverage of any stroke, so that crossings are no brighter.
class Page {
 public:
  Page(float* coverage, int size) : coverage_(coverage), size_(size) {}

  void segment(const Point& a, const Point& b, const Hand& hand) {
    const double reach = hand.radius + hand.softness / 2;
    const double dx = b.x - a.x, dy = b.y - a.y, length2 = dx * dx + dy * dy;
    const int x_begin = pixel(std::min(a.x, b.x) - reach), x_end = pixel(std::max(a.x, b.x) + reach + 1);
    const int y_begin = pixel(std::min(a.y, b.y) - reach), y_end = pixel(std::max(a.y, b.y) + reach + 1);
    for (int y = y_begin; y < y_end; ++y) {
      for (int x = x_begin; x < x_end; ++x) {
        const double px = x + .5 - a.x, py = y + .5 - a.y;
        const double along = length2 > 0 ? std::clamp((px * dx + py * dy) / length2, 0.0, 1.0) : 0.0;
        const double ox = px - along * dx, oy = py - along * dy;
        const double distance2 = ox * ox + oy * oy;
        if (distance2 >= reach * reach) continue;
        const double c = std::min(1.0, (reach - std::sqrt(distance2)) / hand.softness);
        float& pixel = coverage_[y * size_ + x];
        pixel = std::max(pixel, static_cast<float>(c));
      }
    }
  }

 private:
  int pixel(double at) const { return static_cast<int>(std::clamp(at, 0.0, static_cast<double>(size_))); }

  float* coverage_;
  int size_;
};

void draw_stroke(const Stroke& stroke, const Hand& hand, RandomSequence& random, Page& page) {
  std::array<Point, 12> p;
  const int n = stroke.count;
  for (int i = 0; i < n; ++i)
    p[static_cast<size_t>(i)] = hand.map(stroke.points[static_cast<size_t>(i)], random);
  const auto at = [&](int i) { return p[static_cast<size_t>(std::clamp(i, 0, n - 1))]; };
  constexpr int kPieces = 5;
  for (int i = 0; i + 1 < n; ++i) {
    if (!stroke.smooth) {
      page.segment(at(i), at(i + 1), hand);
      continue;
    }
    const Point a = at(i - 1), b = at(i), c = at(i + 1), d = at(i + 2);
    Point from = b;
    for (int piece = 1; piece <= kPieces; ++piece) {
      const double t = static_cast<double>(piece) / kPieces;
      const auto spline = [t](double q0, double q1, double q2, double q3) {
        return .5 *
               (2 * q1 + t * (q2 - q0 + t * (2 * q0 - 5 * q1 + 4 * q2 - q3 + t * (3 * (q1 - q2) + q3 - q0))));
      };
      const Point to{spline(a.x, b.x, c.x, d.x), spline(a.y, b.y, c.y, d.y)};
      page.segment(from, to, hand);
      from = to;
    }
  }
}

// Draws image i and returns its digit. `coverage` is scratch of size * size floats.
int draw_image(const DigitsOptions& options, int64_t i, float* coverage, uint8_t* out) {
  const RandomKey key{.seed = options.seed, .purpose = Purpose::digits};
  RandomSequence random(key, static_cast<uint32_t>(i));
  const int pixels = options.size * options.size;
  const int digit = static_cast<int>(random.below(10));
  const auto [first, count] = styles_of(digit);
  const Style& way = kStyles[first + static_cast<int>(random.below(static_cast<uint32_t>(count)))];
  const Hand hand = Hand::draw(random, digit, options.size);

  std::fill_n(coverage, pixels, 0.0f);
  Page page(coverage, options.size);
  for (int s = 0; s < way.count; ++s) draw_stroke(way.strokes[static_cast<size_t>(s)], hand, random, page);

  for (int k = 0; k < pixels; ++k) {
    const double level = hand.ink * static_cast<double>(coverage[k]) + options.noise * bell(random);
    out[k] = static_cast<uint8_t>(std::clamp(level, 0.0, 255.0) + .5);
  }
  return digit;
}

struct Owned {
  Buffer images, labels, scratch;
};

}  // namespace

DatasetPtr digits(const DigitsOptions& options, const std::shared_ptr<Allocator>& allocator,
                  Executor& executor) {
  FOVEA_REQUIRE(options.size >= 16 && options.size <= 256, "digits: size %d is not in [16, 256]",
                options.size);
  FOVEA_REQUIRE(options.count > 0 && options.count <= std::numeric_limits<uint32_t>::max(),
                "digits: count %lld is not in [1, 2^32 - 1]", static_cast<long long>(options.count));
  FOVEA_REQUIRE(options.noise >= 0 && options.noise <= 255, "digits: noise %g is not in [0, 255]",
                options.noise);
  const auto count = static_cast<size_t>(options.count);
  const auto pixels = static_cast<size_t>(options.size * options.size);
  auto owned = std::make_shared<Owned>();
  owned->images = Buffer(allocator, count * pixels);
  owned->labels = Buffer(allocator, count);
  owned->scratch = Buffer(allocator, static_cast<size_t>(executor.threads()) * pixels * sizeof(float));

  constexpr int64_t kImagesPerTask = 64;
  executor.parallel_for(blocks_of(options.count, kImagesPerTask), [&](int64_t task, int lane) {
    float* coverage = owned->scratch.as<float>() + static_cast<size_t>(lane) * pixels;
    const int64_t end = std::min(options.count, (task + 1) * kImagesPerTask);
    for (int64_t i = task * kImagesPerTask; i < end; ++i)
      owned->labels.as<uint8_t>()[i] = static_cast<uint8_t>(
          draw_image(options, i, coverage, owned->images.as<uint8_t>() + static_cast<size_t>(i) * pixels));
  });
  owned->scratch = Buffer();

  MemoryTensors tensors;
  tensors.samples = {owned->images.data(), DType::u8, {options.count, options.size, options.size, 1}};
  tensors.labels = {owned->labels.data(), DType::u8, {options.count}};
  tensors.classes = 10;
  return memory_dataset(tensors, std::move(owned));
}

}  // namespace fovea::data
