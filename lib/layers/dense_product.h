// The three products of a dense layer with many weights and a small batch, on packed blocks
// (kernels/conv_direct.h). Such products read or write each weight once for a few multiplications: OpenBLAS
// packs them and multiplies in turn, this fetches the next block while it multiplies one. May use:
// layers/layer.h, kernels.
#pragma once
#include "layers/layer.h"

namespace fovea::layers {

// The kernel is [in][units]; how work is cut depends on these and the batch alone.
struct DenseProduct {
  int64_t in, units;

  // Whether the kernel is too large for the second-level cache.
  bool gains() const { return in * units >= int64_t{1} << 20 && in >= 256 && units >= 256; }

  Demand forward_demand(const DemandQuery& q) const;
  Demand backward_demand(const DemandQuery& q) const;

  // y = x kernel.
  template <class T>
  void forward(const ForwardPass<T>& p, T* y) const;
  // dparams[0] and dx[0], where they are wanted; dy is dz.
  template <class T>
  void backward(const BackwardPass<T>& p) const;
};

}  // namespace fovea::layers
