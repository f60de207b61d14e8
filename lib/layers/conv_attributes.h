// What the attributes of convolutions and poolings have in common: filters, groups, a window that moves over
// an image; where they make sense, and what size of output they give. May use: layers/conv_shape.h,
// layers/registry.h.
#pragma once
#include <array>

#include "layers/conv_shape.h"
#include "layers/registry.h"

namespace fovea::layers {

inline constexpr const char* kAxisNames[] = {"height", "width"};
inline constexpr const char* kSideNames[] = {"top", "bottom", "left", "right"};

// Bounds that keep every product of two numbers, and the tables of taps, within reach.
inline constexpr int64_t kMostExtent = int64_t{1} << 30, kMostCells = int64_t{1} << 20;

// Along one axis: the output's extent and the padding in front and behind.
struct WindowAxis {
  int64_t out, before, after;
};
// Of padding `same`, for a window that reaches over `reach` cells.
WindowAxis same_padding(int64_t in, int64_t reach, int64_t stride);

// These raise invalid_argument.
void check_strides(const std::array<int64_t, 2>& strides);
// Explicit padding has no place where it is `same`.
void check_padding_is_one(Padding padding, const std::array<int64_t, 4>& pad);

// What all convolutions have; a kind that lacks a field has its default.
struct ConvAttributes {
  int64_t filters, groups = 1;
  std::array<int64_t, 2> kernel, strides, dilation{1, 1};
  Padding padding = Padding::explicit_;
  std::array<int64_t, 4> pad;
  Regularizer kernel_regularizer, bias_regularizer, activity_regularizer{};
};
template <class Attributes>
ConvAttributes conv_attributes(const Attributes& a) {
  ConvAttributes c{.filters = a.filters,
                   .kernel = a.kernel,
                   .strides = a.strides,
                   .pad = a.pad,
                   .kernel_regularizer = a.kernel_regularizer,
                   .bias_regularizer = a.bias_regularizer};
  if constexpr (requires { a.groups; }) c.groups = a.groups;
  if constexpr (requires { a.dilation; }) c.dilation = a.dilation;
  if constexpr (requires { a.padding; }) c.padding = a.padding;
  if constexpr (requires { a.activity_regularizer; }) c.activity_regularizer = a.activity_regularizer;
  return c;
}

// Raises invalid_argument unless the attributes make sense and groups divide the image's channels.
void check_convolution(const ConvAttributes& a, const Shape& image);
// That, and the geometry of the convolution of `image`; raises where the output would be empty or too large.
ConvShape shape_of_convolution(const ConvAttributes& a, const Shape& image);
// Raises invalid_argument where the tensors or the multiply-adds of a sample are too many.
void check_size(const ConvShape& shape);

}  // namespace fovea::layers
