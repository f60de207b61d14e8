# Sourced by samples/quickstart.sh and tests/run.sh: asks the system for what a build needs.

# need PACKAGE...: installs the Debian packages that are missing. Elsewhere says what to install and fails.
need() {
  local missing=() package
  if ! command -v dpkg >/dev/null || ! command -v apt-get >/dev/null; then
    elsewhere && return
  fi
  for package in "$@"; do
    dpkg -s "$package" 2>/dev/null | grep -q '^Status: install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local sudo=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { printf 'Please install, as root:\n  apt-get install %s\n' "${missing[*]}"; exit 1; }
    sudo=(sudo)
  fi
  printf 'Installing %s\n' "${missing[*]}"
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}")
  local log
  log=$(mktemp)
  # The package lists may be absent or stale: fetch them once and try again.
  if ! "${sudo[@]}" "${install[@]}" >"$log" 2>&1; then
    { "${sudo[@]}" apt-get update -q && "${sudo[@]}" "${install[@]}"; } >"$log" 2>&1 || {
      tail -n 20 "$log"
      printf 'Could not install: %s\n' "${missing[*]}"
      exit 1
    }
  fi
  rm -f "$log"
}

# On a system without apt: goes on when the tools and libraries are there, else names them.
elsewhere() {
  local missing=() tool library
  for tool in gcc g++ meson ninja pkg-config; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  for library in libhwy zlib nlohmann_json stb openblas; do
    pkg-config --exists "$library" 2>/dev/null || missing+=("$library")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  printf 'This system has no apt-get. Please install, with headers: %s\n' "${missing[*]}"
  printf '%s\n' 'Debian calls them: build-essential meson ninja-build pkg-config libhwy-dev zlib1g-dev' \
    '  nlohmann-json3-dev libstb-dev libopenblas-openmp-dev (a static OpenBLAS built for OpenMP; or configure' \
    '  with -Dopenblas=system to use the shared one).'
  exit 1
}

# What the library itself is built with.
build_packages=(gcc g++ meson ninja-build pkg-config libhwy-dev zlib1g-dev nlohmann-json3-dev libstb-dev
  libopenblas-openmp-dev)
