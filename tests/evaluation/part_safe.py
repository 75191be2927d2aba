"""safe: how long until nobody is in the old code, under load, in three ways."""
import os

from evaluation import BUILD, samples_of

KEYS = ("us", "rate", "threads", "way")
THREADS = {"check": (1,), "quick": (8,), "default": (1, 8, 64), "full": (1, 4, 8, 16, 64)}
DURATIONS = (1, 1000, 100000)  # us
RATES = ("1", "1000", "1000000")
ROUNDS = {"check": 2, "quick": 6, "default": 20, "full": 100}


def possible(rate, us, threads):
    """Threads can enter no more often than this; 10^6 a second always stands
    for as often as they can."""
    return rate == RATES[-1] or float(rate) * us / 1e6 <= threads


def units(mode):
    for us in DURATIONS[:1] if mode == "check" else DURATIONS:
        for threads in THREADS[mode]:
            for rate in RATES:
                if possible(rate, us, threads):
                    yield (f"{us} us, {rate} entries a second, {threads} threads",
                           lambda at=(threads, rate, us): samples_of(
                               os.path.join(BUILD, "evaluation/safe"), *at,
                               rounds=ROUNDS[mode]))
