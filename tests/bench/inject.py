#!/usr/bin/env python3
"""How long opus-inject takes, and how long it stops a thread.

Programs with 1, 8, 64 and 500 threads that wait; each is joined once. The time
is from the start of opus-inject to its end, when the agent is ready.
"""
import json
import os
import signal
import subprocess
import tempfile
import time

BUILD = os.environ["OPUS_BUILD"]
ROUNDS = int(os.environ.get("OPUS_BENCH_ROUNDS", "20"))
SOURCE = """
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
static void *wait_main(void *unused) { pause(); return unused; }
int main(int argc, char **argv)
{
	pthread_t thread;
	for (int i = 1; argc > 1 && i < atoi(argv[1]); i++)
		if (pthread_create(&thread, NULL, wait_main, NULL))
			return 1;
	if (write(1, "r", 1) == 1)
		pause();
}
"""


def once(program, threads):
    target = subprocess.Popen([program, str(threads)], stdout=subprocess.PIPE)
    assert target.stdout.read(1) == b"r"
    begin = time.monotonic()
    done = subprocess.run([BUILD + "/opus-inject", "--json", "--pid",
                           str(target.pid)], stdout=subprocess.PIPE)
    took = time.monotonic() - begin
    if done.returncode != 0:
        target.kill()
        raise SystemExit(done.stdout.decode())
    joined = json.loads(done.stdout)["joined"]
    print(f"inject-{threads} {took * 1e3:.3f}")
    print(f"inject-pause-{threads} {joined['pause_ns'] / 1e6:.3f}", flush=True)
    target.send_signal(signal.SIGKILL)
    target.wait()


def main():
    with tempfile.TemporaryDirectory() as folder:
        program = folder + "/target"
        subprocess.run(["gcc", "-O2", "-pthread", "-x", "c", "-", "-o", program],
                       input=SOURCE, text=True, check=True)
        for threads in (1, 8, 64, 500):
            for _ in range(ROUNDS):
                once(program, threads)


main()
