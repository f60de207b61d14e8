// Which method computes a convolution: the one place that decides. May use: layers/conv_method.h,
// layers/registry.h.
#pragma once
#include <memory>

#include "layers/conv_method.h"
#include "layers/registry.h"

namespace fovea::layers {

enum class ConvDirection { forward, data_gradient, weight_gradient };

// The algorithm for a direction: `wanted`, or the fastest where that is automatic. A pure function of its
// arguments. Raises invalid_argument when the wanted one cannot serve it.
ConvAlgorithm choose_conv_algorithm(const ConvShape& shape, ConvDirection direction, DType dtype,
                                    ConvAlgorithm wanted);

std::unique_ptr<const ConvMethod> make_conv_method(ConvAlgorithm algorithm, const ConvSpec& spec);

}  // namespace fovea::layers
