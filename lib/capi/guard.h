// The fence between C and C++: every public function's body runs inside guard(). May use: all.
#pragma once
#include <fovea/fovea.h>

#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <type_traits>

#include "base/error.h"
#include "base/fpmode.h"

namespace fovea::capi {

inline fv_status report(fv_error* error, Status status, uint64_t node, const char* message) noexcept {
  if (error != nullptr) {
    error->code = static_cast<fv_status>(status);
    error->reserved = 0;
    error->node = node;
    std::snprintf(error->message, sizeof error->message, "%s", message);
  }
  return static_cast<fv_status>(status);
}

// Runs `body` without touching the floating-point mode, and turns whatever it throws into a status.
template <class F> fv_status fence(fv_error* error, F&& body) noexcept {
  try {
    body();
    return FV_OK;
  } catch (const Error& e) {
    return report(error, e.status(), e.node(), e.what());
  } catch (const std::bad_alloc&) {
    return report(error, Status::out_of_memory, 0, "no memory");
  } catch (const std::exception& e) {
    return report(error, Status::internal, 0, e.what());
  } catch (...) {
    return report(error, Status::internal, 0, "an exception of unknown type");
  }
}

// fence() in the library's floating-point mode.
template <class F> fv_status guard(fv_error* error, F&& body) noexcept {
  const FpMode mode;
  return fence(error, std::forward<F>(body));
}

// What a callback of the host's returned, which may be anything but FV_OK.
inline Status status_of(fv_status status) {
  return status > FV_OK && status <= FV_INTERNAL ? static_cast<Status>(status) : Status::internal;
}

// A required pointer argument.
template <class T> T& need(T* pointer, const char* name) {
  if (pointer == nullptr) fail(Status::invalid_argument, "%s is NULL", name);
  return *pointer;
}

// ---- descriptors --------------------------------------------------------------------------------------

// A copy of the caller's descriptor as this library knows it: fields that an older caller lacks are zero; a
// longer one of a newer caller is refused unless its unknown tail is zero. NULL: all defaults.
template <class Desc> Desc read_desc(const Desc* given, const char* name) {
  Desc desc;
  std::memset(&desc, 0, sizeof desc);
  desc.struct_size = sizeof desc;
  if (given == nullptr) return desc;
  const size_t size = given->struct_size;
  FOVEA_REQUIRE(size >= sizeof desc.struct_size && size <= 65536, "%s.struct_size is %zu, expected %zu", name,
                size, sizeof desc);
  const auto* bytes = reinterpret_cast<const unsigned char*>(given);
  for (size_t i = sizeof desc; i < size; ++i)
    if (bytes[i] != 0)
      fail(Status::unsupported, "%s has a field at byte %zu that this version (%u) does not know", name, i,
           FV_VERSION);
  std::memcpy(static_cast<void*>(&desc), given, size < sizeof desc ? size : sizeof desc);
  return desc;
}

// Whether the caller's descriptor reaches over `field`. For what must be read before read_desc() may refuse
// the rest.
template <class Desc, class Field> bool has_field(const Desc* given, Field Desc::*field) {
  if (given == nullptr) return false;
  const auto* end = reinterpret_cast<const unsigned char*>(&(given->*field) + 1);
  return given->struct_size >= static_cast<size_t>(end - reinterpret_cast<const unsigned char*>(given));
}

// Writes as much of a result as the caller's struct_size has room for.
template <class Info> void write_info(Info* out, const Info& result, const char* name) {
  need(out, name);
  const uint32_t size = out->struct_size;
  FOVEA_REQUIRE(size >= sizeof result.struct_size, "%s.struct_size is not set", name);
  std::memcpy(static_cast<void*>(out), &result, size < sizeof result ? size : sizeof result);
  out->struct_size = size;
}

// The number that a field stands for: 0 is the default, FV_ZERO is 0.
inline double number(double given, double otherwise) {
  if (given == 0) return otherwise;
  return given == FV_ZERO ? 0 : given;
}

// An enum field: one of 0 .. last.
template <class E>
E choice(int32_t given, E last, const char* field) {
  FOVEA_REQUIRE(given >= 0 && given <= static_cast<int32_t>(last), "%s is %d, expected 0 to %d", field,
                static_cast<int>(given), static_cast<int>(last));
  return static_cast<E>(given);
}

// ---- variable-size output -----------------------------------------------------------------------------

// Copies text with its terminating zero, cut to fit.
inline void write_text(const char* text, size_t length, char* buffer, size_t capacity, size_t* needed) {
  FOVEA_REQUIRE(buffer != nullptr || capacity == 0, "buffer is NULL");
  if (needed != nullptr) *needed = length + 1;
  if (capacity == 0) return;
  const size_t n = length < capacity - 1 ? length : capacity - 1;
  std::memcpy(buffer, text, n);
  buffer[n] = '\0';
}

}  // namespace fovea::capi
