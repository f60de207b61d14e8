#include "data/cifar.h"

#include <array>
#include <cstring>

#include "base/error.h"
#include "data/wrapper.h"
#include "io/gzip.h"

namespace fovea::data {
namespace {

constexpr size_t kSide = 32, kPlane = kSide * kSide, kPixels = 3 * kPlane;
constexpr uint64_t kMaxBytes = uint64_t{1} << 32;

constexpr const char* kTen[] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                "dog",      "frog",       "horse", "ship", "truck"};
constexpr const char* kHundred[] = {
    "apple",      "aquarium_fish", "baby",         "bear",       "beaver",      "bed",         "bee",
    "beetle",     "bicycle",       "bottle",       "bowl",       "boy",         "bridge",      "bus",
    "butterfly",  "camel",         "can",          "castle",     "caterpillar", "cattle",      "chair",
    "chimpanzee", "clock",         "cloud",        "cockroach",  "couch",       "crab",        "crocodile",
    "cup",        "dinosaur",      "dolphin",      "elephant",   "flatfish",    "forest",      "fox",
    "girl",       "hamster",       "house",        "kangaroo",   "keyboard",    "lamp",        "lawn_mower",
    "leopard",    "lion",          "lizard",       "lobster",    "man",         "maple_tree",  "motorcycle",
    "mountain",   "mouse",         "mushroom",     "oak_tree",   "orange",      "orchid",      "otter",
    "palm_tree",  "pear",          "pickup_truck", "pine_tree",  "plain",       "plate",       "poppy",
    "porcupine",  "possum",        "rabbit",       "raccoon",    "ray",         "road",        "rocket",
    "rose",       "sea",           "seal",         "shark",      "shrew",       "skunk",       "skyscraper",
    "snail",      "snake",         "spider",       "squirrel",   "streetcar",   "sunflower",   "sweet_pepper",
    "table",      "tank",          "telephone",    "television", "tiger",       "tractor",     "train",
    "trout",      "tulip",         "turtle",       "wardrobe",   "whale",       "willow_tree", "wolf",
    "woman",      "worm"};
constexpr const char* kCoarse[] = {"aquatic_mammals",
                                   "fish",
                                   "flowers",
                                   "food_containers",
                                   "fruit_and_vegetables",
                                   "household_electrical_devices",
                                   "household_furniture",
                                   "insects",
                                   "large_carnivores",
                                   "large_man-made_outdoor_things",
                                   "large_natural_outdoor_scenes",
                                   "large_omnivores_and_herbivores",
                                   "medium_mammals",
                                   "non-insect_invertebrates",
                                   "people",
                                   "reptiles",
                                   "small_mammals",
                                   "trees",
                                   "vehicles_1",
                                   "vehicles_2"};

struct Kind {
  std::span<const char* const> names;
  size_t labels, label;  // bytes in front of the pixels; which of them counts
};
Kind kind_of(Cifar kind) {
  switch (kind) {
    case Cifar::ten:
      return {kTen, 1, 0};
    case Cifar::hundred:
      return {kHundred, 2, 1};
    default:
      return {kCoarse, 2, 0};
  }
}

class Named final : public Wrapper {
 public:
  Named(const DatasetPtr& base, std::span<const char* const> names)
      : Wrapper(base, base->format()), names_(names) {}
  std::string class_name(int label) const override { return names_[static_cast<size_t>(label)]; }
  bool has_class_names() const override { return true; }

 private:
  std::span<const char* const> names_;
};

struct Owned {
  Buffer images, labels;
};

}  // namespace

DatasetPtr open_cifar(std::span<const std::string> paths, Cifar kind,
                      const std::shared_ptr<Allocator>& allocator) {
  FOVEA_REQUIRE(!paths.empty(), "no files are given");
  std::vector<std::unique_ptr<io::ByteStream>> streams;
  for (const std::string& path : paths) streams.push_back(io::open_stream(path));
  return read_cifar(streams, kind, allocator);
}

DatasetPtr read_cifar(std::span<const std::unique_ptr<io::ByteStream>> streams, Cifar which,
                      const std::shared_ptr<Allocator>& allocator) {
  const Kind kind = kind_of(which);
  const size_t record = kind.labels + kPixels;
  std::vector<std::vector<std::byte>> files;
  size_t count = 0;
  for (const auto& stream : streams) {
    files.push_back(io::read_all(*stream, kMaxBytes));
    const size_t bytes = files.back().size();
    if (bytes == 0 || bytes % record != 0)
      fail(Status::format, "%s has %zu bytes, expected records of %zu; the last one begins at byte %zu",
           stream->name(), bytes, record, bytes / record * record);
    for (size_t at = kind.label; at < bytes; at += record)
      if (const size_t label = std::to_integer<size_t>(files.back()[at]); label >= kind.names.size())
        fail(Status::format, "%s: label %zu at byte %zu, but there are %zu classes", stream->name(), label,
             at, kind.names.size());
    count += bytes / record;
  }
  auto owned = std::make_shared<Owned>();
  owned->images = Buffer(allocator, count * kPixels);
  owned->labels = Buffer(allocator, count);
  std::byte* pixel = owned->images.data();
  std::byte* label = owned->labels.data();
  for (const auto& file : files)
    for (size_t at = 0; at < file.size(); at += record) {
      *label++ = file[at + kind.label];
      const std::byte* planes = file.data() + at + kind.labels;
      for (size_t p = 0; p < kPlane; ++p)
        for (size_t c = 0; c < 3; ++c) *pixel++ = planes[c * kPlane + p];
    }
  const auto n = static_cast<int64_t>(count);
  MemoryTensors tensors;
  tensors.samples = {owned->images.data(), DType::u8, {n, kSide, kSide, 3}};
  tensors.labels = {owned->labels.data(), DType::u8, {n}};
  tensors.classes = static_cast<int>(kind.names.size());
  return std::make_shared<Named>(memory_dataset(tensors, std::move(owned)), kind.names);
}

}  // namespace fovea::data
