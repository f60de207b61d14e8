#!/usr/bin/env bash
# Installs what is missing, builds, runs every test, and counts the cases.
#
#   tests/run.sh [--quick] [--filter NAME]...
#
#   --quick         the plain build only, without the sanitizers
#   --filter NAME   only tests (programs) whose name is NAME; may be repeated
#
# FOVEA_DATA=DIR        real data; tests that need it skip without
# FOVEA_REQUIRE_ALL=1   what would skip fails; needs the .NET SDK 8 or later, which Debian does not have
set -euo pipefail
if [ -n "${FOVEA_DATA:-}" ]; then
  FOVEA_DATA=$(realpath -e -- "$FOVEA_DATA")
  export FOVEA_DATA
fi
cd "$(dirname "$0")/.."
source tests/lib/packages.sh

{  # bash reads this to its end before it starts, so that an edit meanwhile does no harm
quick=0 filter=()
while [ $# -gt 0 ]; do
  case $1 in
    --quick) quick=1 ;;
    --filter) filter+=("${2:?--filter needs a name}"); shift ;;
    *) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 1 ;;
  esac
  shift
done

packages=("${build_packages[@]}" libgtest-dev python3 python3-pycparser abigail-tools)
# Only to see whether the golden vectors and the zoo are still what PyTorch and torchvision say; large.
if [ "${FOVEA_REQUIRE_ALL:-}" = 1 ]; then
  packages+=(python3-torch python3-torchvision python3-numpy)
  # Rust may be here without Debian, with some of its tools.
  cargo --version >/dev/null 2>&1 || packages+=(cargo rustc)
  cargo clippy --version >/dev/null 2>&1 || packages+=(rust-clippy)
  cargo fmt --version >/dev/null 2>&1 || packages+=(rustfmt)
fi
need "${packages[@]}"

# A finding of a sanitizer ends the program.
export ASAN_OPTIONS=abort_on_error=0:detect_leaks=1:strict_string_checks=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1

counts=build/tests/counts
mkdir -p build/tests
: >$counts
begin=$SECONDS

say() { printf '[%3d:%02d] %s\n' $(((SECONDS - begin) / 60)) $(((SECONDS - begin) % 60)) "$*"; }

stage() {  # NAME MESON_OPTION...: configures, builds, tests
  local name=$1 build=build/tests/$1
  shift
  say "$name: building"
  if [ ! -f "$build/build.ninja" ]; then
    meson setup "$build" -Dwerror=true "$@" >"$build.log" 2>&1 || { tail -n 30 "$build.log"; failed_stage "$name" setup; return; }
  fi
  ninja -C "$build" >"$build.log" 2>&1 || { tail -n 60 "$build.log"; failed_stage "$name" build; return; }
  say "$name: testing"
  # GoogleTest programs report their cases here, as <program>.xml.
  local results=$PWD/$build/results
  rm -rf "$results" "$build/meson-logs/testlog.json"
  GTEST_OUTPUT="xml:$results/" meson test -C "$build" --no-rebuild "${filter[@]}" >"$build.log" 2>&1 || true
  if [ ! -f "$build/meson-logs/testlog.json" ]; then
    tail -n 30 "$build.log"
    failed_stage "$name" test
  else
    python3 tests/lib/summary.py "$build" "$results" $counts
  fi
}

failed_stage() {
  printf '  FAILED  %s: %s\n' "$1" "$2"
  echo 0 1 0 >>$counts
}

# Debug information is for abidiff; it changes no code.
stage plain -Dbuildtype=release -Ddebug=true
if [ $quick = 0 ]; then
  stage address -Ddebug=true -Doptimization=1 -Dcpp_args=-g1 -Db_sanitize=address,undefined -Db_lundef=false
  stage thread -Ddebug=true -Doptimization=1 -Dcpp_args=-g1 -Db_sanitize=thread -Db_lundef=false
fi

say "done"
awk '{ p += $1; f += $2; s += $3 } END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 }' $counts
exit
}
