#include "data/idx.h"
#include "fuzz/fuzz.h"

using namespace fovea;

// Two bytes say how long the labels' file is; it follows, and what is left is the images' file.
int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::span<const std::byte> bytes = std::as_bytes(std::span(data + 2, size - 2));
  const size_t cut = std::min<size_t>(bytes.size(), data[0] + 256u * data[1]);
  fuzz::blame_the_file([&] {
    const auto labels = io::open_stream(io::memory_source(bytes.first(cut), "labels"));
    const auto images = io::open_stream(io::memory_source(bytes.subspan(cut), "images"));
    const auto dataset =
        data::read_idx(*images, *labels, {.classes = 0, .max_bytes = 1 << 20}, system_allocator());
    fuzz::promise(dataset->size() > 0 && dataset->sample_shape().rank() == 3 && dataset->classes() > 0);
    for (int64_t i = 0; i < dataset->size(); ++i)
      fuzz::promise(dataset->label(i) >= 0 && dataset->label(i) < dataset->classes());
    dataset->fingerprint();  // reads every byte
  });
  return 0;
}

static std::string idx(std::initializer_list<int> extents, const std::string& values) {
  std::string out{'\0', '\0', '\x08', static_cast<char>(extents.size())};
  for (const int e : extents) out += {'\0', '\0', '\0', static_cast<char>(e)};
  return out + values;
}

std::vector<std::string> fuzz::seeds() {
  const auto both = [](const std::string& labels, const std::string& images) {
    return std::string{static_cast<char>(labels.size()), '\0'} + labels + images;
  };
  return {both(idx({3}, std::string("\0\1\2", 3)), idx({3, 2, 2}, "abcdefghijkl")),
          both(idx({1}, "\5"), idx({1, 1, 2, 3}, "abcdef")), both(idx({2}, "\5\1"), idx({2, 1, 1}, "ab"))};
}
