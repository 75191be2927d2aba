#!/usr/bin/env python3
"""What an update costs: whole command, and the pause that threads see.

A target with N functions and T threads, which sleep or spin, is patched and
reverted again and again. `pause-*` is the time from the first stop signal to
the release, as the agent measures it; for one and eight threads the gap that a
spinning thread sees in its own clock is shown as a remark.
"""
import json
import os
import shutil
import subprocess
import tempfile
import time

BUILD = os.environ["OPUS_BUILD"]
AGENT = BUILD + "/libopus-agent.so"
ROUNDS = int(os.environ.get("OPUS_BENCH_ROUNDS", "15"))

FUNCTION = """
__attribute__((noinline)) int f%d(int x)
{ __asm__ volatile("" : "+r"(x)); x += %d; __asm__ volatile("" : "+r"(x)); return x * 3; }
"""
MAIN = r"""
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>
static volatile int spin_on = 1; static volatile int sink;
static _Atomic long worst;
static long now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000l + t.tv_nsec; }
static void *spin(void *a) { (void)a; while (spin_on) sink += f0(1); return 0; }
static void *nap(void *a) { (void)a; for (;;) pause(); return 0; }
static void *look(void *a) { long t = now(), n; (void)a;
	for (;; t = n) { n = now(); if (n - t > worst) worst = n - t; } return 0; }
int main(int argc, char **argv) {
	int threads = atoi(argv[1]); (void)argc;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	void *(*what)(void *) = argv[2][0] == 's' ? spin : nap;
	for (int i = 1; i < threads; i++) { pthread_t t; pthread_attr_t a;
		pthread_attr_init(&a); pthread_attr_setstacksize(&a, 65536);
		pthread_create(&t, &a, i == 1 && argv[2][0] == 'l' ? look : what, 0); }
	puts("ready"); fflush(stdout);
	char line[64];
	while (fgets(line, sizeof line, stdin)) { printf("%ld\n", worst); fflush(stdout); worst = 0; }
}
"""


def make(folder, count):
    """A target of `count` functions and a patch of all of them."""
    name = f"{folder}/t{count}"
    with open(name + ".c", "w") as f:
        f.write("".join(FUNCTION % (i, i) for i in range(count)) + MAIN)
    subprocess.run(["gcc", "-O2", "-g", "-pthread", "-Wl,--build-id", "-o", name,
                    name + ".c"], check=True)
    with open(name + "-patch.c", "w") as f:
        f.write("#include <opus-livepatch/patch.h>\n"
                f'OPUS_PATCH("bench-{count}", "bench");\n')
        for i in range(count):
            f.write(f"int f{i}(int x) {{ return x * 5 + {i}; }}\n"
                    f"OPUS_REPLACE(f{i});\n")
    subprocess.run([BUILD + "/opus-build", "compile", name + "-patch.c",
                    "--target", name, "-o", name + ".opus"], check=True,
                   stdout=subprocess.DEVNULL)
    return name


def send(*words):
    start = time.perf_counter()
    done = subprocess.run([BUILD + "/opus-send", *words, "--json"],
                          stdout=subprocess.PIPE)
    took = (time.perf_counter() - start) * 1e3
    if done.returncode:
        raise SystemExit(f"opus-send {words}: {done.returncode} {done.stdout}")
    answer = json.loads(done.stdout)
    return took, find(answer, "pause_ns") / 1e6, find(answer, "total_ns") / 1e6


def find(tree, key):
    if isinstance(tree, dict):
        if key in tree:
            return tree[key]
        tree = list(tree.values())
    if isinstance(tree, list):
        for item in tree:
            value = find(item, key)
            if value is not None:
                return value
    return None


def series(name, count, threads, kind, pause=None, command=None):
    target = subprocess.Popen([name, str(threads), kind], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True,
                              env=dict(os.environ, LD_PRELOAD=AGENT))
    target.stdout.readline()
    pid = str(target.pid)
    seen = []
    try:
        for n in range(ROUNDS):
            if kind == "look":
                target.stdin.write("x\n"); target.stdin.flush()
                target.stdout.readline()
            took, stop, total = send("apply", name + ".opus", "--pid", pid)
            if kind == "look":
                target.stdin.write("x\n"); target.stdin.flush()
                seen.append(int(target.stdout.readline()) / 1e6)
            if n > 0:  # the first one loads the patch and libunwind
                if command:
                    print(command, took)
                    print(command + "-agent", total)
                if pause:
                    print(pause, stop)
            elif command:
                print(f"# {command}: first time {took:.3f} ms")
            send("revert", f"bench-{count}", "--pid", pid)
    finally:
        target.kill()
        target.wait()
    if seen:
        seen.sort()
        print(f"# {pause}: gap seen by a spinning thread, median "
              f"{seen[len(seen) // 2]:.3f} ms (its own scheduling included)")


def main():
    folder = tempfile.mkdtemp(prefix="opus-bench-")
    try:
        one, hundred, thousand = (make(folder, n) for n in (1, 100, 1000))
        series(one, 1, 1, "nap", "pause-1", "command-1")
        series(one, 1, 2, "look", "pause-2-look")
        series(one, 1, 8, "nap", "pause-8")
        series(one, 1, 64, "nap", "pause-64")
        series(one, 1, 64, "spin", "pause-64-spin")
        series(hundred, 100, 64, "nap", "pause-100-functions")
        series(thousand, 1000, 1, "nap", "pause-1000", "command-1000")
    finally:
        shutil.rmtree(folder)


main()
