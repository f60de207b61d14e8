// Errors, memory and element types.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "base/dtype.h"
#include "base/error.h"
#include "base/memory.h"

namespace fovea {
namespace {

TEST(Error, FormatsItsMessage) {
  try {
    fail(Status::format, "offset %d of '%s'", 17, "file");
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_EQ(e.status(), Status::format);
    EXPECT_STREQ(e.what(), "offset 17 of 'file'");
    EXPECT_EQ(e.node(), 0u);
  }
}

TEST(Error, CutsALongMessage) {
  const std::string text(2000, 'x');
  try {
    fail(Status::io, "%s", text.c_str());
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_EQ(std::strlen(e.what()), static_cast<size_t>(Error::kCapacity - 1));
  }
}

TEST(Error, RequireRaisesInvalidArgument) {
  FOVEA_REQUIRE(true, "not raised");
  try {
    FOVEA_REQUIRE(1 > 2, "%d groups", 5);
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_EQ(e.status(), Status::invalid_argument);
    EXPECT_STREQ(e.what(), "5 groups");
  }
}

struct Counting final : Allocator {
  int live = 0;
  bool refuse = false;
  std::shared_ptr<Allocator> system = system_allocator();
  void* allocate(size_t bytes, size_t alignment) noexcept override {
    if (refuse) return nullptr;
    ++live;
    return system->allocate(bytes, alignment);
  }
  void release(void* p, size_t bytes) noexcept override {
    --live;
    system->release(p, bytes);
  }
};

TEST(Buffer, OwnsAlignedMemory) {
  const auto allocator = std::make_shared<Counting>();
  {
    Buffer a(allocator, 100, true);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(a.data()) % kAlignment, 0u);
    for (size_t i = 0; i < 100; ++i) EXPECT_EQ(a.data()[i], std::byte{0});
    Buffer b(std::move(a));
    EXPECT_EQ(a.data(), nullptr);
    EXPECT_EQ(b.bytes(), 100u);
    b = Buffer(allocator, 7);
    EXPECT_EQ(allocator->live, 1);
    const Buffer empty(allocator, 0);
    EXPECT_EQ(empty.data(), nullptr);
  }
  EXPECT_EQ(allocator->live, 0);
}

TEST(Buffer, RefusedMemoryIsAnError) {
  const auto allocator = std::make_shared<Counting>();
  allocator->refuse = true;
  try {
    const Buffer b(allocator, 12345);
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_EQ(e.status(), Status::out_of_memory);
    EXPECT_STREQ(e.what(), "no memory for a block of 12345 bytes");
  }
}

TEST(AlignUp, Values) {
  static_assert(align_up(0) == 0 && align_up(1) == 64 && align_up(64) == 64 && align_up(65) == 128);
}

TEST(DType, Table) {
  EXPECT_EQ(size_of(DType::f64), 8u);
  EXPECT_STREQ(name_of(DType::u8), "u8");
  EXPECT_FALSE(is_known(static_cast<DType>(0)));
  EXPECT_FALSE(is_known(static_cast<DType>(6)));
  EXPECT_EQ(with_float(DType::f64, [](auto v) { return sizeof v; }), 8u);
  EXPECT_EQ(with_float(DType::f32, [](auto v) { return sizeof v; }), 4u);
}

}  // namespace
}  // namespace fovea
