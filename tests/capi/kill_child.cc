// One of the trainings of kill_training.h, until it is done or killed: kill_child FOLDER INDEX
#include "kill_training.h"

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  fv_error err{};
  if (argc == 3 && fovea::test::train_in(argv[1], std::strtoul(argv[2], nullptr, 10), &err) == FV_OK) return 0;
  std::fprintf(stderr, "%s\n", err.message);
  return 1;
}
