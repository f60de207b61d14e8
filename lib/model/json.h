// JSON, as much as a graph needs of it. nlohmann-json does the text; its own tree is not used, because its
// destructor allocates, which ends the process when memory is short. May use: base; the implementation,
// nlohmann-json.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::model {

struct JsonValue {
  enum class Type { null, boolean, integer, number, string, array, object };

  Type type = Type::null;
  bool boolean = false;
  int64_t integer = 0;
  double number = 0;  // of an integer too
  std::string string;
  std::vector<std::string> keys;     // of an object, one for each child
  std::vector<JsonValue> children;   // of an array or object

  // The member of an object, or null.
  JsonValue* find(std::string_view key);
  void erase(std::string_view key);
};

// Raises FORMAT for what is no JSON, or is nested deeper than `max_depth`.
JsonValue parse_json(std::string_view text, int max_depth);

// A value as text. Strings raise invalid_argument when they are not UTF-8.
std::string json_text(std::string_view value);
std::string json_text(int64_t value);
std::string json_text(double value);
std::string json_text(bool value);

}  // namespace fovea::model
