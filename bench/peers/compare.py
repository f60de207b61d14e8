#!/usr/bin/env python3
"""Fovea beside PyTorch and ONNX Runtime: the same networks, batches and threads, in turn, in one run.

Every measurement is a fresh process. Rounds are interleaved (ours, PyTorch, ONNX Runtime, ours, ...), so
that a slow minute of the machine hits all sides; the table shows medians. See README.md. Needs only
Python's standard library.
"""
import argparse
import dataclasses
import glob
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TRAIN_BATCH = {"lenet5": 64, "keras_cnn": 128, "resnet20": 128, "alexnet": 32, "resnet18": 16, "vgg16": 8,
               "resnet50": 16, "googlenet": 16, "mobilenet_v2": 16, "densenet121": 8}
SHAPES = dict.fromkeys(TRAIN_BATCH, "3,224,224") | {"lenet5": "1,28,28", "keras_cnn": "1,28,28", "resnet20": "3,32,32"}
INFER_BATCHES = (16, 1)
OURS, TORCH, TORCH_LAST, ORT = "ours", "torch", "torch_channels_last", "ort"
TITLES = {OURS: "Fovea", TORCH: "PyTorch contiguous", TORCH_LAST: "PyTorch channels_last",
          ORT: "ONNX Runtime"}
MUCH_TO_OTHERS = 0.03
TIME_LIMIT = 900  # seconds, for one process


class Unavailable(Exception):
    """A side that cannot run here; the text says why."""


@dataclasses.dataclass(frozen=True)
class Case:
    mode: str  # "train" or "infer"
    network: str
    batch: int


def processor_seconds():
    """What all processes together have used of the processor so far."""
    with open("/proc/stat") as stat:
        user, nice, system = map(int, stat.readline().split()[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def wait_for_quiet(patience):
    """Until other processes leave the processor alone, but no longer than `patience` seconds."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        used = processor_seconds()
        time.sleep(0.5)
        if processor_seconds() - used <= 0.5 * MUCH_TO_OTHERS * os.cpu_count():
            return


def run(command, env=None):
    """Runs a measurement; (its standard output, {"rss": its peak resident set in bytes, "others": the share
    of the processor that other processes took meanwhile})."""
    used_before, start = processor_seconds(), time.monotonic()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        try:
            child = subprocess.Popen(command, env=env, stdout=out, stderr=err, stdin=subprocess.DEVNULL)
        except OSError as error:
            raise Unavailable(f"{command[0]}: {error.strerror}") from None
        deadline = time.monotonic() + TIME_LIMIT
        try:
            pid = 0
            while pid == 0:
                pid, status, usage = os.wait4(child.pid, os.WNOHANG)
                if pid == 0 and time.monotonic() > deadline:
                    raise Unavailable(f"took longer than {TIME_LIMIT} s")
                time.sleep(0 if pid else 0.02)
            child.returncode = os.waitstatus_to_exitcode(status)
        finally:
            if child.returncode is None:
                child.kill()
                child.wait()
        out.seek(0)
        err.seek(0)
        if child.returncode != 0:
            lines = err.read().strip().splitlines() or ["no message"]
            raise Unavailable(f"exit code {child.returncode}: {lines[-1][:200]}")
        others = processor_seconds() - used_before - usage.ru_utime - usage.ru_stime
        share = others / ((time.monotonic() - start) * os.cpu_count())
        return out.read(), {"rss": usage.ru_maxrss * 1024, "others": round(max(share, 0.0), 3)}


class Ours:
    def __init__(self, args):
        self.args = args
        self.program = args.build / "bench" / "networks"
        if not self.program.exists():
            raise Unavailable(f"{self.program} does not exist: meson setup {args.build} -Dbench=true && "
                              f"ninja -C {args.build} bench/networks")

    def measure(self, case):
        row = f"{case.mode}/{case.network}/batch:{case.batch}/threads:{self.args.threads}"
        out, usage = run([self.program, f"--benchmark_filter=^{row}(/|$)", "--benchmark_format=json",
                          f"--benchmark_min_time={self.args.seconds}"], thread_env(self.args.threads))
        rows = json.loads(out)["benchmarks"] if out.strip() else []
        if not rows:
            raise Unavailable(f"bench/networks has no row {row}")
        if rows[0].get("error_occurred"):
            raise Unavailable(rows[0]["error_message"])
        return {"items_per_second": rows[0]["items_per_second"], **usage}


class Torch:
    def __init__(self, args, channels_last):
        self.args = args
        self.channels_last = channels_last
        self.python = python_with_torch(args.python)
        self.env = torch_env(args)

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

    def measure(self, case):
        if case.mode == "train":
            raise Unavailable("")
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


def thread_env(threads):
    return {**os.environ, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads),
            "PYTHONDONTWRITEBYTECODE": "1"}


def torch_env(args):
    """Debian's PyTorch runs on OpenMP threads and on whichever libblas the system has chosen. OpenBLAS on
    threads of its own fights with OpenMP's for the cores (LeNet-5 trains 2.5 times slower), so PyTorch
    gets the OpenMP build where it is installed."""
    env = thread_env(args.threads)
    folders = glob.glob(f"/usr/lib/{platform.machine()}-linux-gnu/openblas-openmp")
    if folders:
        folders += filter(None, [env.get("LD_LIBRARY_PATH")])
        env["LD_LIBRARY_PATH"] = os.pathsep.join(folders)
    if args.isa:
        env["ONEDNN_MAX_CPU_ISA"] = args.isa.upper()
    env.update(pair.split("=", 1) for pair in args.torch_env)
    return env


def python_with_torch(wanted):
    for python in [wanted] if wanted else [sys.executable, "/usr/bin/python3"]:
        check = subprocess.run([python, "-c", "import torch, torchvision"], capture_output=True) \
            if shutil.which(python) else None
        if check and check.returncode == 0:
            return python
    raise Unavailable(f"{wanted or 'neither this Python nor /usr/bin/python3'} has torch and torchvision "
                      "(Debian: python3-torch python3-torchvision)")


def install_onnxruntime(folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}\n')
    subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "onnxruntime-node"],
                   cwd=folder, check=True)


class Progress:
    """What runs now and how long the rest may take, on standard error."""

    def __init__(self, total, seconds):
        self.total, self.done, self.start = total, 0, time.monotonic()
        self.guess = 1.2 * seconds + 2

    def show(self, text):
        passed = time.monotonic() - self.start
        each = passed / self.done if self.done else self.guess
        left = round(each * (self.total - self.done))
        print(f"[{self.done + 1:{len(str(self.total))}}/{self.total}] {text}; about "
              f"{left // 60}:{left % 60:02} left", file=sys.stderr, flush=True)
        self.done += 1


def measure_all(args, cases, sides, reasons):
    """{case: {side: [measurement, ...]}}; a side that fails on a case is left out of its later rounds."""
    results = {case: {side: [] for side in sides} for case in cases}
    jobs = [(case, turn, side) for case in cases for turn in range(args.rounds) for side in sides
            if not (case.mode == "train" and side == ORT)]
    progress = Progress(len(jobs), args.seconds)
    failed = set()
    for case, turn, side in jobs:
        progress.show(f"{case.mode} {case.network}, batch {case.batch}: {TITLES[side]}, "
                      f"round {turn + 1} of {args.rounds}")
        if (case, side) in failed:
            continue
        try:
            wait_for_quiet(args.patience)
            results[case][side].append(sides[side].measure(case))
        except (Unavailable, ValueError, KeyError) as error:
            failed.add((case, side))
            reasons.append(f"{TITLES[side]}, {case.mode} {case.network}, batch {case.batch}: {error}")
        except KeyboardInterrupt:
            reasons.append("interrupted: later measurements are missing")
            break
    return results


def is_quiet(measurement):
    return measurement["others"] <= MUCH_TO_OTHERS


def median(measurements, key="items_per_second"):
    """Over the quiet rounds; over all when none was quiet."""
    chosen = list(filter(is_quiet, measurements or [])) or measurements
    return statistics.median(m[key] for m in chosen) if chosen else None


def number(value):
    return "-" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def ratio(ours, theirs):
    """Of the medians of two series of measurements; in brackets where one of them had no quiet round."""
    if not ours or not theirs:
        return "-"
    text = f"{median(ours) / median(theirs):.2f}x"
    return text if any(map(is_quiet, ours)) and any(map(is_quiet, theirs)) else f"({text})"


def mebibytes(value):
    return "-" if value is None else f"{value / 2**20:,.0f}"


def table(cases, results, with_ort):
    head = ["network", "batch", "Fovea img/s", "torch", "torch NHWC", "Fovea/torch"]
    head += ["ORT", "Fovea/ORT"] * with_ort + ["Fovea MiB", "torch MiB"] + ["ORT MiB"] * with_ort
    rows = [head]
    for case in cases:
        by_side = results[case]
        speed = {side: median(by_side.get(side)) for side in TITLES}
        peak = {side: median(by_side.get(side), "rss") for side in TITLES}
        better = max((s for s in (TORCH, TORCH_LAST) if speed[s]), key=speed.get, default=TORCH)
        row = [case.network, str(case.batch), number(speed[OURS]), number(speed[TORCH]),
               number(speed[TORCH_LAST]), ratio(by_side.get(OURS), by_side.get(better))]
        row += [number(speed[ORT]), ratio(by_side.get(OURS), by_side.get(ORT))] * with_ort
        row += [mebibytes(peak[OURS]), mebibytes(peak[better])] + [mebibytes(peak[ORT])] * with_ort
        rows.append(row)
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ["  ".join([row[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(row[1:], widths[1:])])
             for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0])] + lines[1:])


def processor():
    try:
        with open("/proc/cpuinfo") as info:
            return next(line.split(":", 1)[1].strip() for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def versions(results):
    """{side: (version, libblas)} of the first measurement of each side that tells."""
    found = {}
    for by_side in results.values():
        for side, measurements in by_side.items():
            if measurements and "version" in measurements[0]:
                blas = [b for b in measurements[0].get("blas", []) if "libblas" in b]
                found.setdefault(side, measurements[0]["version"] + "".join(f", {b}" for b in blas))
    return found


def disturbed(results):
    """A line about measurements during which other processes had much of the processor, if any."""
    series = [found for by_side in results.values() for found in by_side.values() if found]
    rounds = [m for found in series for m in found]
    loud = [m["others"] for m in rounds if not is_quiet(m)]
    hopeless = sum(not any(map(is_quiet, found)) for found in series)
    return loud and (f"other processes took {MUCH_TO_OTHERS:.0%} to {max(loud):.0%} of the processor in "
                     f"{len(loud)} of {len(rounds)} measurements. Medians leave these out; {hopeless} of "
                     f"{len(series)} medians have no other, their ratios, in brackets, mean nothing")


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
                        help="the most that PyTorch's oneDNN may use")
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
    sides, reasons = {}, []
    for side, make in makers.items():
        try:
            sides[side] = make()
        except Unavailable as error:
            reasons.append(f"{TITLES[side]}: {error}")
    results = measure_all(args, train + infer, sides, reasons)

    print(f"{processor()}, {args.threads} threads, median of {args.rounds} rounds of {args.seconds:g} s")
    if args.isa:
        print(f"PyTorch's oneDNN limited to {args.isa}; the other sides are not limited")
    for title, cases, with_ort in (("Training step", train, False), ("Inference", infer, True)):
        if cases:
            print(f"\n{title}\n{table(cases, results, with_ort)}")
    print("\nFovea/torch is against the faster of PyTorch's two layouts; memory is the peak of the process.")
    for side, version in versions(results).items():
        print(f"{TITLES[side]}: {version}")
    for reason in reasons + list(filter(None, [disturbed(results)])):
        print(f"- {reason}")
    path = args.json or args.build / "peers" / "compare.json"
    save(path, args, results)
    print(f"Every round: {path}")
    return 0 if any(m for by_side in results.values() for m in by_side.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
