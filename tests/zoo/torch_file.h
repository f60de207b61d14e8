// A safetensors file with PyTorch's names and layouts, and how they become ours. Read with a JSON parser
// only, so that it is checked by other code than the library's own.
#pragma once
#include <algorithm>
#include <cstdint>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include <fovea/fovea.h>

namespace fovea::test {

class TorchFile {
 public:
  struct Tensor {
    std::vector<int64_t> shape;
    std::vector<float> values;
  };

  explicit TorchFile(const std::string& path) : file_(path, std::ios::binary) {
    uint64_t size = 0;
    file_.read(reinterpret_cast<char*>(&size), sizeof size);
    std::string text(file_ ? size : 0, '\0');
    file_.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file_) throw std::runtime_error("cannot read " + path);
    header_ = nlohmann::ordered_json::parse(text);
    begin_ = static_cast<std::streamoff>(8 + size);
  }

  // In the file's order.
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& [name, entry] : header_.items())
      if (name != "__metadata__") found.push_back(name);
    return found;
  }

  Tensor read(const std::string& name) {
    const auto& entry = header_.at(name);
    Tensor tensor{entry["shape"].get<std::vector<int64_t>>(), {}};
    size_t count = 1;
    for (int64_t extent : tensor.shape) count *= static_cast<size_t>(extent);
    file_.seekg(begin_ + entry["data_offsets"][0].get<std::streamoff>());
    if (entry["dtype"] == "F32") {
      tensor.values = values<float>(count);
    } else {
      const std::vector<int64_t> whole = values<int64_t>(count);
      tensor.values.assign(whole.begin(), whole.end());
    }
    return tensor;
  }

 private:
  template <class T>
  std::vector<T> values(size_t count) {
    std::vector<T> v(count);
    file_.read(reinterpret_cast<char*>(v.data()), static_cast<std::streamsize>(count * sizeof(T)));
    if (!file_) throw std::runtime_error("the file is too short");
    return v;
  }

  std::ifstream file_;
  std::streamoff begin_ = 0;
  nlohmann::ordered_json header_;
};

// "conv1.kernel" is PyTorch's "conv1.weight", "bn1.gamma" its "bn1.weight", "bn1.beta" its "bn1.bias".
inline std::string torch_name(const std::string& ours) {
  static const std::map<std::string, std::string> kinds = {
      {"kernel", "weight"}, {"gamma", "weight"}, {"beta", "bias"}};
  const size_t dot = ours.rfind('.') + 1;
  const auto it = kinds.find(ours.substr(dot));
  return it == kinds.end() ? ours : ours.substr(0, dot) + it->second;
}

// [out][in][kh][kw] becomes [kh][kw][in][out]. A dense [out][in] becomes [in][out]; behind a flatten of an
// image of `pixels` pixels `in` counts channels first there and pixels first here.
inline std::vector<float> to_ours(const TorchFile::Tensor& t, int64_t pixels = 1) {
  if (t.shape.size() < 2) return t.values;
  const int64_t out = t.shape[0];
  int64_t in = t.shape[1], cells = pixels;
  if (t.shape.size() == 4)
    cells = t.shape[2] * t.shape[3];
  else
    in /= pixels;
  std::vector<float> values(t.values.size());
  constexpr int64_t kBlock = 16;  // the largest have a hundred million values
  for (int64_t begin = 0; begin < out; begin += kBlock)
    for (int64_t i = 0; i < in * cells; ++i)
      for (int64_t o = begin; o < std::min(out, begin + kBlock); ++o)
        values[static_cast<size_t>((i % cells * in + i / cells) * out + o)] =
            t.values[static_cast<size_t>(o * in * cells + i)];
  return values;
}

// Pixels of the images that are flattened in front of dense layers, by layer.
using Flattened = std::map<std::string, int64_t>;

inline int64_t pixels_of(const Flattened& flattened, const std::string& tensor) {
  const auto it = flattened.find(tensor.substr(0, tensor.rfind('.')));
  return it == flattened.end() || !tensor.ends_with(".kernel") ? 1 : it->second;
}

// What fv_model_tensor_info says of every tensor of a model.
inline std::vector<fv_tensor_info> tensors_of(const fv_model* model) {
  std::vector<fv_tensor_info> found;
  for (fv_tensor_info info{.struct_size = sizeof info};
       fv_model_tensor_info(model, static_cast<int32_t>(found.size()), &info, nullptr) == FV_OK;)
    found.push_back(info);
  return found;
}

// Sets every tensor of the model from `prefix` + its name in PyTorch.
inline fv_status load_from_torch(fv_model* model, TorchFile& file, const std::string& prefix,
                                 const Flattened& flattened, fv_error* error) {
  for (const fv_tensor_info& info : tensors_of(model)) {
    const std::vector<float> values =
        to_ours(file.read(prefix + torch_name(info.name)), pixels_of(flattened, info.name));
    fv_tensor tensor{values.data(), FV_F32, info.rank, {}};
    for (int32_t axis = 0; axis < info.rank; ++axis) tensor.shape[axis] = info.shape[axis];
    if (const fv_status status = fv_model_set_tensor(model, info.name, &tensor, error)) return status;
  }
  return FV_OK;
}

}  // namespace fovea::test
