// A layer's attributes, visited by name: one list serves for writing a graph and for reading it.
// Uses std only.
#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace fovea {

// A reader leaves a field that the file lacks at its value; it refuses names that no field claimed.
class AttributeVisitor {
 public:
  virtual ~AttributeVisitor() = default;
  virtual void field(const char* name, int64_t& value) = 0;
  virtual void field(const char* name, double& value) = 0;
  virtual void field(const char* name, bool& value) = 0;
  // A fixed number of extents.
  virtual void field(const char* name, std::span<int64_t> values) = 0;
  // One of names[0 .. n-1], kept as its index; names of values that do not exist are null.
  virtual void choice(const char* name, int32_t& value, std::span<const char* const> names) = 0;
  // Any bytes, also zeros.
  virtual void bytes(const char* name, std::string& value) = 0;
  // Fields between begin and end belong to the object `name`.
  virtual void begin(const char* name) = 0;
  virtual void end() = 0;

  template <class E>
    requires std::is_enum_v<E>
  void choice(const char* name, E& value, std::span<const char* const> names) {
    int32_t raw = static_cast<int32_t>(value);
    choice(name, raw, names);
    value = static_cast<E>(raw);
  }
};

}  // namespace fovea
