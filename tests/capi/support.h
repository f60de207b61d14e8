// What tests of the public API share: descriptors in one expression, error checks, small networks and data.
// Sees what a user sees: include/fovea and the standard library.
#pragma once
#include <fovea/fovea.hpp>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

namespace fovea::test {

template <class T> const T* address(const T&& value) { return &value; }

// DESC(fv_dense_desc, .units = 3) is FV_DENSE(.units = 3) for C++: it lives to the end of the expression.
#define DESC(type, ...) (::fovea::test::address(type{.struct_size = sizeof(type), __VA_ARGS__}))

// The call succeeds. `err` must be in scope.
#define OK(call) ASSERT_EQ(FV_OK, (call)) << err.message

// The call fails with `code`, and its message has all the words.
inline ::testing::AssertionResult failed(fv_status got, fv_status code, const fv_error& err,
                                         std::initializer_list<const char*> words) {
  if (got != code)
    return ::testing::AssertionFailure() << "got " << fv_status_name(got) << " (" << (got ? err.message : "")
                                         << "), expected " << fv_status_name(code);
  if (err.code != code) return ::testing::AssertionFailure() << "error.code is " << fv_status_name(err.code);
  if (std::memchr(err.message, '\n', sizeof err.message))
    return ::testing::AssertionFailure() << "more than a line: " << err.message;
  for (const char* word : words)
    if (!std::strstr(err.message, word))
      return ::testing::AssertionFailure() << "'" << err.message << "' does not say '" << word << "'";
  return ::testing::AssertionSuccess();
}
#define FAILS(code, call, ...)                                                           \
  EXPECT_TRUE(([&] {                                                                     \
    std::memset(&err, 0x5a, sizeof err);                                                 \
    const fv_status got_ = (call);                                                       \
    return ::fovea::test::failed(got_, code, err, {__VA_ARGS__});                        \
  })()) << #call

using Context = Handle<fv_context>;
using Graph = Handle<fv_graph>;
using Model = Handle<fv_model>;
using Session = Handle<fv_session>;
using Trainer = Handle<fv_trainer>;
using Dataset = Handle<fv_dataset>;

// A folder of its own, gone with its contents at the end.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "fovea-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const char* name) const { return (path_ / name).string(); }
  size_t files() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

template <class T> fv_dtype dtype_of();
template <> inline fv_dtype dtype_of<uint8_t>() { return FV_U8; }
template <> inline fv_dtype dtype_of<float>() { return FV_F32; }
template <> inline fv_dtype dtype_of<double>() { return FV_F64; }
template <> inline fv_dtype dtype_of<int32_t>() { return FV_I32; }
template <> inline fv_dtype dtype_of<int64_t>() { return FV_I64; }

template <class T> fv_tensor tensor(const std::vector<T>& values, std::initializer_list<int64_t> shape) {
  fv_tensor t{};
  t.data = values.data();
  t.dtype = dtype_of<T>();
  for (int64_t extent : shape) t.shape[t.rank++] = extent;
  return t;
}
template <class T> fv_buffer buffer(std::vector<T>& values) {
  fv_buffer b{};
  b.data = values.data();
  b.capacity = values.size() * sizeof(T);
  b.dtype = dtype_of<T>();
  return b;
}

// Numbers in [-1, 1) that look random and are the same everywhere.
inline std::vector<float> noise(size_t count, uint32_t seed = 1) {
  std::vector<float> values(count);
  for (float& v : values) {
    seed = seed * 1664525u + 1013904223u;
    v = static_cast<float>(static_cast<int32_t>(seed)) / 2147483648.0f;
  }
  return values;
}
inline std::vector<int32_t> labels(size_t count, int32_t classes) {
  std::vector<int32_t> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = static_cast<int32_t>(i * 7 + i / 3) % classes;
  return values;
}

// Nodes of small networks. Each has an input "image" and ten logits "logits".
using Network = fv_node (*)(fv_graph*);
fv_node lenet(fv_graph* g);         // 28 x 28 x 1, with dropout
fv_node small_resnet(fv_graph* g);  // 8 x 8 x 3: stride, batch norm, a residual sum, concat, global average

// A model with its context and graph, ready to be trained.
struct Made {
  Context context;
  Graph graph;
  Model model;
};
Made make(Network network, const fv_context_desc* context = nullptr, fv_dtype dtype = FV_F32,
          uint64_t seed = 1);
Trainer make_trainer(fv_model* model, fv_optimizer optimizer = FV_OPT_SGD);
// Digits of 28 x 28 x 1, u8.
Dataset digits(fv_context* context, int64_t count, uint64_t seed = 1);

// All parameters and state of a model, as bytes.
std::vector<double> weights(const fv_model* model);

}  // namespace fovea::test
