#!/usr/bin/env bash
# From nothing to a trained network: installs what is missing, builds, trains LeNet-5 on images of digits,
# saves it, and classifies a few test images with a second process. Arguments go to `quickstart train`.
set -euo pipefail
[ -z "${FOVEA_DATA:-}" ] || FOVEA_DATA=$(realpath -m -- "$FOVEA_DATA")
cd "$(dirname "$0")/.."
source tests/lib/packages.sh

build=build/quickstart
out=$build/out

# ---- build ------------------------------------------------------------------------------------------
need "${build_packages[@]}"
mkdir -p $out
if [ ! -f $build/build.ninja ]; then
  printf 'Configuring %s\n' $build
  meson setup $build -Dtests=false -Dbench=false >$build.log 2>&1 || { tail -n 20 $build.log; exit 1; }
fi
ninja -C $build samples/quickstart

# ---- data -------------------------------------------------------------------------------------------
mirrors=(https://ossci-datasets.s3.amazonaws.com/mnist https://storage.googleapis.com/cvdf-datasets/mnist)
files=(
  440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609 train-images-idx3-ubyte.gz
  3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c train-labels-idx1-ubyte.gz
  8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6 t10k-images-idx3-ubyte.gz
  f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6 t10k-labels-idx1-ubyte.gz
)

download() {  # URL FILE
  if command -v curl >/dev/null; then
    curl -fsSL --connect-timeout 5 --max-time 120 -o "$2" "$1"
  else
    wget -q --connect-timeout=5 --read-timeout=30 --tries=1 -O "$2" "$1"
  fi 2>/dev/null
}

fetch_mnist() {  # DIRECTORY: fills it with files whose sums are right; fails when no mirror has them
  mkdir -p "$1"
  # Where neither can be had, digits are drawn.
  command -v curl >/dev/null || command -v wget >/dev/null || (need curl ca-certificates) || return 1
  local i sum file mirror reachable=("${mirrors[@]}")
  for ((i = 0; i < ${#files[@]}; i += 2)); do
    sum=${files[i]} file=${files[i + 1]}
    [ -f "$1/$file" ] && continue
    for mirror in "${reachable[@]}"; do
      if download "$mirror/$file" "$1/$file.part" && echo "$sum  $1/$file.part" | sha256sum --check --status; then
        mv "$1/$file.part" "$1/$file"
        reachable=("$mirror")  # the others did not answer
        continue 2
      fi
      rm -f "$1/$file.part"
    done
    return 1
  done
}

if [ -n "${FOVEA_DATA:-}" ]; then
  if [ ! -f "$FOVEA_DATA/mnist/train-images-idx3-ubyte.gz" ]; then
    printf 'FOVEA_DATA is set, but there is no %s/mnist/train-images-idx3-ubyte.gz\n' "$FOVEA_DATA"
    exit 1
  fi
  data=(--data "$FOVEA_DATA/mnist")
  printf 'Data: MNIST from %s\n' "$FOVEA_DATA/mnist"
elif fetch_mnist build/data/mnist; then
  data=(--data build/data/mnist)
  printf 'Data: MNIST, downloaded into build/data/mnist\n'
else
  data=()
  printf 'Data: drawn digits (no FOVEA_DATA, and MNIST could not be downloaded)\n'
fi

# ---- train, then load and classify in a second process ------------------------------------------------
$build/samples/quickstart train "${data[@]}" --out $out "$@"
printf '\n'
$build/samples/quickstart classify "${data[@]}" --out $out
printf '\nCheckpoint:  %s\nFilters:     %s\nLoss curve:  %s\n' \
  "$PWD/$out/quickstart.fovea" "$PWD/$out/filters.png" "$PWD/$out/loss.png"
