"""recurring: what each call of a patched function costs."""
import os

from evaluation import BUILD, samples_of

KEYS = ("shape", "place", "state")
ROUNDS = {"check": 1, "quick": 3, "default": 12, "full": 50}


def units(mode):
    yield ("calls", lambda: samples_of(os.path.join(BUILD, "bench/call"), "states",
                                       rounds=ROUNDS[mode]))
