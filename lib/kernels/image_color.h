// Pixels RGB (u8 or f32, interleaved) made others, and sums of weighted rows. May use: std; the
// implementation, Highway.
#pragma once
#include <cstdint>

namespace fovea::kernels {

// y[c] = m[4c] r + m[4c + 1] g + m[4c + 2] b + m[4c + 3], bounded to [low, high]; u8: rounded to nearest, its
// bounds within [0, 255]. y may be x.
struct ColorMatrix {
  float m[12];
  float low, high;
};
void color_matrix(const ColorMatrix& matrix, int64_t pixels, const uint8_t* x, uint8_t* y);
void color_matrix(const ColorMatrix& matrix, int64_t pixels, const float* x, float* y);

// The hue of HSV turned by `turns`, value and saturation kept; u8: rounded to nearest. y may be x.
void turn_hue(double turns, int64_t pixels, const uint8_t* x, uint8_t* y);
void turn_hue(double turns, int64_t pixels, const float* x, float* y);

// The sum of each color; of bytes exact.
void color_sums(int64_t pixels, const uint8_t* x, double* sums);
void color_sums(int64_t pixels, const float* x, double* sums);

// y[i] = sum over k of weights[k] * rows[k][i], k < taps.
void weighted_rows(int64_t n, int64_t taps, const float* const* rows, const float* weights, float* y);
void bytes_to_floats(int64_t n, const uint8_t* x, float* y);
// Rounded to nearest, within [0, 255]; y may not be x.
void floats_to_bytes(int64_t n, const float* x, uint8_t* y);

}  // namespace fovea::kernels
