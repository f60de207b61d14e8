// Runs one layer through the contract of layers/layer.h alone, in memory that is exactly as large as
// the layer asked for: every block lies between guard bytes and starts as NaN, so that a read of what was
// never written or a write outside its block shows. For tests of layers. May use: base, layers/layer.h.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "base/executor.h"
#include "base/memory.h"
#include "layers/layer.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace fovea::testing {

// n elements of T between guards, aligned to 64 bytes, all bits set (NaN) until written.
template <class T>
class Guarded {
 public:
  explicit Guarded(size_t n = 0)
      : n_(n), buffer_(system_allocator(), kGuard + align_up(n * sizeof(T)) + kGuard) {
    std::memset(buffer_.data(), kPattern, buffer_.bytes());
    poison();
#if defined(__SANITIZE_ADDRESS__)
    __asan_poison_memory_region(buffer_.data(), kGuard);
    __asan_poison_memory_region(end(), tail());
#endif
  }
  Guarded(Guarded&&) = default;
  Guarded& operator=(Guarded&&) = default;
#if defined(__SANITIZE_ADDRESS__)
  ~Guarded() {
    if (buffer_.data() != nullptr) __asan_unpoison_memory_region(buffer_.data(), buffer_.bytes());
  }
#endif

  size_t size() const {
    return n_;
  }
  size_t bytes() const {
    return n_ * sizeof(T);
  }
  T* data() const {
    return reinterpret_cast<T*>(buffer_.data() + kGuard);
  }
  T& operator[](size_t i) const {
    return data()[i];
  }
  T* begin() const {
    return data();
  }
  T* end() const {
    return data() + n_;
  }
  std::vector<T> values() const {
    return {begin(), end()};
  }
  void assign(const std::vector<T>& v) {
    std::copy_n(v.begin(), std::min(n_, v.size()), data());
  }

  void poison() {
    if (n_ != 0) std::memset(data(), 0xFF, bytes());
  }
  // Whether nobody wrote outside.
  bool intact() const {
#if !defined(__SANITIZE_ADDRESS__)
    const auto same = [](const std::byte* p, size_t n) {
      for (size_t i = 0; i < n; ++i)
        if (p[i] != std::byte{kPattern}) return false;
      return true;
    };
    return same(buffer_.data(), kGuard) && same(reinterpret_cast<std::byte*>(end()), tail());
#else
    return true;
#endif
  }

 private:
  static constexpr size_t kGuard = 256;
  static constexpr unsigned char kPattern = 0xA5;
  size_t tail() const {
    return buffer_.bytes() - kGuard - bytes();
  }

  size_t n_;
  Buffer buffer_;
};

// Uniform in [low, high).
inline double draw(std::mt19937_64& random, double low = -1, double high = 1) {
  return low + (high - low) * static_cast<double>(random() >> 11) * 0x1p-53;
}
template <class C>
void fill(C&& block, std::mt19937_64& random, double low = -1, double high = 1) {
  using T = std::remove_cvref_t<decltype(*block.begin())>;
  for (T& v : block) v = static_cast<T>(draw(random, low, high));
}

// One layer with all the memory of a call. The fields are open: a test reads and writes them as it likes.
template <class T>
struct LayerRun {
  std::unique_ptr<layers::Layer> layer;
  Shape output;
  int64_t batch;
  bool training;
  layers::Traits traits;
  layers::Demand demand;

  std::vector<Guarded<T>> x, dx, params, dparams, state;
  Guarded<T> y, dy;
  std::vector<bool> accumulate, needs_dx, needs_dparams;  // per input, per input, per parameter
  bool in_place = false;                                  // y in the memory of x[0]
  bool backward_in_place = false;                         // dx[0] in the memory of dy
  RandomKey key{0x0123456789ABCDEFu, 7, 3, Purpose::init};
  uint32_t first_sample = 100;

  Guarded<std::byte> packed, saved, scratch;

  // `prototype` need not be set up; it is cloned. `demand_batch` is the batch that memory is asked for (0:
  // `batch`).
  LayerRun(const layers::Layer& prototype, const std::vector<Shape>& inputs, int64_t batch_size,
           bool is_training, int64_t demand_batch = 0)
      : layer(prototype.clone()), batch(batch_size), training(is_training) {
    output = layer->setup(inputs);
    traits = layer->traits();
    for (const Shape& s : inputs) {
      x.emplace_back(count(s));
      dx.emplace_back(count(s));
    }
    for (const layers::Parameter& p : layer->parameters()) {
      params.emplace_back(static_cast<size_t>(p.shape.elements()));
      dparams.emplace_back(static_cast<size_t>(p.shape.elements()));
    }
    for (const layers::State& s : layer->state()) state.emplace_back(static_cast<size_t>(s.shape.elements()));
    y = Guarded<T>(count(output));
    dy = Guarded<T>(count(output));
    accumulate.assign(inputs.size(), false);
    needs_dx.assign(inputs.size(), true);
    needs_dparams.assign(params.size(), true);
    const auto wanted = std::make_unique<bool[]>(inputs.size() + 1);
    for (size_t i = 0; i < inputs.size(); ++i) wanted[i] = true;
    layers::DemandQuery query;
    query.dtype = dtype_of<T>::value;
    query.batch = demand_batch > 0 ? demand_batch : batch;
    query.training = training;
    query.needs_dx = std::span<const bool>(wanted.get(), training ? inputs.size() : 0);
    demand = layer->demand(query);
    packed = Guarded<std::byte>(demand.packed);
    saved = Guarded<std::byte>(demand.saved);
    scratch = Guarded<std::byte>(demand.scratch);
  }

  // Draws inputs, parameters, state and dy. Scales and running variances are kept away from zero.
  void draw_all(uint64_t seed, double low = -1, double high = 1) {
    std::mt19937_64 random(seed);
    for (auto& b : x) fill(b, random, low, high);
    const auto parameters = layer->parameters();
    for (size_t i = 0; i < params.size(); ++i) {
      if (parameters[i].role == layers::Role::scale)
        fill(params[i], random, 0.5, 1.5);
      else
        fill(params[i], random);
    }
    const auto states = layer->state();
    for (size_t i = 0; i < state.size(); ++i) {
      if (states[i].initial > 0)
        fill(state[i], random, 0.5, 1.5);
      else
        fill(state[i], random);
    }
    fill(dy, random);
  }

  void prepare(Executor& exec, layers::Affine<T> fold = {}) {
    packed.poison();
    scratch.poison();
    const auto p = constants(params);
    const auto s = constants(state);
    layer->prepare(layers::PreparePass<T>{exec, training, p, s, fold, packed.data(), scratch.data()});
  }

  void forward(Executor& exec) {
    if (!in_place) y.poison();
    saved.poison();
    scratch.poison();
    make_lanes(exec);
    const auto xs = constants(x);
    const auto ps = constants(params);
    const auto ss = pointers(state);
    layer->forward(layers::ForwardPass<T>{exec, batch, training, xs, in_place ? x[0].data() : y.data(), ps,
                                          ss, packed.data(), training ? saved.data() : nullptr,
                                          scratch.data(), lanes_.data(), lane_stride_, key, first_sample});
  }
  // Where forward wrote.
  const Guarded<T>& result() const { return in_place ? x[0] : y; }

  // What the layer did not declare that it reads is NaN. `dy` is destroyed.
  void backward(Executor& exec) {
    scratch.poison();
    make_lanes(exec);
    std::vector<Guarded<T>> nothing;
    std::vector<const T*> xs;
    for (auto& b : x)
      xs.push_back(traits.backward_reads_x ? b.data() : nothing.emplace_back(b.size()).data());
    const Guarded<T> no_y(y.size());
    std::vector<T*> dxs, dps;
    const auto flags = std::make_unique<bool[]>(x.size() + 1);
    for (size_t i = 0; i < x.size(); ++i) {
      const bool aliased = i == 0 && backward_in_place;
      if (!accumulate[i] && !aliased) dx[i].poison();
      dxs.push_back(!needs_dx[i] ? nullptr : aliased ? dy.data() : dx[i].data());
      flags[i] = accumulate[i];
    }
    for (size_t i = 0; i < params.size(); ++i) {
      dparams[i].poison();
      dps.push_back(needs_dparams[i] ? dparams[i].data() : nullptr);
    }
    const auto ps = constants(params);
    const auto ss = constants(state);
    layer->backward(layers::BackwardPass<T>{
        exec, batch, xs, traits.backward_reads_y ? result().data() : no_y.data(), dy.data(), dxs,
        std::span<const bool>(flags.get(), x.size()), ps, dps, ss, packed.data(), saved.data(),
        scratch.data(), lanes_.data(), lane_stride_, key, first_sample});
  }
  // Where backward wrote the gradient of input i.
  const Guarded<T>& gradient(size_t i) const { return i == 0 && backward_in_place ? dy : dx[i]; }

  // Whether every block's guards are whole.
  bool intact() const {
    const auto all = [](const std::vector<Guarded<T>>& v) {
      for (const auto& b : v)
        if (!b.intact()) return false;
      return true;
    };
    return all(x) && all(dx) && all(params) && all(dparams) && all(state) && y.intact() && dy.intact() &&
           packed.intact() && saved.intact() && scratch.intact() && lanes_.intact();
  }

 private:
  size_t count(const Shape& s) const { return static_cast<size_t>(s.elements() * batch); }
  static std::vector<const T*> constants(const std::vector<Guarded<T>>& v) {
    std::vector<const T*> p;
    for (const auto& b : v) p.push_back(b.data());
    return p;
  }
  static std::vector<T*> pointers(const std::vector<Guarded<T>>& v) {
    std::vector<T*> p;
    for (const auto& b : v) p.push_back(b.data());
    return p;
  }
  void make_lanes(Executor& exec) {
    lane_stride_ = align_up(demand.lane_scratch);
    const size_t bytes = lane_stride_ * static_cast<size_t>(exec.threads());
    if (lanes_.size() != bytes) lanes_ = Guarded<std::byte>(bytes);
    lanes_.poison();
  }

  Guarded<std::byte> lanes_;
  size_t lane_stride_ = 0;
};

// A host that starts its threads in shuffled order and lets each wait a little.
class ShuffledHost {
 public:
  explicit ShuffledHost(uint64_t seed = 1) : random_(seed) {}
  std::unique_ptr<Executor> executor(int threads) {
    return make_host_executor(
        threads,
        [](void* user, int64_t n, HostTask task, void* data) {
          static_cast<ShuffledHost*>(user)->run(n, task, data);
        },
        this);
  }

 private:
  void run(int64_t n, HostTask task, void* data) {
    std::vector<int64_t> order(static_cast<size_t>(n));
    for (int64_t i = 0; i < n; ++i) order[static_cast<size_t>(i)] = i;
    std::shuffle(order.begin(), order.end(), random_);
    std::vector<std::thread> threads;
    for (int64_t i : order) {
      const int yields = static_cast<int>(random_() % 4);
      threads.emplace_back([=] {
        for (int k = 0; k < yields; ++k) std::this_thread::yield();
        task(data, i);
      });
    }
    for (std::thread& t : threads) t.join();
  }
  std::mt19937_64 random_;
};

}  // namespace fovea::testing
