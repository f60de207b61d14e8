// The registry, and the layers that compute nothing.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "layers/refusals.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using fovea::testing::refusal;

// Writes every field's name and value.
class Recorder final : public AttributeVisitor {
 public:
  std::map<std::string, std::string> seen;
  void field(const char* name, int64_t& v) override { put(name, std::to_string(v)); }
  void field(const char* name, double& v) override { put(name, std::to_string(v)); }
  void field(const char* name, bool& v) override { put(name, v ? "true" : "false"); }
  void field(const char* name, std::span<int64_t> values) override {
    std::string text;
    for (int64_t v : values) text += std::to_string(v) + " ";
    put(name, text);
  }
  void choice(const char* name, int32_t& v, std::span<const char* const> names) override {
    ASSERT_LT(static_cast<size_t>(v), names.size());
    put(name, names[static_cast<size_t>(v)]);
  }
  void bytes(const char* name, std::string& v) override { put(name, v); }
  void begin(const char* name) override { prefix_ += std::string(name) + "."; }
  void end() override { prefix_.resize(prefix_.rfind('.', prefix_.size() - 2) + 1); }

 private:
  void put(const std::string& name, std::string value) {
    EXPECT_TRUE(seen.emplace(prefix_ + name, std::move(value)).second) << name << " twice";
  }
  std::string prefix_;
};

TEST(Registry, EveryKindMakesItself) {
  std::set<std::string_view> seen;
  for (const std::string_view kind : kinds()) {
    EXPECT_TRUE(seen.insert(kind).second) << kind << " twice";
    const auto layer = create(kind);
    ASSERT_NE(layer, nullptr) << kind;
    EXPECT_EQ(layer->kind(), kind);
    EXPECT_EQ(layer->clone()->kind(), kind);
    Recorder recorder;
    layer->attributes(recorder);
  }
  EXPECT_EQ(create("conv7d"), nullptr);
  EXPECT_EQ(create(""), nullptr);
}

TEST(Registry, AttributesAreVisited) {
  Recorder recorder;
  make_average_pool2d({.size = {3, 2}, .strides = {1, 4}, .padding = Padding::same, .exclude_padding = true})
      ->attributes(recorder);
  EXPECT_EQ(recorder.seen["size"], "3 2 ");
  EXPECT_EQ(recorder.seen["strides"], "1 4 ");
  EXPECT_EQ(recorder.seen["padding"], "same");
  EXPECT_EQ(recorder.seen["exclude_padding"], "true");
}

// L15
TEST(Input, L15Shape) {
  const auto layer = make_input({.shape = {28, 28, 1}, .rank = 3});
  EXPECT_EQ(layer->setup({}), (Shape{28, 28, 1}));
  Recorder recorder;
  layer->attributes(recorder);
  EXPECT_EQ(recorder.seen["shape"], "28 28 1 ");
}

TEST(Input, Refuses) {
  EXPECT_EQ(refusal(*make_input({}), {}), "the shape's rank is 0, expected 1 to 7");
  EXPECT_EQ(refusal(*make_input({.rank = 1000}), {}), "the shape's rank is 1000, expected 1 to 7");
  EXPECT_EQ(refusal(*make_input({.shape = {28, 0, 1}, .rank = 3}), {}),
            "extent 1 of the shape is 0, expected at least 1");
  EXPECT_NE(refusal(*make_input({.shape = {1 << 30, 1 << 30, 1}, .rank = 3}), {}), "");
  EXPECT_NE(refusal(*make_input({.shape = {3}, .rank = 1}), {{3}}), "");
  Recorder recorder;
  make_input({.rank = 1000})->attributes(recorder);  // reads no further than there is
}

// L15
TEST(Flatten, L15Shape) {
  const auto layer = make_flatten();
  EXPECT_EQ(layer->setup(std::vector<Shape>{{4, 5, 6}}), (Shape{120}));
  EXPECT_TRUE(layer->traits().view);
}

}  // namespace
}  // namespace fovea::layers
