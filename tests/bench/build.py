#!/usr/bin/env python3
"""build.py - opus-build diff on one file of a built tree: this project's own.

The bare figure is three compiles of that file with the project's own command.
Memory is the largest of opus-build and all that it ran, compilers included.
With LARGE=TREE:TARGET:DIFF:COMMAND the same for a large program:
debug information of hundreds of megabytes.
"""
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

TOP = os.environ["OPUS_TOP"]
BUILD = os.environ["OPUS_BUILD"]
FILE = "builder/parse.c"
ROUNDS = 3


def run(command, folder, quiet=True):
    """Wall time in ms and the largest resident set, in MiB, of a command."""
    start = time.monotonic()
    out = subprocess.DEVNULL if quiet else None
    child = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.PIPE)
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{shlex.join(command)}\n{said.decode()}")
    return (time.monotonic() - start) * 1000, usage.ru_maxrss / 1024


def diff_write(tree, path):
    with open(f"{tree}/{FILE}") as file:
        old = file.read()
    new = old.replace("\tif (!grown) {\n\t\tv->failed = true;\n",
                      "\tif (!grown || v->failed) {\n\t\tv->failed = true;\n", 1)
    if new == old:
        sys.exit(f"{FILE} has no such lines any more")
    with open(path + ".new", "w") as file:
        file.write(new)
    said = subprocess.run(["diff", "-u", "--label", "a/" + FILE, "--label", "b/" + FILE,
                           f"{tree}/{FILE}", path + ".new"], stdout=subprocess.PIPE)
    with open(path, "wb") as file:
        file.write(said.stdout)


def compile_command(tree):
    """How the tree compiles the file, from its own make."""
    said = subprocess.run(["make", "-n", "V=1", "-W", FILE, f"build/tool/{FILE}.o"],
                          cwd=tree, stdout=subprocess.PIPE, text=True, check=True).stdout
    return next(line for line in said.splitlines() if f"-c {FILE}" in line)


def measure(name, tree, target, diff, command, bare=None):
    patch = os.path.join(os.path.dirname(diff), "out.opus")
    for _ in range(ROUNDS):
        ms, mib = run([BUILD + "/opus-build", "diff", diff, "--source", tree,
                       "--target", target, "-o", patch, "--", *command], tree)
        print(f"{name} {ms:.1f}\n{name}-memory {mib:.1f}")
        if bare:
            print(f"{name}.bare {sum(run(bare, tree)[0] for _ in range(3)):.1f}")
        sys.stdout.flush()


def main():
    folder = tempfile.mkdtemp(prefix="opus-bench-")
    try:
        tree = folder + "/tree"
        shutil.copytree(TOP, tree, symlinks=True, ignore=shutil.ignore_patterns(
            ".git", "build*" if BUILD != TOP + "/build" else "build-*", "fuzz"))
        run(["make", "build/opus-build"], tree)
        target = shutil.copy(tree + "/build/opus-build", folder)
        diff_write(tree, folder + "/one.diff")
        compile_one = ["sh", "-c", compile_command(tree)]
        measure("build", tree, target, folder + "/one.diff",
                ["make", "build/opus-build"], compile_one)
        large = os.environ.get("LARGE")
        if large:
            source, target, diff, command = large.split(":", 3)
            shutil.copy(diff, folder + "/large.diff")
            measure("build-large", source, target, folder + "/large.diff",
                    shlex.split(command))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
