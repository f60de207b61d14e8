#include "model/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace fovea::model {
namespace {

using Type = JsonValue::Type;

// Builds the tree from the parser's events.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(JsonValue& root, int max_depth) : root_(root), max_depth_(max_depth) {}

  bool null() override { return add(Type::null), true; }
  bool boolean(bool value) override {
    add(Type::boolean).boolean = value;
    return true;
  }
  bool number_integer(number_integer_t value) override {
    JsonValue& v = add(Type::integer);
    v.integer = value;
    v.number = static_cast<double>(value);
    return true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (value <= uint64_t{INT64_MAX}) return number_integer(static_cast<int64_t>(value));
    add(Type::number).number = static_cast<double>(value);
    return true;
  }
  bool number_float(number_float_t value, const string_t&) override {
    add(Type::number).number = value;
    return true;
  }
  bool string(string_t& value) override {
    add(Type::string).string = std::move(value);
    return true;
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return open(Type::object); }
  bool start_array(size_t) override { return open(Type::array); }
  bool end_object() override { return stack_.pop_back(), true; }
  bool end_array() override { return stack_.pop_back(), true; }
  bool key(string_t& value) override {
    key_ = std::move(value);
    return true;
  }
  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) override {
    fail(Status::format, "no JSON at byte %zu", position);
  }

 private:
  JsonValue& add(Type type) {
    if (++values_ > kMaxValues) fail(Status::format, "the text has more than %zu values", kMaxValues);
    JsonValue* value = &root_;
    if (!stack_.empty()) {
      JsonValue& parent = *stack_.back();
      if (parent.type == Type::object) parent.keys.push_back(std::move(key_));
      value = &parent.children.emplace_back();
    }
    value->type = type;
    return *value;
  }
  // A parent grows only when its last child is complete, so the pointers stay valid.
  bool open(Type type) {
    if (static_cast<int>(stack_.size()) >= max_depth_) fail(Status::format, "the text is nested too deeply");
    stack_.push_back(&add(type));
    return true;
  }

  JsonValue& root_;
  // A value takes some hundred bytes, its text perhaps two.
  static constexpr size_t kMaxValues = size_t{1} << 20;

  int max_depth_;
  size_t values_ = 0;
  std::vector<JsonValue*> stack_;
  std::string key_;
};

}  // namespace

JsonValue* JsonValue::find(std::string_view key) {
  const auto found = std::ranges::find(keys, key);
  return found == keys.end() ? nullptr : &children[static_cast<size_t>(found - keys.begin())];
}

void JsonValue::erase(std::string_view key) {
  const auto found = std::ranges::find(keys, key);
  if (found == keys.end()) return;
  children.erase(children.begin() + (found - keys.begin()));
  keys.erase(found);
}

JsonValue parse_json(std::string_view text, int max_depth) {
  JsonValue root;
  Builder builder(root, max_depth);
  nlohmann::json::sax_parse(text, &builder);
  return root;
}

std::string json_text(std::string_view value) {
  try {
    return nlohmann::json(value).dump();
  } catch (const nlohmann::json::exception&) {
    fail(Status::invalid_argument, "the name '%.*s' is not UTF-8",
         static_cast<int>(std::min<size_t>(value.size(), 200)), value.data());
  }
}
std::string json_text(int64_t value) { return nlohmann::json(value).dump(); }
std::string json_text(double value) { return nlohmann::json(value).dump(); }
std::string json_text(bool value) { return value ? "true" : "false"; }

}  // namespace fovea::model
