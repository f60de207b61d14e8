// The one exception of the library. Its message is stored inline, so that raising it needs no heap
// beyond what the C++ runtime keeps for exceptions. May use: std.
#pragma once
#include <cstdarg>
#include <cstdint>
#include <exception>

#include "base/status.h"

namespace fovea {

class Error final : public std::exception {
 public:
  static constexpr int kCapacity = 496;

  Error(Status status, uint64_t node) noexcept : status_(status), node_(node) { text_[0] = '\0'; }

  const char* what() const noexcept override { return text_; }
  Status status() const noexcept { return status_; }
  // Public node id (fv_node) that the error is about; 0 when it is about none.
  uint64_t node() const noexcept { return node_; }
  void set_node(uint64_t node) noexcept { node_ = node; }
  void format(const char* format, va_list args) noexcept;

 private:
  Status status_;
  uint64_t node_;
  char text_[kCapacity];
};

#if defined(__GNUC__)
#define FOVEA_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define FOVEA_PRINTF(f, a)
#endif

// Raises Error with a printf-style message: one line, exact, no full stop.
[[noreturn]] void fail(Status status, const char* format, ...) FOVEA_PRINTF(2, 3);

// Raises Error(invalid_argument) unless `condition` holds.
#define FOVEA_REQUIRE(condition, ...)                                    \
  do {                                                                   \
    if (!(condition)) ::fovea::fail(::fovea::Status::invalid_argument, __VA_ARGS__); \
  } while (0)

}  // namespace fovea
