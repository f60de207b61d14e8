#!/usr/bin/env python3
"""Fovea beside PyTorch and ONNX Runtime: the same networks, batches and threads, in turn, in one run.

Every measurement is a fresh process. Rounds are interleaved (ours, PyTorch, ONNX Runtime, ours, ...), so
that a slow minute of the machine hits all sides; the table shows medians. See README.md. Needs only
Python's standard library.
"""
import argparse
import dataclasses
import json
import pathlib
import re
import shutil
import subprocess
import sys

from measuring import (Unavailable, aligned, available, disturbed, measure_all, median, number, processor,
                       python_with_torch, ratio, run, thread_env, torch_env)

HERE = pathlib.Path(__file__).resolve().parent
TRAIN_BATCH = {"lenet5": 64, "keras_cnn": 128, "resnet20": 128, "alexnet": 32, "resnet18": 16, "vgg16": 8,
               "resnet50": 16, "googlenet": 16, "mobilenet_v2": 16, "densenet121": 8}
SHAPES = dict.fromkeys(TRAIN_BATCH, "3,224,224") | {"lenet5": "1,28,28", "keras_cnn": "1,28,28", "resnet20": "3,32,32"}
INFER_BATCHES = (16, 1)
# What Fovea is to reach with 2 threads: training over PyTorch's speed, inference over ONNX Runtime's.
GOALS = {"train": {"lenet5": 3, "keras_cnn": 2, "resnet20": 3, "alexnet": 2, "resnet18": 3, "vgg16": 3, "resnet50": 2,
                   "googlenet": 2, "mobilenet_v2": 2, "densenet121": 2},
         "infer": {"lenet5": 1.5, "keras_cnn": 1.5, "resnet20": 1.5, "alexnet": 1.2, "resnet18": 2, "vgg16": 2,
                   "resnet50": 1.3, "googlenet": 1.2, "mobilenet_v2": 1, "densenet121": 1.2}}
NODES = 8  # of a profile
OURS, TORCH, TORCH_LAST, ORT = "ours", "torch", "torch_channels_last", "ort"
TITLES = {OURS: "Fovea", TORCH: "PyTorch contiguous", TORCH_LAST: "PyTorch channels_last",
          ORT: "ONNX Runtime"}


@dataclasses.dataclass(frozen=True)
class Case:
    mode: str  # "train" or "infer"
    network: str
    batch: int

    def __str__(self):
        return f"{self.mode} {self.network}, batch {self.batch}"

    @property
    def goal(self):
        return GOALS[self.mode][self.network]


class Ours:
    def __init__(self, args):
        self.args = args
        self.program = args.build / "bench" / "networks"
        if not self.program.exists():
            raise Unavailable(f"{self.program} does not exist: meson setup {args.build} -Dbench=true && "
                              f"ninja -C {args.build} bench/networks")

    def has(self, case):
        return True

    def measure(self, case):
        out, usage = self.run(case, ["--benchmark_format=json"], self.args.seconds)
        rows = json.loads(out)["benchmarks"] if out.strip() else []
        if not rows:
            raise Unavailable(f"bench/networks has no row for {case}")
        if rows[0].get("error_occurred"):
            raise Unavailable(rows[0]["error_message"])
        return {"items_per_second": rows[0]["items_per_second"], **usage}

    def run(self, case, options, seconds):
        row = f"{case.mode}/{case.network}/batch:{case.batch}/threads:{self.args.threads}"
        env = thread_env(self.args.threads)
        if self.args.tune:
            options = ["--tune", *options]
        if self.args.isa == "avx2":
            options, env = ["--avx2", *options], {**env, "OPENBLAS_CORETYPE": "Haswell"}
        return run([self.program, *options, f"--benchmark_filter=^{row}(/|$)",
                    f"--benchmark_min_time={seconds}"], env)

    def profile(self, case):
        """The head and the nodes that take most of the time, as lines of text."""
        lines = self.run(case, ["--nodes"], 0.1)[0].splitlines()
        head = max((i for i, line in enumerate(lines) if line.startswith("node ")), default=len(lines))  # of the last
        share = {line: float(found[1]) for line in lines[head:] if (found := re.search(r"([\d.]+) %", line))}
        return lines[head:head + 1] + sorted(share, key=share.get, reverse=True)[:NODES]


class Torch:
    def __init__(self, args, channels_last):
        self.args = args
        self.channels_last = channels_last
        self.python = python_with_torch(args.python)
        self.env = torch_env(args)

    def has(self, case):
        return True

    def measure(self, case):
        command = [self.python, HERE / "torch_peer.py", "measure", case.mode, case.network,
                   "--batch", str(case.batch), "--threads", str(self.args.threads),
                   "--seconds", str(self.args.seconds)]
        out, usage = run(command + ["--channels-last"] * self.channels_last, self.env)
        return {**json.loads(out.splitlines()[-1]), **usage}


class OnnxRuntime:
    def __init__(self, args):
        self.args = args
        self.folder = args.build / "peers"
        self.node = shutil.which("node")
        if self.node is None:
            raise Unavailable("node is not installed")
        if not (self.folder / "node_modules" / "onnxruntime-node").is_dir():
            raise Unavailable(f"onnxruntime-node is not installed; "
                              f"compare.py --build {args.build} --install-onnxruntime does it")

    def has(self, case):
        return case.mode == "infer"

    def measure(self, case):
        command = [self.node, HERE / "ort_peer.js", self.folder, self.model(case.network), str(case.batch),
                   str(self.args.threads), str(self.args.seconds), SHAPES[case.network]]
        out, usage = run(command, thread_env(self.args.threads))
        return {**json.loads(out.splitlines()[-1]), **usage}

    def model(self, network):
        path = self.folder / f"{network}.onnx"
        if not path.exists():
            unfinished = path.with_suffix(".tmp")
            run([python_with_torch(self.args.python), HERE / "torch_peer.py", "export", network, unfinished],
                thread_env(self.args.threads))
            unfinished.rename(path)
        return path


def install_onnxruntime(folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}\n')
    subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "onnxruntime-node"],
                   cwd=folder, check=True)


def reached(case, by_side):
    """The ratio that the case's goal is about; None where a side is missing."""
    ours = median(by_side.get(OURS))
    others = [median(by_side.get(side)) for side in ((ORT,) if case.mode == "infer" else (TORCH, TORCH_LAST))]
    best = max(filter(None, others), default=None)
    return ours / best if ours and best else None


def show_missed(side, results):
    """Where the time goes in what stays below its goal."""
    missed = [case for case, by_side in results.items() if (reached(case, by_side) or case.goal) < case.goal]
    for case in missed:
        print(f"\n{case}: {reached(case, results[case]):.2f}x, the goal is {case.goal:g}x. Its time goes to")
        try:
            print("\n".join(side.profile(case)))
        except Unavailable as error:
            print(error)


def mebibytes(value):
    return "-" if value is None else f"{value / 2**20:,.0f}"


def table(cases, results, with_ort):
    head = ["network", "batch", "Fovea img/s", "torch", "torch NHWC", "Fovea/torch"]
    head += ["ORT", "Fovea/ORT"] * with_ort + ["goal", "Fovea MiB", "torch MiB"] + ["ORT MiB"] * with_ort
    rows = [head]
    for case in cases:
        by_side = results[case]
        speed = {side: median(by_side.get(side)) for side in TITLES}
        peak = {side: median(by_side.get(side), "rss") for side in TITLES}
        better = max((s for s in (TORCH, TORCH_LAST) if speed[s]), key=speed.get, default=TORCH)
        row = [case.network, str(case.batch), number(speed[OURS]), number(speed[TORCH]),
               number(speed[TORCH_LAST]), ratio(by_side.get(OURS), by_side.get(better))]
        row += [number(speed[ORT]), ratio(by_side.get(OURS), by_side.get(ORT))] * with_ort
        row += [f"{case.goal:g}x", mebibytes(peak[OURS]), mebibytes(peak[better])] + [mebibytes(peak[ORT])] * with_ort
        rows.append(row)
    return aligned(rows)


def versions(results):
    """{side: (version, libblas)} of the first measurement of each side that tells."""
    found = {}
    for by_side in results.values():
        for side, measurements in by_side.items():
            if measurements and "version" in measurements[0]:
                blas = [b for b in measurements[0].get("blas", []) if "libblas" in b]
                found.setdefault(side, measurements[0]["version"] + "".join(f", {b}" for b in blas))
    return found


def save(path, args, results):
    rows = [{**dataclasses.asdict(case), "side": side, "median_items_per_second": median(m),
             "rounds": [{k: r[k] for k in ("items_per_second", "rss", "others")} for r in m]}
            for case, by_side in results.items() for side, m in by_side.items() if m]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({
        "processor": processor(), "threads": args.threads, "seconds": args.seconds, "isa": args.isa,
        "torch_env": args.torch_env, "versions": versions(results), "results": rows}, indent=1) + "\n")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parents[1] / "build", metavar="DIR",
                        help="build folder with bench/networks; models and results go to DIR/peers")
    parser.add_argument("--nets", nargs="+", choices=list(SHAPES), default=list(SHAPES))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3, help="length of one measurement, without warm-up")
    parser.add_argument("--patience", type=float, default=10, metavar="SECONDS",
                        help="how long to wait before a measurement while other processes are busy")
    parser.add_argument("--train", action="store_true", help="training only")
    parser.add_argument("--infer", action="store_true", help="inference only")
    parser.add_argument("--isa", choices=("sse41", "avx2", "avx512_core"),
                        help="the most that PyTorch's oneDNN may use; avx2: Fovea's kernels, too")
    parser.add_argument("--tune", action="store_true", help="Fovea tunes its algorithms before it is measured")
    parser.add_argument("--torch-env", nargs="+", default=[], metavar="NAME=VALUE",
                        help="environment variables for PyTorch")
    parser.add_argument("--python", metavar="PROGRAM", help="a Python that has torch and torchvision")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="default: DIR/peers/compare.json")
    parser.add_argument("--install-onnxruntime", action="store_true",
                        help="first install onnxruntime-node into DIR/peers")
    args = parser.parse_args()
    if args.threads < 1 or args.rounds < 1 or args.seconds <= 0:
        parser.error("--threads, --rounds and --seconds must be positive")
    if any("=" not in pair for pair in args.torch_env):
        parser.error("--torch-env takes NAME=VALUE")
    args.build = args.build.resolve()
    return args


def main():
    args = arguments()
    if args.install_onnxruntime:
        install_onnxruntime(args.build / "peers")
    both = args.train == args.infer
    train = [Case("train", net, TRAIN_BATCH[net]) for net in args.nets if both or args.train]
    infer = [Case("infer", net, batch) for batch in INFER_BATCHES for net in args.nets if both or args.infer]

    makers = {OURS: lambda: Ours(args), TORCH: lambda: Torch(args, False),
              TORCH_LAST: lambda: Torch(args, True), ORT: lambda: OnnxRuntime(args)}
    reasons = []
    sides = available(makers, TITLES, reasons)
    results = measure_all(args, train + infer, sides, TITLES, reasons)

    print(f"{processor()}, {args.threads} threads, median of {args.rounds} rounds of {args.seconds:g} s")
    if args.isa:
        both = " and Fovea" if args.isa == "avx2" else ""
        print(f"PyTorch's oneDNN{both} limited to {args.isa}; ONNX Runtime cannot be")
    for title, cases, with_ort in (("Training step", train, False), ("Inference", infer, True)):
        if cases:
            print(f"\n{title}\n{table(cases, results, with_ort)}")
    print("\nFovea/torch is against the faster of PyTorch's two layouts; memory is the peak of the process.")
    for side, version in versions(results).items():
        print(f"{TITLES[side]}: {version}")
    if OURS in sides:
        show_missed(sides[OURS], results)
    for reason in reasons + list(filter(None, [disturbed(results)])):
        print(f"- {reason}")
    path = args.json or args.build / "peers" / "compare.json"
    save(path, args, results)
    print(f"Every round: {path}")
    return 0 if any(m for by_side in results.values() for m in by_side.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
