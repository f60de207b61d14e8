#include "io/safetensors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <random>

#include "io/files.h"

namespace fovea::io {
namespace {

using testing::bytes_of;
using testing::data_dir;
using testing::expect_error;
using testing::slurp;
using testing::spit;
using testing::TempDir;

// A file out of a header and data, as bytes.
std::string file_of(const std::string& header, size_t data_bytes) {
  const uint64_t length = header.size();
  std::string out(8, '\0');
  std::memcpy(out.data(), &length, 8);
  return out + header + std::string(data_bytes, 'd');
}

SafetensorsReader reader_of(std::string_view file) {
  return SafetensorsReader(memory_source(bytes_of(file), "file"));
}

std::string tensor(const std::string& name, const std::string& dtype, const std::string& shape, int begin,
                   int end) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":[" +
         std::to_string(begin) + "," + std::to_string(end) + "]}";
}

template <class T>
std::vector<T> values_of(const SafetensorsReader& reader, const char* name) {
  const TensorEntry* entry = reader.find(name);
  if (entry == nullptr) return {};
  std::vector<T> values(static_cast<size_t>(entry->shape.elements()));
  reader.read(*entry, std::as_writable_bytes(std::span(values)));
  return values;
}

void write_example(const std::string& path) {
  Metadata metadata{{"note", "line one\nline \"two\" \xc3\xa9\xe2\x82\xac"}, {"empty", ""}};
  put_int(metadata, "seed", UINT64_MAX);
  put_int(metadata, "step", INT64_MIN);
  put_double(metadata, "rate", 0.1);
  const TensorSpec specs[] = {{"weights", DType::f32, {2, 3}}, {"m\xc3\xbc", DType::f64, {2}},
                              {"none", DType::f32, {0, 4}},    {"scalar", DType::i64, {}},
                              {"bytes", DType::u8, {3}},       {"ints", DType::i32, {1}}};
  SafetensorsWriter writer(path, specs, metadata);
  const float weights[] = {1, 2, 3, 4, 5, 6};
  writer.write(std::span<const float>(weights, 4));  // in pieces
  writer.write(std::span<const float>(weights + 4, 2));
  const double wide[] = {1e300, -0.0};
  writer.write(std::span<const double>(wide));
  const int64_t scalar[] = {INT64_MIN};
  writer.write(std::span<const int64_t>(scalar));
  const uint8_t small[] = {7, 8, 9};
  writer.write(std::span<const uint8_t>(small));
  const int32_t ints[] = {-5};
  writer.write(std::span<const int32_t>(ints));
  writer.commit();
}

TEST(Safetensors, RoundTrip) {
  const TempDir dir;
  write_example(dir / "a.safetensors");
  const SafetensorsReader reader(dir / "a.safetensors");
  ASSERT_EQ(reader.tensors().size(), 6u);
  EXPECT_EQ(values_of<float>(reader, "weights"), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  const auto wide = values_of<double>(reader, "m\xc3\xbc");
  ASSERT_EQ(wide.size(), 2u);
  EXPECT_EQ(wide[0], 1e300);
  EXPECT_TRUE(std::signbit(wide[1]));
  EXPECT_EQ(values_of<int64_t>(reader, "scalar"), std::vector<int64_t>{INT64_MIN});
  EXPECT_EQ(values_of<uint8_t>(reader, "bytes"), (std::vector<uint8_t>{7, 8, 9}));
  EXPECT_EQ(values_of<int32_t>(reader, "ints"), std::vector<int32_t>{-5});
  EXPECT_EQ(reader.find("none")->shape, (Shape{0, 4}));
  EXPECT_EQ(reader.find("weights")->dtype, DType::f32);
  EXPECT_EQ(reader.find("weights")->dtype_name, "F32");
  EXPECT_EQ(reader.find("weights")->begin % 8, 0u);
  EXPECT_EQ(reader.find("absent"), nullptr);
  EXPECT_EQ(get_text(reader.metadata(), "note"), "line one\nline \"two\" \xc3\xa9\xe2\x82\xac");
  EXPECT_EQ(get_text(reader.metadata(), "empty"), "");
  EXPECT_EQ(get_uint(reader.metadata(), "seed"), UINT64_MAX);
  EXPECT_EQ(get_int(reader.metadata(), "step"), INT64_MIN);
  EXPECT_EQ(get_double(reader.metadata(), "rate"), 0.1);
  std::vector<std::byte> wrong(3);
  expect_error(Status::invalid_argument, "24 bytes, not 3",
               [&] { reader.read(*reader.find("weights"), wrong); });
}

TEST(Safetensors, SameInputSameBytes) {
  const TempDir dir;
  write_example(dir / "a");
  write_example(dir / "b");
  EXPECT_EQ(slurp(dir / "a"), slurp(dir / "b"));
}

TEST(Safetensors, NothingInIt) {
  const TempDir dir;
  SafetensorsWriter(dir / "a", {}, {}).commit();
  const SafetensorsReader reader(dir / "a");
  EXPECT_TRUE(reader.tensors().empty());
  EXPECT_TRUE(reader.metadata().empty());
  EXPECT_EQ(slurp(dir / "a").size() % 8, 0u);
}

// An independent reader: Python's struct and json, as the format's description has it.
TEST(Safetensors, PythonReadsIt) {
  if (std::system("python3 -c '' 2>/dev/null") != 0) GTEST_SKIP() << "there is no python3";
  const TempDir dir;
  write_example(dir / "a");
  spit(dir / "read.py", R"(
import json, struct, sys
f = open(sys.argv[1], 'rb').read()
n, = struct.unpack('<Q', f[:8])
h = json.loads(f[8:8 + n].decode('utf-8'))
data = f[8 + n:]
def get(name, code):
    b, e = h[name]['data_offsets']
    return list(struct.unpack('<%d%s' % ((e - b) // struct.calcsize(code), code), data[b:e]))
assert get('weights', 'f') == [1, 2, 3, 4, 5, 6]
assert h['weights']['shape'] == [2, 3] and h['weights']['dtype'] == 'F32'
assert get('m\u00fc', 'd') == [1e300, 0] and get('scalar', 'q') == [-2 ** 63] and h['scalar']['shape'] == []
assert get('bytes', 'B') == [7, 8, 9] and get('ints', 'i') == [-5] and get('none', 'f') == []
m = h['__metadata__']
assert m['note'] == 'line one\nline "two" \u00e9\u20ac'
assert int(m['seed']) == 2 ** 64 - 1 and float(m['rate']) == 0.1
assert max(t['data_offsets'][1] for k, t in h.items() if k != '__metadata__') == len(data)
)");
  EXPECT_EQ(std::system(("python3 " + dir / "read.py" + " " + dir / "a").c_str()), 0);
}

TEST(Safetensors, ReadsARealFile) {
  if (data_dir().empty()) GTEST_SKIP() << "FOVEA_DATA is not set";
  const SafetensorsReader reader(data_dir() + "/models/resnet20-12fca82f.safetensors");
  const TensorEntry* conv1 = reader.find("conv1.weight");
  ASSERT_NE(conv1, nullptr);
  EXPECT_EQ(conv1->shape, (Shape{16, 3, 3, 3}));
  for (const TensorEntry& entry : reader.tensors()) {
    if (entry.dtype != DType::f32) continue;
    for (const float v : values_of<float>(reader, entry.name.c_str()))
      ASSERT_TRUE(std::isfinite(v)) << entry.name;
  }
}

TEST(Safetensors, TypesThatCanOnlyBeListed) {
  const std::string file = file_of(
      "{" + tensor("half", "BF16", "[3]", 0, 6) + "," + tensor("new", "F6_E3M2", "[4]", 6, 9) + "}", 9);
  const SafetensorsReader reader = reader_of(file);
  EXPECT_EQ(reader.find("half")->dtype, std::nullopt);
  EXPECT_EQ(reader.find("half")->dtype_name, "BF16");
  std::vector<std::byte> out(6);
  expect_error(Status::unsupported, "'half' has elements of type 'BF16'",
               [&] { reader.read(*reader.find("half"), out); });
  expect_error(Status::format, "has 5 bytes",
               [&] { reader_of(file_of("{" + tensor("h", "F16", "[3]", 0, 5) + "}", 5)); });
}

TEST(Safetensors, OrderOfTheHeaderDoesNotMatter) {
  const std::string file =
      file_of(" {" + tensor("b", "F32", "[1]", 4, 8) + " , " + tensor("e", "U8", "[0]", 4, 4) + ",\n" +
                  tensor("a", "F32", "[1]", 0, 4) + "}  ",
              8);
  expect_error(Status::format, "no '{' at byte 8", [&] { reader_of(file); });
  const std::string good = file_of(file.substr(9, file.size() - 9 - 8), 8);
  const SafetensorsReader reader = reader_of(good);
  EXPECT_EQ(reader.tensors()[0].name, "a");
  EXPECT_EQ(reader.tensors()[1].name, "e");
  EXPECT_EQ(reader.tensors()[2].name, "b");
}

struct Damage {
  const char* what;
  std::string file;
  const char* message;
};

TEST(Safetensors, EveryKindOfDamage) {
  const auto one = [](const std::string& t, size_t bytes) { return file_of("{" + t + "}", bytes); };
  std::string deep = "{\"a\":";
  for (int i = 0; i < 100000; ++i) deep += "[";
  std::string huge_length(8, '\xff');
  const Damage cases[] = {
      {"empty file", "", "ends at byte 0"},
      {"seven bytes", "1234567", "ends at byte 7"},
      {"length beyond the file", huge_length + "{}", "claims 18446744073709551615 bytes"},
      {"empty header", file_of("", 0), "no '{' at byte 8"},
      {"an array", file_of("[]", 0), "no '{'"},
      {"not closed", file_of("{", 0), "damaged header at byte 9"},
      {"rubbish after it", file_of("{}x", 0), "damaged header at byte 11"},
      {"not UTF-8", file_of("{\"\xff\":1}", 0), "damaged header at byte 11"},
      {"a number for a tensor", file_of("{\"a\":1}", 0), "a number does not belong here"},
      {"deep nesting", file_of(deep, 0), "an array does not belong here"},
      {"deep objects", file_of("{\"a\":{\"shape\":{}}}", 0), "an object does not belong here"},
      {"null", file_of("{\"a\":null}", 0), "null does not belong here"},
      {"boolean", file_of("{\"a\":true}", 0), "a boolean"},
      {"metadata of a number", file_of("{\"__metadata__\":{\"a\":1}}", 0), "a number does not belong here"},
      {"metadata twice", file_of("{\"__metadata__\":{},\"__metadata__\":{}}", 0), "is there twice"},
      {"metadata key twice", file_of("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", 0), "key is there twice"},
      {"zero byte in a name", one(tensor("a\\u0000", "U8", "[0]", 0, 0), 0), "a zero byte"},
      {"no shape", file_of("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,0]}}", 0),
       "lacks its dtype, shape"},
      {"unknown key", file_of("{\"a\":{\"dtipe\":\"F32\"}}", 0), "'dtipe' in tensor 'a' is unknown"},
      {"negative extent", one(tensor("a", "F32", "[-1]", 0, 4), 4), "a negative number"},
      {"fractional extent", one(tensor("a", "F32", "[1.5]", 0, 4), 4), "a fraction"},
      {"huge number", one(tensor("a", "F32", "[1e999]", 0, 4), 4), "damaged header"},
      {"huge extent", one(tensor("a", "F32", "[18446744073709551615]", 0, 4), 4), "is too large"},
      {"extents that overflow", one(tensor("a", "U8", "[16777216,16777216,16777216]", 0, 4), 4),
       "is too large"},
      {"one offset", file_of("{\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0]}}", 0),
       "two data_offsets"},
      {"three offsets", file_of("{\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1,2]}}", 0),
       "more than two"},
      {"end before begin", one(tensor("a", "U8", "[1]", 1, 0), 1), "before its beginning"},
      {"too few bytes", one(tensor("a", "F32", "[2]", 0, 4), 4), "2 F32 elements has 4 bytes"},
      {"too many bytes", one(tensor("a", "F32", "[2]", 0, 12), 12), "has 12 bytes"},
      {"past the end", one(tensor("a", "F32", "[2]", 0, 8), 4), "an end at most 4"},
      {"a gap at the front", one(tensor("a", "U8", "[2]", 2, 4), 4), "expected a beginning at 0"},
      {"a gap", one(tensor("a", "U8", "[1]", 0, 1) + "," + tensor("b", "U8", "[1]", 2, 3), 3),
       "expected a beginning at 1"},
      {"an overlap", one(tensor("a", "U8", "[2]", 0, 2) + "," + tensor("b", "U8", "[2]", 1, 3), 3),
       "expected a beginning at 2"},
      {"bytes of nobody", one(tensor("a", "U8", "[2]", 0, 2), 3), "the last tensor ends at byte"},
      {"a name twice", one(tensor("a", "U8", "[1]", 0, 1) + "," + tensor("a", "U8", "[1]", 1, 2), 2),
       "'a' is there twice"},
  };
  for (const Damage& damage : cases) {
    SCOPED_TRACE(damage.what);
    expect_error(Status::format, damage.message, [&] { reader_of(damage.file); });
  }
  expect_error(Status::unsupported, "more than 8 extents",
               [&] { reader_of(one(tensor("a", "U8", "[1,1,1,1,1,1,1,1,1]", 0, 1), 1)); });
}

TEST(Safetensors, EveryTruncationIsNoticed) {
  const TempDir dir;
  write_example(dir / "a");
  const std::string file = slurp(dir / "a");
  for (size_t size = 0; size < file.size(); ++size)
    expect_error(Status::format, "byte", [&] { reader_of(std::string_view(file).substr(0, size)); });
  expect_error(Status::format, "byte", [&] { reader_of(file + "x"); });
}

TEST(Safetensors, EveryFlippedByteIsAnErrorOrAValidFile) {
  const TempDir dir;
  write_example(dir / "a");
  const std::string file = slurp(dir / "a");
  int noticed = 0, read = 0;
  for (size_t i = 0; i < file.size(); ++i)
    for (int value = 0; value < 256; value += 5) {
      std::string damaged = file;
      damaged[i] = static_cast<char>(value);
      try {
        const SafetensorsReader reader = reader_of(damaged);
        uint64_t end = 0;
        for (const TensorEntry& entry : reader.tensors()) {
          std::vector<std::byte> out(entry.end - entry.begin);
          if (entry.dtype) reader.read(entry, out);
          end = std::max(end, entry.end);
        }
        ASSERT_EQ(end, damaged.size());
        ++read;
      } catch (const Error& error) {
        ASSERT_TRUE(error.status() == Status::format || error.status() == Status::unsupported)
            << error.what();
        ++noticed;
      }
    }
  EXPECT_GT(noticed, 1000);
  EXPECT_GT(read, 1000);
}

TEST(SafetensorsWriter, RefusesWhatNoReaderWouldRead) {
  const TempDir dir;
  const auto write = [&](std::vector<TensorSpec> specs, Metadata metadata = {}) {
    SafetensorsWriter(dir / "a", specs, metadata).commit();
  };
  expect_error(Status::invalid_argument, "not UTF-8", [&] { write({}, {{"key", "\xff"}}); });
  expect_error(Status::invalid_argument, "zero byte", [&] { write({}, {{std::string("k\0", 2), ""}}); });
  expect_error(Status::invalid_argument, "cannot be called 'a'", [&] {
    write({{"a", DType::f32, {0}}, {"a", DType::f32, {0}}});
  });
  expect_error(Status::invalid_argument, "__metadata__", [&] { write({{"__metadata__", DType::f32, {0}}}); });
  EXPECT_TRUE(dir.names().empty());
}

TEST(SafetensorsWriter, BytesMustBeAllThere) {
  const TempDir dir;
  const TensorSpec specs[] = {{"a", DType::u8, {4}}};
  SafetensorsWriter writer(dir / "a", specs, {});
  writer.write(bytes_of("123"));
  expect_error(Status::internal, "1 bytes of the file were not written", [&] { writer.commit(); });
  expect_error(Status::internal, "2 bytes where 1 are missing", [&] { writer.write(bytes_of("45")); });
  EXPECT_FALSE(std::filesystem::exists(dir / "a"));
}

TEST(Metadata, NumbersSurvive) {
  Metadata m;
  std::mt19937_64 random(3);
  for (int i = 0; i < 2000; ++i) {
    const double value = std::bit_cast<double>(random());
    if (std::isnan(value)) continue;
    put_double(m, "x", value);
    EXPECT_EQ(get_double(m, "x"), value);
  }
  for (const double value : {0.0, -0.0, 5e-324, std::numeric_limits<double>::infinity()}) {
    put_double(m, "x", value);
    EXPECT_EQ(std::bit_cast<uint64_t>(get_double(m, "x")), std::bit_cast<uint64_t>(value));
  }
  put_double(m, "x", NAN);
  EXPECT_TRUE(std::isnan(get_double(m, "x")));
  for (const int64_t value : {INT64_MIN, int64_t{-1}, int64_t{0}, INT64_MAX}) {
    put_int(m, "i", value);
    EXPECT_EQ(get_int(m, "i"), value);
  }
}

TEST(Metadata, WhatIsNoNumberIsRefused) {
  for (const char* text : {"", " 1", "1 ", "1x", "0x10", "9223372036854775808", "1.5", "+1", "--1"})
    expect_error(Status::format, "not a 64-bit integer", [&] { get_int({{"i", text}}, "i"); });
  expect_error(Status::format, "not an unsigned", [&] { get_uint({{"i", "-1"}}, "i"); });
  for (const char* text : {"", "1,5", "x", "1e", " 1"})
    expect_error(Status::format, "not a number", [&] { get_double({{"x", text}}, "x"); });
  expect_error(Status::format, "'x' is missing", [&] { get_double({}, "x"); });
}

}  // namespace
}  // namespace fovea::io
