"""raw: what one update costs, in its phases, over functions and threads."""
import os

from evaluation import BUILD, samples_of

KEYS = ("functions", "threads", "kind", "update")
FUNCTIONS = (1, 10, 100, 1000, 10000)
THREADS = (1, 8, 64, 256, 1024)
FEW = {"check": 2}  # of each
# Many busy threads leave the agent's own thread little of two processors, so
# that a command takes seconds; so each number of them is a unit of its own.
BUSY = {"check": (1,), "quick": (1, 8), "default": THREADS, "full": THREADS}
ROUNDS = {"check": 1, "quick": 1, "default": 3, "full": 15}


def measured(functions, rounds, points):
    return lambda: samples_of(os.path.join(BUILD, "evaluation/raw"), functions, *points,
                              rounds=rounds)


def units(mode):
    for functions in FUNCTIONS[:FEW.get(mode)]:
        points = [f"{kind}:{n}" for kind in ("asleep", "one-busy")
                  for n in THREADS[:FEW.get(mode)]]
        yield f"{functions} functions", measured(functions, ROUNDS[mode], points)
        if functions == 1 or (functions == 1000 and mode == "full"):
            for n in BUSY[mode]:
                rounds = ROUNDS[mode] if n <= 64 else min(ROUNDS[mode], 3)
                yield (f"{functions} functions, {n} busy",
                       measured(functions, rounds, [f"busy:{n}"]))
