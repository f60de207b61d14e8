#!/usr/bin/env bash
# Tests the Rust crates as their users build them, against the shared library.
#
#   rust.sh LIBRARY_DIR BUILD_DIR SAME_BITS
#
# SAME_BITS is the C program of that name. All output goes below BUILD_DIR. With FOVEA_ASAN_LIB_DIR=DIR only the
# tests run, against the library in DIR that was built with AddressSanitizer.
set -uo pipefail
library=$(realpath "$1") build=$(realpath "$2") same_bits=$(realpath "$3")
root=$(cd "$(dirname "$0")/../.." && pwd)
cases_class=rust
source "$root/tests/bindings/cases.sh"

command -v cargo >/dev/null || skip_all 'no cargo'
version=$(rustc --version 2>/dev/null | cut -d' ' -f2)
[ "$(printf '%s\n' 1.63 "$version" | sort -V | head -1)" = 1.63 ] || skip_all "rustc ${version:-is missing}; 1.63 is needed"
export FOVEA_LIB_DIR=$library CARGO_TARGET_DIR=$build/rust CARGO_NET_OFFLINE=true CARGO_TERM_COLOR=never
export LD_LIBRARY_PATH=$library${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
mkdir -p "$build"
cd "$root/bindings/rust" || exit 1

# The cases of `cargo test` with these arguments; one of its own where a program ended in another way.
cargo_test() {
  local log=$CARGO_TARGET_DIR/test.log status before=$cases_failed name result
  mkdir -p "$CARGO_TARGET_DIR"
  cargo test --locked --no-fail-fast "$@" >"$log" 2>&1 </dev/null
  status=$?
  while IFS=$'\t' read -r program name result; do
    case $result in
      ok*) add_case passed "$program $name" ;;
      ignored*) add_case skipped "$program $name" "$result" ;;
      *) add_case failed "$program $name" "$(grep -A12 -F -- "---- $name stdout" "$log")" ;;
    esac
  done < <(awk '/^ *Running / { program = $2 == "unittests" ? $3 : $2 }
                /^ *Doc-tests / { program = "doc " $2 }
                /^test .* \.\.\. / { i = index($0, " ... ")
                  print program "\t" substr($0, 6, i - 6) "\t" substr($0, i + 5) }' "$log")
  if [ $status -ne 0 ] && [ "$before" -eq "$cases_failed" ]; then add_case failed 'cargo test' "$(tail -40 "$log")"; fi
}

if [ -n "${FOVEA_ASAN_LIB_DIR:-}" ]; then
  # The sanitizer's library comes first in the tests' processes, not in cargo's.
  asan=$(${CC:-cc} -print-file-name=libasan.so)
  [ -f "$asan" ] || skip_all 'no libasan'
  FOVEA_LIB_DIR=$(cd "$FOVEA_ASAN_LIB_DIR" && pwd)
  export LD_LIBRARY_PATH=$FOVEA_LIB_DIR
  host=$(rustc -vV | sed -n 's/^host: //p' | tr 'a-z-' 'A-Z_')
  export "CARGO_TARGET_${host}_RUNNER=env LD_PRELOAD=$(readlink -f "$asan")"
  export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1}
  cargo build --locked --examples >/dev/null 2>&1 </dev/null
  cargo_test --tests
  finish_cases
fi

cargo_test

# ---- style: the tools come with rustup, with Debian they are packages of their own
if cargo clippy --version >/dev/null 2>&1; then
  check clippy cargo clippy --locked --all-targets -- -D warnings
else
  add_case skipped clippy 'no cargo clippy'
fi
if cargo fmt --version >/dev/null 2>&1; then check fmt cargo fmt --all --check; else add_case skipped fmt 'no cargo fmt'; fi
check documentation env RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps

# ---- one truth across languages
same_as_c() {
  local out=$build/rust_same_bits
  mkdir -p "$out"
  cargo build --locked --examples || return 1
  "$CARGO_TARGET_DIR/debug/examples/same_bits" "$out/rust.fovea" >"$out/rust.txt" || return 1
  "$same_bits" "$out/c.fovea" >"$out/c.txt" || return 1
  cmp "$out/rust.txt" "$out/c.txt" && cmp "$out/rust.fovea" "$out/c.fovea"
}
check 'same bits as C' same_as_c

# ---- a library that is missing, or of another version
says() {  # WORDS COMMAND...: the command fails, and its output has the words
  local words=$1 output
  shift
  output=$("$@" 2>&1) && { echo "no failure: $output"; return 1; }
  grep -qF "$words" <<<"$output" || { echo "'$words' is not in: $output"; return 1; }
}
builds() { env "$@" CARGO_TARGET_DIR="$build/rust_lookup" cargo build --locked -p fovea-sys; }
check 'no library in FOVEA_LIB_DIR' says 'Either set FOVEA_LIB_DIR' builds FOVEA_LIB_DIR="$build/nowhere"
check 'no pkg-config' says 'cannot be run' builds -u FOVEA_LIB_DIR PKG_CONFIG="$build/nowhere"

pc() {  # writes a fovea.pc of a version
  mkdir -p "$build/pc_$1"
  printf 'libdir=%s\nName: fovea\nDescription: fovea\nVersion: %s\nLibs: -L${libdir} -lfovea\n' "$library" "$1" \
    >"$build/pc_$1/fovea.pc"
}
through_pkg_config() { builds -u FOVEA_LIB_DIR PKG_CONFIG_LIBDIR="$build/pc_$1"; }
if command -v pkg-config >/dev/null; then
  mkdir -p "$build/pc_none"
  pc 0.1.0
  pc 0.2.0
  check 'pkg-config knows nothing' says "pkg-config knows no 'fovea'" through_pkg_config none
  check 'pkg-config knows another version' says 'libfovea 0.2.0 is installed' through_pkg_config 0.2.0
  check 'found through pkg-config' through_pkg_config 0.1.0
else
  add_case skipped 'found through pkg-config' 'no pkg-config'
fi

# Every symbol, but of a version to come.
another_version() {
  local fake=$build/fake_library
  mkdir -p "$fake"
  { sed -n 's/^ *\(fv_[a-z0-9_]*\);/\1/p' "$root/lib/fovea.map" | grep -vx fv_version | sed 's/.*/void &(void) {}/'
    echo 'unsigned fv_version(void) { return 900; }'; } >"$fake/fake.c"
  ${CC:-cc} -shared -fPIC -Wl,-soname,libfovea.so.0 -Wl,--version-script,"$root/lib/fovea.map" "$fake/fake.c" \
    -o "$fake/libfovea.so.0" || return 1
  says 'libfovea 0.9.0 is loaded' env LD_LIBRARY_PATH="$fake" "$CARGO_TARGET_DIR/debug/examples/same_bits" "$fake/x"
}
check 'a library of another version' another_version

finish_cases
