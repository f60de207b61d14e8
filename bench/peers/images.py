#!/usr/bin/env python3
"""ResNet's training transform on JPEG photographs (decode, short side 256 to 480, window of 224, mirrored or not,
normalised to f32) by Fovea and by torchvision with PIL, one core each, in turn, in one run. Time is the process's own
on the processor. See README.md.

  images.py FOLDER [--build DIR] [--rounds N] [--seconds S]     FOLDER: of class folders with JPEG files
"""
import argparse
import json
import pathlib
import statistics

from measuring import Unavailable, python_with_torch, run, thread_env

HERE = pathlib.Path(__file__).resolve().parent


def ours(args):
    program = args.build / "bench" / "images"
    if not program.exists():
        raise Unavailable(f"{program} does not exist: meson setup {args.build} -Dbench=true && "
                          f"ninja -C {args.build} bench/images")
    out, _ = run([program, "--benchmark_filter=^transform/resnet/workers:0/threads:1(/|$)", "--benchmark_format=json",
                  f"--benchmark_min_time={args.seconds}"], {**thread_env(1), "FOVEA_IMAGES": str(args.folder)})
    row = json.loads(out)["benchmarks"][0]
    return row["items_per_second"] * row["real_time"] / row["cpu_time"]


def torchvision(args):
    out, _ = run([python_with_torch(args.python), HERE / "torch_images.py", args.folder, "--seconds",
                  str(args.seconds)], thread_env(1))
    return json.loads(out.splitlines()[-1])["items_per_second"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent.parent / "build")
    parser.add_argument("--python", default=None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    args = parser.parse_args()
    pairs = []
    for number in range(args.rounds):
        pairs.append((ours(args), torchvision(args)))
        print(f"round {number + 1}: {pairs[-1][0]:6.0f} images/s   torchvision {pairs[-1][1]:6.0f}   "
              f"ratio {pairs[-1][0] / pairs[-1][1]:.2f}", flush=True)
    print(f"median ratio {statistics.median(a / b for a, b in pairs):.2f}")


if __name__ == "__main__":
    main()
