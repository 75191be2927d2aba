"""raw: what one update costs, in its phases, over functions and threads."""
import os

from evaluation import BUILD, samples_of

KEYS = ("functions", "threads", "kind", "update")
FUNCTIONS = (1, 10, 100, 1000, 10000)
THREADS = (1, 8, 64, 256, 1024)
FEW = {"check": 2}  # of each
# Many busy threads leave the agent's own thread little of two processors, so
# that a command takes seconds.
BUSY = {"check": (1,), "quick": (1, 8), "default": (1, 8, 64), "full": THREADS}
ROUNDS = {"check": 1, "quick": 1, "default": 3, "full": 15}


def points(mode, functions):
    found = [f"{kind}:{n}" for kind in ("asleep", "one-busy")
             for n in THREADS[:FEW.get(mode)]]
    if functions == 1 or (functions == 1000 and mode == "full"):
        found += [f"busy:{n}" for n in BUSY[mode]]
    return found


def units(mode):
    for functions in FUNCTIONS[:FEW.get(mode)]:
        yield (f"{functions} functions",
               lambda f=functions: samples_of(
                   os.path.join(BUILD, "evaluation/raw"), f, *points(mode, f),
                   rounds=ROUNDS[mode]))
