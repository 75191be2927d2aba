"""What the parts of the evaluation share: samples, statistics, files.

A part is a module part_NAME with KEYS, the columns that say what was measured,
and units(mode): pairs of a name and a function that measures and returns
samples. A sample is (keys, figure, value): a dictionary, a name, a number. The
CSV of a part has one line per keys and figure: the number of samples, their
mean, median, quartiles, 95th percentile, smallest and largest.
"""
import collections
import csv
import hashlib
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get("B", "build"))
# Elsewhere for tests/check/evaluation.sh, whose mode is "check".
DOCS = os.environ.get("OPUS_EVALUATION_DOCS") or os.path.join(TOP, "docs")
OUT = os.path.join(DOCS, "evaluation")
MODES = ("check", "quick", "default", "full")
STATISTICS = ("n", "mean", "median", "q1", "q3", "p95", "min", "max")
os.environ.update(OPUS_TOP=TOP, OPUS_BUILD=BUILD)
_children = []


# --- programs

def child(*command, **keys):
    """Start a program that is ended with us."""
    process = subprocess.Popen([str(c) for c in command], **keys)
    _children.append(process)
    return process


def end_children():
    for process in _children:
        if process.poll() is None:
            process.kill()
            process.wait()


def run(*command, check=True, **keys):
    """Run a command; its output as text."""
    keys = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE, "timeout": 900, **keys}
    done = subprocess.run([str(c) for c in command], text=True,
                          errors="replace", **keys)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: status "
                           f"{done.returncode}\n{done.stdout[-800:]}"
                           f"{(done.stderr or '')[-800:]}")
    return done


def samples_of(*command, rounds, base=None):
    """Samples that a program prints: KEY=VALUE ... FIGURE VALUE on a line."""
    env = dict(os.environ, OPUS_BENCH_ROUNDS=str(rounds))
    done = run(*command, env=env, stderr=None)
    samples = []
    for line in done.stdout.splitlines():
        words = line.split()
        if line.startswith("#") or len(words) < 2:
            continue
        keys = dict(base or {}, **dict(w.split("=", 1) for w in words[:-2]))
        samples.append((keys, words[-2], float(words[-1])))
    return samples


# --- samples that are kept

def _digest():
    """Of what is measured: other builds are measured anew."""
    total = hashlib.sha256()
    for name in ("libopus-agent.so", "opus-send", "opus-build"):
        with open(os.path.join(BUILD, name), "rb") as file:
            total.update(file.read())
    return total.hexdigest()[:16]


class Store:
    def __init__(self, mode, part, fresh):
        self.folder = os.path.join(BUILD, "evaluation", mode, part)
        self.fresh, self.digest = fresh, _digest()

    def _path(self, unit):
        return os.path.join(self.folder, re.sub(r"\W+", "-", unit) + ".json")

    def load(self, unit):
        """The samples of a unit, None if it must be measured."""
        if self.fresh or not os.path.exists(self._path(unit)):
            return None
        with open(self._path(unit)) as file:
            kept = json.load(file)
        return kept["samples"] if kept["digest"] == self.digest else None

    def save(self, unit, samples):
        os.makedirs(self.folder, exist_ok=True)
        with open(self._path(unit) + ".new", "w") as file:
            json.dump({"digest": self.digest, "samples": samples}, file)
        os.rename(self._path(unit) + ".new", self._path(unit))


# --- statistics

def quantile(ordered, part):
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def digits(value):
    return f"{value:.5g}" if abs(value) < 1e5 else f"{value:.0f}"


def summary(values):
    v = sorted(values)
    return [len(v)] + [digits(x) for x in (
        statistics.fmean(v), statistics.median(v), quantile(v, 0.25), quantile(v, 0.75),
        quantile(v, 0.95), v[0], v[-1])]


def write_csv(part, keys, samples):
    groups = collections.OrderedDict()
    for named, figure, value in samples:
        at = tuple(str(named.get(k, "")) for k in keys) + (figure,)
        groups.setdefault(at, []).append(value)
    os.makedirs(OUT, exist_ok=True)
    with open(os.path.join(OUT, part + ".csv"), "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([*keys, "figure", *STATISTICS])
        for at, values in groups.items():
            table.writerow([*at, *summary(values)])


# --- the machine

def _first(path, pattern):
    try:
        with open(path) as file:
            found = re.search(pattern, file.read(), re.M)
    except OSError:
        return ""
    return found.group(1).strip().strip('"') if found else ""


def _package(name):
    done = run("dpkg-query", "-W", "-f", "${Version}", name, check=False)
    return done.stdout if done.returncode == 0 else "not installed"


PACKAGES = ("libc6", "gcc-12", "apache2-bin", "nginx", "redis-server", "memcached",
            "postgresql-15", "mariadb-server-core", "wrk", "sysbench",
            "libmemcached-tools", "gnuplot-nox")


def machine(part, mode, seconds):
    """Note with what, and when, a part was measured."""
    path = os.path.join(OUT, "machine.csv")
    rows = {}
    if os.path.exists(path):
        with open(path, newline="") as file:
            rows = {(r["part"], r["what"]): r["value"]
                    for r in csv.DictReader(file)}
    commit = run("git", "-C", TOP, "describe", "--always", "--dirty", check=False)
    facts = {
        "processor": _first("/proc/cpuinfo", r"^model name\s*: (.*)$"),
        "processors": os.cpu_count(),
        "memory, GiB": round(int(_first("/proc/meminfo", r"^MemTotal: *(\d+)")) / 2**20),
        "kernel": platform.release(),
        "system": _first("/etc/os-release", r"^PRETTY_NAME=(.*)$"),
        **{"package " + name: _package(name) for name in PACKAGES}}
    rows.update((("", what), str(value)) for what, value in facts.items())
    rows[(part, "date")] = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    rows[(part, "mode")] = mode
    rows[(part, "seconds")] = str(seconds)
    rows[(part, "version")] = commit.stdout.strip()
    rows[(part, "load before")] = _first("/proc/loadavg", r"^\S+ (\S+)")
    os.makedirs(OUT, exist_ok=True)
    with open(path, "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["part", "what", "value"])
        table.writerows([*at, rows[at]] for at in sorted(rows))


def tell(text):
    print("   " + text, flush=True, file=sys.stdout)
