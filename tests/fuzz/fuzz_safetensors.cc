#include <cstring>

#include "fuzz/fuzz.h"
#include "io/safetensors.h"

using namespace fovea;

// Every byte after the header must belong to exactly one tensor, and every tensor must be readable by name.
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::blame_the_file([&] {
    const io::SafetensorsReader reader(io::memory_source(std::as_bytes(std::span(data, size)), "input"));
    uint64_t at = reader.tensors().empty() ? size : reader.tensors()[0].begin;
    for (const io::TensorEntry& tensor : reader.tensors()) {
      fuzz::promise(tensor.begin == at && tensor.end >= at && tensor.end <= size);
      at = tensor.end;
      fuzz::promise(reader.find(tensor.name) == &tensor);
      if (!tensor.dtype) continue;
      std::vector<std::byte> out(tensor.end - tensor.begin);
      fuzz::promise(out.size() == static_cast<size_t>(tensor.shape.elements()) * size_of(*tensor.dtype));
      reader.read(tensor, out);
      fuzz::promise(out.empty() || std::memcmp(out.data(), data + tensor.begin, out.size()) == 0);
    }
    fuzz::promise(at == size);
    for (const auto& entry : reader.metadata()) {
      fuzz::blame_the_file([&] { io::get_int(reader.metadata(), entry.first); });
      fuzz::blame_the_file([&] { io::get_double(reader.metadata(), entry.first); });
    }
  });
  return 0;
}

static std::string file(const std::string& header, size_t data_bytes) {
  const uint64_t length = header.size();
  std::string out(sizeof length, '\0');
  std::memcpy(out.data(), &length, sizeof length);
  return out + header + std::string(data_bytes, 'x');
}

std::vector<std::string> fuzz::seeds() {
  return {
      file("{}", 0), file(R"({"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}})", 8),
      file(
          R"({"__metadata__":{"k":"1.5","\u00e9":"-7"},"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},)"
          R"("b":{"dtype":"BF16","shape":[0,4],"data_offsets":[3,3]},)"
           R"("c":{"dtype":"I64","shape":[],"data_offsets":[3,11]}}  )",
          11)};
}
