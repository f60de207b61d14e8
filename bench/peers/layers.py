#!/usr/bin/env python3
"""Fovea's layers that compute as convolutions do beside PyTorch's, in turn, in one run: a table of ratios.

As compare.py: every measurement is a fresh process, rounds are interleaved, the table has medians. With one thread,
time is the process's own on the processor, which other processes disturb less. See README.md.
"""
import argparse
import dataclasses
import json
import pathlib
import sys

from measuring import (Unavailable, aligned, available, disturbed, measure_all, median, number, processor,
                       python_with_torch, ratio, run, thread_env, torch_env)

HERE = pathlib.Path(__file__).resolve().parent
CASES = ["dense", "depthwise", "separable", "transposed", "local", "deformable", "maxout"]
OURS, TORCH, TORCH_LAST = "ours", "torch", "torch_channels_last"
TITLES = {OURS: "Fovea", TORCH: "PyTorch contiguous", TORCH_LAST: "PyTorch channels_last"}
CONTIGUOUS_ONLY = ("dense", "local", "maxout")  # what has no layout, or reshapes it


@dataclasses.dataclass(frozen=True)
class Case:
    mode: str  # "forward" or "train"
    layer: str

    def __str__(self):
        return f"{self.mode} {self.layer}"


class Ours:
    def __init__(self, args):
        self.args = args
        self.program = args.build / "bench" / "convolutions"
        if not self.program.exists():
            raise Unavailable(f"{self.program} does not exist: meson setup {args.build} -Dbench=true && "
                              f"ninja -C {args.build} bench/convolutions")

    def has(self, case):
        return True

    def measure(self, case):
        row = f"{case.mode}/{case.layer}/threads:{self.args.threads}"
        out, usage = run([self.program, f"--benchmark_filter=^{row}(/|$)", "--benchmark_format=json",
                          f"--benchmark_min_time={self.args.seconds}"], thread_env(self.args.threads))
        rows = json.loads(out)["benchmarks"] if out.strip() else []
        if not rows:
            raise Unavailable(f"bench/convolutions has no row {row}")
        share = rows[0]["real_time"] / rows[0]["cpu_time"] if self.args.threads == 1 else 1
        return {"items_per_second": rows[0]["items_per_second"] * share, **usage}


class Torch:
    def __init__(self, args, channels_last):
        self.args = args
        self.channels_last = channels_last
        self.python = python_with_torch(args.python)
        self.env = torch_env(args)

    def has(self, case):
        return not (self.channels_last and case.layer in CONTIGUOUS_ONLY)

    def measure(self, case):
        out, usage = run([self.python, HERE / "torch_layers.py", case.mode, case.layer,
                          "--threads", str(self.args.threads), "--seconds", str(self.args.seconds)] +
                         ["--channels-last"] * self.channels_last, self.env)
        return {**json.loads(out.splitlines()[-1]), **usage}


def table(cases, results):
    rows = [["layer", "pass", "Fovea/s", "torch/s", "torch NHWC/s", "Fovea/torch"]]
    for case in cases:
        by_side = results[case]
        speed = {side: median(by_side.get(side)) for side in TITLES}
        better = max((s for s in (TORCH, TORCH_LAST) if speed[s]), key=speed.get, default=TORCH)
        rows.append([case.layer, case.mode, *(number(speed[side]) for side in TITLES),
                     ratio(by_side.get(OURS), by_side.get(better))])
    return aligned(rows)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parents[1] / "build", metavar="DIR",
                        help="build folder with bench/convolutions; results go to DIR/peers")
    parser.add_argument("--layers", nargs="+", choices=CASES, default=CASES)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1, help="length of one measurement, without warm-up")
    parser.add_argument("--patience", type=float, default=10, metavar="SECONDS",
                        help="how long to wait before a measurement while other processes are busy")
    parser.add_argument("--isa", choices=("sse41", "avx2", "avx512_core"),
                        help="the most that PyTorch's oneDNN may use")
    parser.add_argument("--torch-env", nargs="+", default=[], metavar="NAME=VALUE",
                        help="environment variables for PyTorch")
    parser.add_argument("--python", metavar="PROGRAM", help="a Python that has torch and torchvision")
    args = parser.parse_args()
    if args.threads not in (1, 2) or args.rounds < 1 or args.seconds <= 0:
        parser.error("--threads must be 1 or 2, --rounds and --seconds positive")
    args.build = args.build.resolve()
    return args


def main():
    args = arguments()
    reasons = []
    makers = {OURS: lambda: Ours(args), TORCH: lambda: Torch(args, False), TORCH_LAST: lambda: Torch(args, True)}
    sides = available(makers, TITLES, reasons)
    cases = [Case(mode, layer) for layer in args.layers for mode in ("forward", "train")]
    results = measure_all(args, cases, sides, TITLES, reasons)
    print(f"{processor()}, threads: {args.threads}, median of {args.rounds} rounds of {args.seconds:g} s\n")
    print(f"{table(cases, results)}\n")
    print("Samples per second; train is forward and backward. Fovea/torch is against the faster of PyTorch's layouts.")
    for reason in reasons + list(filter(None, [disturbed(results)])):
        print(f"- {reason}")
    path = args.build / "peers" / f"layers_{args.threads}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([{**dataclasses.asdict(case), "side": side, "rounds": found} for case in cases
                                for side, found in results[case].items() if found], indent=1) + "\n")
    print(f"Every round: {path}")
    return 0 if any(m for by_side in results.values() for m in by_side.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
