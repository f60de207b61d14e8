// Datasets: samples with an integer label or a target tensor each, read by index. Immutable: any number of
// threads may read at once. May use: base.
#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/memory.h"
#include "base/tensor_view.h"
#include "data/sample.h"

namespace fovea::data {

class Xxh64;

// A shape of samples as fingerprints have it.
void add_shape(const Shape& shape, Xxh64& hash);

// What was met while files were opened.
struct FilesReport {
  int64_t files = 0;    // that should be samples
  int64_t ignored = 0;  // others
  std::vector<std::string> problems;  // one for each that was left out, with its name and the reason
};

// What all samples of a dataset have in common.
struct SampleFormat {
  DType dtype = DType::u8;          // u8, f32 or f64, as stored
  Shape shape;                      // of one sample
  int classes = 0;                  // labels lie in [0, classes); 0: there are targets instead
  DType target_dtype = DType::f32;  // f32 or f64
  Shape target_shape;
  bool test = false;                // held back for the last measurement; the parts made of it too
  bool varies = false;              // images of u8, each of its own size: shape is {0, 0, channels}
  bool random = false;              // drawn anew for each Draw

  size_t sample_bytes() const { return static_cast<size_t>(shape.elements()) * size_of(dtype); }
  size_t target_bytes() const { return static_cast<size_t>(target_shape.elements()) * size_of(target_dtype); }
};

class Dataset {
 public:
  virtual ~Dataset() = default;

  int64_t size() const { return size_; }  // at least 1
  const SampleFormat& format() const { return format_; }
  const Shape& sample_shape() const { return format_.shape; }
  size_t sample_bytes() const { return sample_bytes_; }
  DType dtype() const { return format_.dtype; }
  int classes() const { return format_.classes; }
  const Shape& target_shape() const { return format_.target_shape; }

  // Sample i, in the dataset's own memory or in pieces of `memory`; its shape is sample_shape(), or where
  // they vary its own. Without a draw, a random one is the same each time. Raises what reading it raises.
  virtual TensorView sample(int64_t i, SampleMemory& memory, const Draw* draw = nullptr) const = 0;
  // -1 where there are targets.
  virtual int64_t label(int64_t i) const = 0;
  // The stored bytes of target i, in the dataset's own memory; null where there are labels.
  virtual const std::byte* stored_target(int64_t i) const = 0;
  // The name of a class; its number in decimal where it has none. All have names of their own, or none.
  virtual std::string class_name(int label) const { return std::to_string(label); }
  virtual bool has_class_names() const { return false; }
  // The path of the file that it is; empty where it is none.
  virtual std::string sample_name(int64_t) const { return {}; }
  // Null where samples do not come from files.
  virtual std::shared_ptr<const FilesReport> files_report() const { return nullptr; }

  // Sample i; what reading it raises names its file or its number.
  TensorView read(int64_t i, SampleMemory& memory, const Draw* draw = nullptr) const;

  // Target i converted to the element type that the caller computes in; out has target_shape().elements().
  void target(int64_t i, std::span<float> out) const;
  void target(int64_t i, std::span<double> out) const;

  // Copies sample i to `out`, which has sample_bytes().
  void copy_sample(int64_t i, SampleMemory& memory, std::byte* out, const Draw* draw = nullptr) const;

  // XXH64 over element types, shapes, sizes, contents and order: two datasets that give the same samples in
  // the same order have the same one, wherever they came from. Computed on the first call. Of files it is
  // their bytes that count, of random samples what they are drawn from.
  uint64_t fingerprint() const;

 protected:
  Dataset(int64_t size, SampleFormat format);
  // Adds what makes sample i what it is; by default its shape, where it varies, and its values.
  virtual void identify(int64_t i, SampleMemory& memory, Xxh64& hash) const;
  // The same of another dataset, for one that reads from it.
  static void identify(const Dataset& base, int64_t i, SampleMemory& memory, Xxh64& hash) {
    base.identify(i, memory, hash);
  }

 private:
  int64_t size_;
  SampleFormat format_;
  size_t sample_bytes_;
  mutable std::mutex fingerprint_mutex_;
  mutable std::optional<uint64_t> fingerprint_;
};

// Raises the error again, of reading or shaping sample i, with the name of its file or its number, where
// it does not say it. For handlers.
[[noreturn]] void raise_with_name(const Error& error, const Dataset& dataset, int64_t i);

// The first class that has one name in `a` and another in `b`, of those that both have; -1: none, or one of
// them has no names.
int differing_class(const Dataset& a, const Dataset& b);

using DatasetPtr = std::shared_ptr<const Dataset>;

// Tensors [count][...] in memory. A tensor of rank 1 counts as [count][1].
struct MemoryTensors {
  TensorView samples;  // u8, f32, f64
  TensorView labels;   // u8, i32, i64, [count]; or none
  TensorView targets;  // f32, f64; or none. Exactly one of labels and targets
  int classes = 0;     // 0 with labels: the largest label + 1
};
// The tensors as they lie; `owner` keeps their memory alive. Labels are checked once, here. Raises
// INVALID_ARGUMENT.
DatasetPtr memory_dataset(const MemoryTensors& tensors, std::shared_ptr<const void> owner);
// The same with copies in memory of the allocator's.
DatasetPtr copy_to_dataset(const MemoryTensors& tensors, const std::shared_ptr<Allocator>& allocator);

// The samples at `indices`, in that order; shares the memory of `dataset`.
DatasetPtr subset(DatasetPtr dataset, std::vector<int64_t> indices);
// The same samples, with format().test.
DatasetPtr mark_test(DatasetPtr dataset);

}  // namespace fovea::data
