// Images looked up at places between their pixels, and mirrored: rows of u8 or f32 pixels, HWC. May use: std;
// the implementation, Highway.
#pragma once
#include <cstdint>

namespace fovea::kernels {

// Where pixel i of a row looks: the projective map of (i, row), (m0 i + m1 row + m2) / (m6 i + m7 row + m8),
// and likewise for y.
void project_row(const double* m, int64_t row, int64_t n, float* x, float* y);

struct WarpImage {
  int64_t height, width, channels;
  bool constant;  // beside the image there is `fill`; else its outermost pixels go on
  float fill;
};
// Bilinear interpolation at (x[i], y[i]), the centre of the first pixel being (0, 0). u8: rounded to nearest.
// A place that is not finite gives some value.
void sample_bilinear(const WarpImage& image, const uint8_t* pixels, int64_t n, const float* x, const float* y,
                     uint8_t* out);
void sample_bilinear(const WarpImage& image, const float* pixels, int64_t n, const float* x, const float* y,
                     float* out);

// The n pixels of a row in reverse order. x and out do not overlap.
void mirror_row(int64_t n, int64_t channels, const uint8_t* x, uint8_t* out);
void mirror_row(int64_t n, int64_t channels, const float* x, float* out);

}  // namespace fovea::kernels
