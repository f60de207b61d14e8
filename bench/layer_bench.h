// One layer with its memory, for the benchmarks. May use: base, layers.
#pragma once
#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "base/memory.h"
#include "layers/registry.h"

namespace fovea {

using namespace layers;

inline Buffer block(size_t floats, float value = 0.5f) {
  Buffer b(system_allocator(), std::max<size_t>(1, floats) * sizeof(float));
  for (size_t i = 0; i < floats; ++i) b.as<float>()[i] = value + static_cast<float>(i % 251) * 0.01f - 1.25f;
  return b;
}

// One layer with its memory, at training.
class Bench {
 public:
  Bench(std::unique_ptr<Layer> layer, const std::vector<Shape>& shapes, int64_t batch, int threads = 1,
        bool training = true)
      : layer_(std::move(layer)),
        exec_(threads == 1 ? make_inline_executor() : make_pool_executor(threads)),
        batch_(batch),
        training_(training) {
    const Shape out = layer_->setup(shapes);
    x_elements = static_cast<size_t>(shapes[0].elements() * batch);
    y_elements = static_cast<size_t>(out.elements() * batch);
    for (const Shape& shape : shapes) {
      const size_t elements = static_cast<size_t>(shape.elements() * batch);
      xs_.push_back(block(elements));
      dxs_.push_back(block(elements));
      x_.push_back(xs_.back().as<float>());
      dx_.push_back(dxs_.back().as<float>());
    }
    for (const Parameter& p : layer_->parameters()) add(p.shape, &params_, &dparams_);
    for (const State& s : layer_->state()) add(s.shape, nullptr, &state_);
    y_ = block(y_elements);
    dy_ = block(y_elements);
    const bool needs[8] = {true, true, true, true, true, true, true, true};
    const Demand d = layer_->demand(
        {DType::f32, batch, training, std::span<const bool>(needs, training ? shapes.size() : 0)});
    packed_ = Buffer(system_allocator(), d.packed + 64, true);
    saved_ = Buffer(system_allocator(), d.saved + 64, true);
    scratch_ = Buffer(system_allocator(), d.scratch + 64, true);
    lane_stride_ = align_up(d.lane_scratch);
    lanes_ = Buffer(system_allocator(), lane_stride_ * static_cast<size_t>(threads) + 64, true);
    prepare();
  }
  void prepare() {
    layer_->prepare(PreparePass<float>{*exec_, training_, params_, {}, {}, packed_.data(), scratch_.data()});
  }
  void forward() {
    layer_->forward(ForwardPass<float>{*exec_,
                                       batch_,
                                       training_,
                                       x_,
                                       y_.as<float>(),
                                       params_,
                                       state_,
                                       packed_.data(),
                                       saved_.data(),
                                       scratch_.data(),
                                       lanes_.data(),
                                       lane_stride_,
                                       {},
                                       0});
  }
  void backward() {
    const bool accumulate[8] = {};
    layer_->backward(BackwardPass<float>{*exec_,
                                         batch_,
                                         x_,
                                         y_.as<float>(),
                                         dy_.as<float>(),
                                         dx_,
                                         std::span<const bool>(accumulate, x_.size()),
                                         params_,
                                         dparams_,
                                         {},
                                         packed_.data(),
                                         saved_.data(),
                                         scratch_.data(),
                                         lanes_.data(),
                                         lane_stride_,
                                         {},
                                         0});
  }
  size_t x_elements = 0, y_elements = 0;

 private:
  void add(const Shape& shape, std::vector<const float*>* values, std::vector<float*>* others) {
    const size_t n = static_cast<size_t>(shape.elements());
    small_.push_back(block(n, 2.0f));
    if (values != nullptr) values->push_back(small_.back().as<float>());
    small_.push_back(block(n, 2.0f));
    others->push_back(small_.back().as<float>());
  }
  std::unique_ptr<Layer> layer_;
  std::unique_ptr<Executor> exec_;
  int64_t batch_;
  bool training_;
  size_t lane_stride_ = 0;
  std::vector<Buffer> xs_, dxs_, small_;
  std::vector<const float*> x_, params_;
  std::vector<float*> dx_, dparams_, state_;
  Buffer y_, dy_, packed_, saved_, scratch_, lanes_;
};

}  // namespace fovea
