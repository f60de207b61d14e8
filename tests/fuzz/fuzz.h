// What a fuzzer is: one function that takes any bytes, and examples to start from. The file fuzz_<name>.cc
// defines both. libFuzzer's engine or driver.cc calls them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"

// Takes the input apart as the library would; ends the process where the library breaks a promise.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace fovea::fuzz {

// Valid inputs.
std::vector<std::string> seeds();

// Ends the process unless `condition` holds.
inline void promise(bool condition) {
  if (!condition) __builtin_trap();
}

// Runs the reader: damaged bytes may raise an Error that a file can be blamed for, and nothing else.
template <class F>
void blame_the_file(F&& read) {
  try {
    read();
  } catch (const Error& error) {
    promise(error.status() == Status::format || error.status() == Status::unsupported);
    promise(error.what()[0] != '\0');
  }
}

}  // namespace fovea::fuzz
