// Trains with checkpoints until it is done or killed; files_test.cc kills it.
//   train_child CHECKPOINT          from the beginning, or from the checkpoint when it is there
#include <cstdio>

#include "training.h"

int main(int argc, char** argv) {
  fv_error err{};
  if (argc == 2 && fovea::test::train_to_the_end(argv[1], &err) == FV_OK) return 0;
  std::fprintf(stderr, "%s\n", err.message);
  return 1;
}
