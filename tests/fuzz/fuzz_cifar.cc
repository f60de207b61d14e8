#include "data/cifar.h"
#include "fuzz/fuzz.h"

using namespace fovea;

// A byte says which CIFAR it is; the file follows.
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data + 1, size - 1));
  fuzz::blame_the_file([&] {
    std::vector<std::unique_ptr<io::ByteStream>> streams;
    streams.push_back(io::open_stream(io::memory_source(bytes, "cifar")));
    const auto dataset = data::read_cifar(streams, static_cast<data::Cifar>(data[0] % 3), system_allocator());
    fuzz::promise(dataset->size() > 0 && dataset->sample_shape() == Shape{32, 32, 3});
    for (int64_t i = 0; i < dataset->size(); ++i) {
      const int64_t label = dataset->label(i);
      fuzz::promise(label >= 0 && label < dataset->classes());
      fuzz::promise(!dataset->class_name(static_cast<int>(label)).empty());
    }
    dataset->fingerprint();  // reads every byte
  });
  return 0;
}

std::vector<std::string> fuzz::seeds() {
  const std::string pixels(3072, 'x');
  const auto seed = [](char kind, const std::string& file) { return kind + file; };
  return {seed('\0', "\x09" + pixels + "\x03" + pixels), seed('\1', "\x13\x63" + pixels),
          seed('\2', "\x05\x07" + pixels)};
}
