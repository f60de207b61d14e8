"""What the comparisons share: measurements in processes of their own, in turn, and their medians. Needs only
Python's standard library.
"""
import glob
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

MUCH_TO_OTHERS = 0.03
TIME_LIMIT = 900  # seconds, for one process


class Unavailable(Exception):
    """A side that cannot run here; the text says why."""


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


def available(makers, titles, reasons):
    """{side: what makes its measurements}; why a side is missing goes to `reasons`."""
    sides = {}
    for side, make in makers.items():
        try:
            sides[side] = make()
        except Unavailable as error:
            reasons.append(f"{titles[side]}: {error}")
    return sides


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


def measure_all(args, cases, sides, titles, reasons):
    """{case: {side: [measurement, ...]}}; a side that fails on a case is left out of its later rounds."""
    results = {case: {side: [] for side in sides} for case in cases}
    jobs = [(case, turn, side) for case in cases for turn in range(args.rounds) for side in sides
            if sides[side].has(case)]
    progress = Progress(len(jobs), args.seconds)
    failed = set()
    for case, turn, side in jobs:
        progress.show(f"{case}: {titles[side]}, round {turn + 1} of {args.rounds}")
        if (case, side) in failed:
            continue
        try:
            wait_for_quiet(args.patience)
            results[case][side].append(sides[side].measure(case))
        except (Unavailable, ValueError, KeyError) as error:
            failed.add((case, side))
            reasons.append(f"{titles[side]}, {case}: {error}")
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


def aligned(rows):
    """Rows of text, the first one the head, as a table."""
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


def disturbed(results):
    """A line about measurements during which other processes had much of the processor, if any."""
    series = [found for by_side in results.values() for found in by_side.values() if found]
    rounds = [m for found in series for m in found]
    loud = [m["others"] for m in rounds if not is_quiet(m)]
    hopeless = sum(not any(map(is_quiet, found)) for found in series)
    return loud and (f"other processes took {MUCH_TO_OTHERS:.0%} to {max(loud):.0%} of the processor in "
                     f"{len(loud)} of {len(rounds)} measurements. Medians leave these out; {hopeless} of "
                     f"{len(series)} medians have no other, their ratios, in brackets, mean nothing")
