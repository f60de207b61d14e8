#include "io/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "base/error.h"
#include "base/text.h"

namespace fovea::io {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are written as they lie in memory");

using Ull = unsigned long long;

constexpr size_t kLengthBytes = 8;
// The bound of the format's reference implementation.
constexpr uint64_t kMaxHeader = 100'000'000;
constexpr size_t kDataAlignment = 8;
constexpr std::string_view kMetadataKey = "__metadata__";

// Element types of the format. `bits` is 0 for those whose size this reader does not check.
struct FileType {
  std::string_view name;
  unsigned bits;
  std::optional<DType> dtype;
};
constexpr FileType kFileTypes[] = {
    {"F32", 32, DType::f32}, {"F64", 64, DType::f64}, {"U8", 8, DType::u8}, {"I32", 32, DType::i32},
    {"I64", 64, DType::i64}, {"BOOL", 8, {}},         {"I8", 8, {}},        {"I16", 16, {}},
    {"U16", 16, {}},         {"F16", 16, {}},         {"BF16", 16, {}},     {"U32", 32, {}},
    {"U64", 64, {}},         {"F8_E4M3", 8, {}},      {"F8_E5M2", 8, {}},
};

const FileType& file_type(std::string_view name) {
  static constexpr FileType kOther{"", 0, {}};
  const auto* found = std::ranges::find(kFileTypes, name, &FileType::name);
  return found == std::end(kFileTypes) ? kOther : *found;
}

std::string_view file_name_of(DType dtype) {
  return std::ranges::find(kFileTypes, std::optional(dtype), &FileType::dtype)->name;
}

// ---- reading the header ---------------------------------------------------------------------------

// An iterator over the header that tells how far the parser is, so that every complaint has its offset.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, const char** furthest) : at_(at), furthest_(furthest) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    *furthest_ = ++at_;
    return *this;
  }
  friend bool operator==(const CountingIterator& a, const CountingIterator& b) { return a.at_ == b.at_; }

 private:
  const char* at_;
  const char** furthest_;
};

// Takes the header as a stream of JSON events, so that nothing is built but the tensors and the metadata
// themselves, however the header nests. A legal one nests three deep.
class HeaderHandler final : public nlohmann::json_sax<nlohmann::json> {
 public:
  HeaderHandler(const char* name, std::string_view text, std::vector<TensorEntry>& tensors,
                Metadata& metadata)
      : name_(name),
        begin_(text.data()),
        end_(text.data() + text.size()),
        at_(text.data()),
        tensors_(tensors),
        metadata_(metadata) {}

  void parse() {
    nlohmann::json::sax_parse(CountingIterator(begin_, &at_), CountingIterator(end_, &at_), this);
  }

  bool start_object(std::size_t) override {
    switch (place_) {
      case Place::start:
        place_ = Place::top;
        return true;
      case Place::top_value:
        if (key_ == kMetadataKey) {
          if (seen_metadata_) damaged("%s is there twice", in_quotes(kMetadataKey).c_str());
          seen_metadata_ = true;
          place_ = Place::metadata;
        } else {
          tensors_.emplace_back().name = key_;
          seen_dtype_ = seen_shape_ = seen_offsets_ = false;
          place_ = Place::tensor;
        }
        return true;
      default:
        return unexpected("an object");
    }
  }
  bool key(string_t& text) override {
    if (text.find('\0') != string_t::npos) damaged("a zero byte in %s", in_quotes(text).c_str());
    key_ = std::move(text);
    if (place_ == Place::top) {
      place_ = Place::top_value;
    } else if (place_ == Place::metadata) {
      place_ = Place::metadata_value;
    } else if (key_ == "dtype" && !seen_dtype_) {
      seen_dtype_ = true;
      place_ = Place::dtype;
    } else if (key_ == "shape" && !seen_shape_) {
      seen_shape_ = true;
      place_ = Place::shape_value;
    } else if (key_ == "data_offsets" && !seen_offsets_) {
      seen_offsets_ = true;
      place_ = Place::offsets_value;
    } else {
      damaged("%s in tensor %s is unknown or there twice", in_quotes(key_).c_str(), tensor_name());
    }
    return true;
  }
  bool string(string_t& text) override {
    if (place_ == Place::metadata_value) {
      if (!metadata_.emplace(std::move(key_), std::move(text)).second)
        damaged("a metadata key is there twice");
      place_ = Place::metadata;
    } else if (place_ == Place::dtype) {
      tensors_.back().dtype_name = std::move(text);
      place_ = Place::tensor;
    } else {
      return unexpected("a string");
    }
    return true;
  }
  bool start_array(std::size_t) override {
    count_ = 0;
    if (place_ == Place::shape_value) {
      place_ = Place::shape;
    } else if (place_ == Place::offsets_value) {
      place_ = Place::offsets;
    } else {
      return unexpected("an array");
    }
    return true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::shape) {
      if (count_ == kMaxRank)
        fail(Status::unsupported, "%s: tensor %s at byte %llu has more than %d extents", name_, tensor_name(),
             offset(), kMaxRank);
      if (value > static_cast<uint64_t>(kMaxElements))
        damaged("extent %llu of tensor %s is too large", Ull{value}, tensor_name());
      extents_[count_++] = static_cast<int64_t>(value);
    } else if (place_ == Place::offsets) {
      if (count_ == 2) damaged("tensor %s has more than two data_offsets", tensor_name());
      (count_++ == 0 ? tensors_.back().begin : tensors_.back().end) = value;
    } else {
      return unexpected("a number");
    }
    return true;
  }
  bool end_array() override {
    if (place_ == Place::shape) {
      tensors_.back().shape = Shape(std::span<const int64_t>(extents_.data(), count_));
    } else if (count_ != 2) {
      damaged("tensor %s does not have two data_offsets", tensor_name());
    }
    place_ = Place::tensor;
    return true;
  }
  bool end_object() override {
    if (place_ == Place::tensor && !(seen_dtype_ && seen_shape_ && seen_offsets_))
      damaged("tensor %s lacks its dtype, shape or data_offsets", tensor_name());
    place_ = place_ == Place::top ? Place::start : Place::top;
    return true;
  }
  bool null() override { return unexpected("null"); }
  bool boolean(bool) override { return unexpected("a boolean"); }
  bool number_integer(number_integer_t) override { return unexpected("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { return unexpected("a fraction"); }
  bool binary(binary_t&) override { return unexpected("binary data"); }
  bool parse_error(std::size_t, const std::string& token, const nlohmann::json::exception&) override {
    damaged("no JSON: %s", in_quotes(token, 40).c_str());
  }

 private:
  enum class Place {
    start,
    top,
    top_value,
    metadata,
    metadata_value,
    tensor,
    dtype,
    shape_value,
    shape,
    offsets_value,
    offsets
  };

  const char* tensor_name() {
    text_ = in_quotes(tensors_.back().name);
    return text_.c_str();
  }
  // Where the parser is, counted from the beginning of the file.
  Ull offset() const { return kLengthBytes + static_cast<Ull>(at_ - begin_); }

  [[noreturn]] void damaged(const char* format, ...) FOVEA_PRINTF(2, 3) {
    char what[300];
    va_list args;
    va_start(args, format);
    std::vsnprintf(what, sizeof what, format, args);
    va_end(args);
    fail(Status::format, "%s: damaged header at byte %llu: %s", name_, offset(), what);
  }
  bool unexpected(const char* what) { damaged("%s does not belong here", what); }

  const char* name_;
  const char* begin_;
  const char* end_;
  const char* at_;
  std::vector<TensorEntry>& tensors_;
  Metadata& metadata_;
  Place place_ = Place::start;
  std::string key_;
  std::string text_;
  std::array<int64_t, kMaxRank> extents_{};
  size_t count_ = 0;
  bool seen_metadata_ = false, seen_dtype_ = false, seen_shape_ = false, seen_offsets_ = false;
};

// Gives the tensor its type and checks that its extents fill its bytes.
void check_size(const char* file, TensorEntry& tensor) {
  const FileType& type = file_type(tensor.dtype_name);
  tensor.dtype = type.dtype;
  const std::string name = in_quotes(tensor.name);
  if (tensor.end < tensor.begin)
    fail(Status::format, "%s: tensor %s ends at byte %llu of the data, before its beginning %llu", file,
         name.c_str(), Ull{tensor.end}, Ull{tensor.begin});
  uint64_t elements = 1;
  for (const int64_t extent : tensor.shape.extents())
    if (__builtin_mul_overflow(elements, static_cast<uint64_t>(extent), &elements) ||
        elements > static_cast<uint64_t>(kMaxElements))
      fail(Status::format, "%s: tensor %s of %s elements is too large", file, name.c_str(),
           tensor.shape.text().c_str());
  if (type.bits != 0 && elements * (type.bits / 8) != tensor.end - tensor.begin)
    fail(Status::format, "%s: tensor %s of %s %s elements has %llu bytes at byte %llu of the data", file,
         name.c_str(), tensor.shape.text().c_str(), tensor.dtype_name.c_str(), Ull{tensor.end - tensor.begin},
         Ull{tensor.begin});
}

std::string read_header(const ByteSource& source) {
  std::array<std::byte, kLengthBytes> prefix;
  source.read_at(0, prefix);
  const uint64_t length = std::bit_cast<uint64_t>(prefix);
  if (length > source.size() - kLengthBytes)
    fail(Status::format, "%s: the header at byte 8 claims %llu bytes, but the file has %llu", source.name(),
         Ull{length}, Ull{source.size()});
  if (length > kMaxHeader)
    fail(Status::format, "%s: the header at byte 8 has %llu bytes, more than %llu", source.name(),
         Ull{length}, Ull{kMaxHeader});
  std::string header(static_cast<size_t>(length), '\0');
  source.read_at(kLengthBytes, std::as_writable_bytes(std::span(header)));
  if (header.empty() || header[0] != '{')
    fail(Status::format, "%s is no safetensors file: no '{' at byte 8", source.name());
  return header;
}

}  // namespace

SafetensorsReader::SafetensorsReader(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {
  uint64_t data_begin = 0;
  {
    const std::string header = read_header(*source_);
    data_begin = kLengthBytes + header.size();
    HeaderHandler(name(), header, tensors_, metadata_).parse();
  }
  const uint64_t data_bytes = source_->size() - data_begin;

  // Empty tensors come before the one that begins at the same place.
  std::ranges::stable_sort(tensors_, {}, [](const TensorEntry& t) { return std::pair(t.begin, t.end); });
  uint64_t expected = 0;
  for (TensorEntry& tensor : tensors_) {
    check_size(name(), tensor);
    if (tensor.begin != expected || tensor.end > data_bytes)
      fail(Status::format,
           "%s: tensor %s has bytes %llu to %llu of the data; expected a beginning at %llu and an end at "
           "most %llu",
           name(), in_quotes(tensor.name).c_str(), Ull{tensor.begin}, Ull{tensor.end}, Ull{expected},
           Ull{data_bytes});
    expected = tensor.end;
    tensor.begin += data_begin;
    tensor.end += data_begin;
  }
  if (expected != data_bytes)
    fail(Status::format, "%s: the last tensor ends at byte %llu, but the file has %llu bytes", name(),
         Ull{data_begin + expected}, Ull{source_->size()});

  by_name_.resize(tensors_.size());
  std::iota(by_name_.begin(), by_name_.end(), 0u);
  const auto name_of = [this](uint32_t i) -> const std::string& { return tensors_[i].name; };
  std::ranges::sort(by_name_, {}, name_of);
  const auto twice = std::ranges::adjacent_find(by_name_, {}, name_of);
  if (twice != by_name_.end())
    fail(Status::format, "%s: tensor %s is there twice, at bytes %llu and %llu", name(),
         in_quotes(name_of(*twice)).c_str(), Ull{tensors_[twice[0]].begin}, Ull{tensors_[twice[1]].begin});
}

const TensorEntry* SafetensorsReader::find(std::string_view name) const {
  const auto name_of = [this](uint32_t i) -> std::string_view { return tensors_[i].name; };
  const auto found = std::ranges::lower_bound(by_name_, name, {}, name_of);
  return found != by_name_.end() && name_of(*found) == name ? &tensors_[*found] : nullptr;
}

void SafetensorsReader::read(const TensorEntry& tensor, std::span<std::byte> out) const {
  if (!tensor.dtype)
    fail(Status::unsupported, "%s: tensor %s has elements of type %s", name(), in_quotes(tensor.name).c_str(),
         in_quotes(tensor.dtype_name, 20).c_str());
  FOVEA_REQUIRE(out.size() == tensor.end - tensor.begin, "tensor %s has %llu bytes, not %llu",
                in_quotes(tensor.name).c_str(), Ull{tensor.end - tensor.begin}, Ull{out.size()});
  source_->read_at(tensor.begin, out);
}

// ---- writing --------------------------------------------------------------------------------------

namespace {

std::string json_string(const std::string& text) {
  FOVEA_REQUIRE(text.find('\0') == std::string::npos, "%s holds a zero byte", in_quotes(text).c_str());
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::type_error&) {
    fail(Status::invalid_argument, "%s is not UTF-8", in_quotes(text).c_str());
  }
}

std::string make_header(std::span<const TensorSpec> tensors, const Metadata& metadata) {
  std::string header = "{";
  const char* separator = "";
  if (!metadata.empty()) {
    header += "\"__metadata__\":{";
    for (const auto& [key, value] : metadata) {
      header += separator + json_string(key) + ':' + json_string(value);
      separator = ",";
    }
    header += '}';
  }
  uint64_t begin = 0;
  std::set<std::string_view> names;
  for (const TensorSpec& tensor : tensors) {
    FOVEA_REQUIRE(tensor.name != kMetadataKey && names.insert(tensor.name).second,
                  "a tensor cannot be called %s here", in_quotes(tensor.name).c_str());
    const uint64_t end = begin + static_cast<uint64_t>(tensor.shape.elements()) * size_of(tensor.dtype);
    header += separator + json_string(tensor.name) + ":{\"dtype\":\"";
    header += file_name_of(tensor.dtype);
    header += "\",\"shape\":[";
    for (int i = 0; i < tensor.shape.rank(); ++i)
      header += (i == 0 ? "" : ",") + std::to_string(tensor.shape[i]);
    header += "],\"data_offsets\":[" + std::to_string(begin) + ',' + std::to_string(end) + "]}";
    separator = ",";
    begin = end;
  }
  header += '}';
  // Spaces, so that the data begin aligned and a reader may map the file.
  header.append((kDataAlignment - (kLengthBytes + header.size()) % kDataAlignment) % kDataAlignment, ' ');
  FOVEA_REQUIRE(header.size() <= kMaxHeader, "a header of %zu bytes is too large", header.size());
  return header;
}

}  // namespace

SafetensorsWriter::SafetensorsWriter(const std::string& path, std::span<const TensorSpec> tensors,
                                     const Metadata& metadata)
    : file_(path) {
  const std::string header = make_header(tensors, metadata);
  for (const TensorSpec& tensor : tensors)
    missing_ += static_cast<uint64_t>(tensor.shape.elements()) * size_of(tensor.dtype);
  const auto length = std::bit_cast<std::array<std::byte, kLengthBytes>>(uint64_t{header.size()});
  file_.write(length);
  file_.write(std::as_bytes(std::span(header)));
}

void SafetensorsWriter::write(std::span<const std::byte> bytes) {
  if (bytes.size() > missing_)
    fail(Status::internal, "%zu bytes where %llu are missing in the file", bytes.size(), Ull{missing_});
  file_.write(bytes);
  missing_ -= bytes.size();
}

void SafetensorsWriter::commit() {
  if (missing_ != 0) fail(Status::internal, "%llu bytes of the file were not written", Ull{missing_});
  file_.commit();
}

// ---- numbers in metadata --------------------------------------------------------------------------

namespace {

template <class T>
T get_number(const Metadata& metadata, std::string_view key, const char* kind) {
  const std::string& text = get_text(metadata, key);
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end)
    fail(Status::format, "metadata %s is %s, not %s", in_quotes(key).c_str(), in_quotes(text, 60).c_str(),
         kind);
  return value;
}

}  // namespace

void put_double(Metadata& metadata, const std::string& key, double value) {
  char text[32];
  metadata[key] = std::string(text, std::to_chars(text, text + sizeof text, value).ptr);
}

const std::string& get_text(const Metadata& metadata, std::string_view key) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) fail(Status::format, "metadata %s is missing", in_quotes(key).c_str());
  return found->second;
}

int64_t get_int(const Metadata& metadata, std::string_view key) {
  return get_number<int64_t>(metadata, key, "a 64-bit integer");
}
uint64_t get_uint(const Metadata& metadata, std::string_view key) {
  return get_number<uint64_t>(metadata, key, "an unsigned 64-bit integer");
}
double get_double(const Metadata& metadata, std::string_view key) {
  return get_number<double>(metadata, key, "a number");
}

}  // namespace fovea::io
