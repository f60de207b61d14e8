// A fuzzer's engine for machines without libFuzzer: seeds, a mutator that draws the same every time, and a
// number of rounds. Part of the ordinary tests.
//
//   fuzz_x [ROUNDS]        mutate and run (default 20000)
//   fuzz_x --seeds FOLDER  write the seeds as files, for libFuzzer to begin with
//   fuzz_x FILE...         run these inputs, such as one that libFuzzer has found
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "fuzz/fuzz.h"

namespace {

using Random = std::mt19937;

size_t below(Random& random, size_t n) {
  return n == 0 ? 0 : random() % n;
}

// Bytes in which edge cases live.
constexpr unsigned char kBytes[] = {0,   1,   2,   3,   4,   8,   9,   0x1f, 0x8b, 0x20, '"',  '[', ']',
                                    '{', '}', ',', ':', '-', '0', '9', 'e',  '\\', 0x7f, 0x80, 0xff};

void mutate(std::string& input, const std::vector<std::string>& seeds, Random& random) {
  const size_t at = below(random, input.size() + 1);
  const size_t n = 1 + below(random, 16);
  switch (below(random, 8)) {
    case 0:
      if (at < input.size()) input[at] = static_cast<char>(input[at] ^ (1 << below(random, 8)));
      break;
    case 1:
      if (at < input.size()) input[at] = static_cast<char>(kBytes[below(random, std::size(kBytes))]);
      break;
    case 2:
      input.insert(at, 1, static_cast<char>(kBytes[below(random, std::size(kBytes))]));
      break;
    case 3:
      input.erase(at, n);
      break;
    case 4:
      input.insert(at, input.substr(below(random, input.size() + 1), n));
      break;
    case 5:
      input.resize(at);
      break;
    case 6: {  // an integer of two to eight bytes becomes all ones or a small number
      const size_t width = size_t{2} << below(random, 3);
      const char fill = below(random, 2) != 0 ? '\xff' : '\0';
      for (size_t i = at; i < std::min(at + width, input.size()); ++i) input[i] = fill;
      break;
    }
    default: {
      const std::string& other = seeds[below(random, seeds.size())];
      input.replace(at, n, other.substr(below(random, other.size() + 1), n));
    }
  }
}

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> seeds = fovea::fuzz::seeds();
  if (argc == 3 && std::string(argv[1]) == "--seeds") {
    std::filesystem::create_directories(argv[2]);
    for (size_t i = 0; i < seeds.size(); ++i)
      std::ofstream(std::string(argv[2]) + "/seed" + std::to_string(i), std::ios::binary) << seeds[i];
    return 0;
  }
  char* end = nullptr;
  const long rounds = argc == 2 ? std::strtol(argv[1], &end, 10) : 20000;
  if (argc > 2 || (end != nullptr && *end != '\0')) {
    for (int i = 1; i < argc; ++i) {
      std::ifstream file(argv[i], std::ios::binary);
      run({std::istreambuf_iterator<char>(file), {}});
    }
    return 0;
  }
  for (const std::string& seed : seeds) run(seed);
  for (long round = 0; round < rounds; ++round) {
    Random random(static_cast<Random::result_type>(round));
    std::string input = seeds[below(random, seeds.size())];
    for (size_t i = 1 + below(random, 6); i > 0; --i) mutate(input, seeds, random);
    run(input);
  }
  std::printf("%ld rounds\n", rounds);
  return 0;
}
