// A benchmark ends where a call fails. May use: include/fovea.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <fovea/fovea.h>

inline void check(fv_status status, const fv_error& error) {
  if (status == FV_OK) return;
  std::fprintf(stderr, "%s: %s\n", fv_status_name(status), error.message);
  std::exit(1);
}
