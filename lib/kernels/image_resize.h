// Rows and columns of an image resampled: each output is a weighted sum of a window of neighbours. Pixels lie
// [width][channels], 1 to 4 channels. May use: std; the implementation, Highway.
#pragma once
#include <cstddef>
#include <cstdint>

namespace fovea::kernels {

// What the kernels may read behind a row and write behind their output, in bytes.
inline constexpr size_t kResampleSlack = 64;

// Outputs of a row of bytes are made four at a time, from 16 bytes a load. The place of tap t, channel c in
// such a load follows from its half, pair and element: two halves of four pairs of two.
struct ResampleTap {
  int tap, channel;
};
constexpr ResampleTap resample_tap(int channels, int half, int pair, int element) {
  if (channels == 1) return {half * 8 + pair * 2 + element, 0};
  if (channels == 2) return {half * 4 + pair / 2 * 2 + element, pair % 2};
  return {half * 2 + element, pair};
}
constexpr int resample_taps_per_load(int channels) {
  return channels == 1 ? 16 : channels == 2 ? 8 : 4;
}

// The windows of a row of bytes, in fixed point. Outputs are padded to a multiple of four.
struct ByteWindows {
  int64_t groups;  // of four outputs
  int64_t loads;   // of each output
  int channels;
  int bits;                // weights are multiples of 2^-bits
  const int32_t* first;    // [groups][4]: where the window begins, in bytes
  const int16_t* weights;  // [groups][loads][half][4 outputs][pair][element]
};
// Rounds and clips as integers do: the result does not depend on the CPU. Writes groups * 4 pixels.
void resample_row(const ByteWindows& windows, const uint8_t* row, uint8_t* out);
// out[i] = sum over taps of weights[t] * rows[t][i]; `taps` is even.
void resample_column(int64_t n, int64_t taps, int bits, const uint8_t* const* rows, const int16_t* weights,
                     uint8_t* out);

struct FloatWindows {
  int64_t outputs;
  int channels;
  const int32_t* first;  // in values
  const int32_t* count;  // taps
  const float* weights;  // [outputs][taps]
  int64_t taps;          // from one output's weights to the next's
};
void resample_row(const FloatWindows& windows, const float* row, float* out);
void resample_column(int64_t n, int64_t taps, const float* const* rows, const float* weights, float* out);

}  // namespace fovea::kernels
