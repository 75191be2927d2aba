"""case.py - one case: show it vulnerable, patch it live, show it fixed, revert.

A program file says what its cases are: which Source, how to start it, how to
attack it and what is seen with the hole open and closed. Where an attack kills
or hangs the program, each demonstration of the hole gets a new one; the fixed
one has to survive all attacks and go on serving, with the same processes.
"""
import contextlib
import json
import os
import re
import subprocess
import time

from service import BUILD, CUT, SILENT, NotSo, read, until
from source import say

SEND = os.path.join(BUILD, "opus-send")
BUILDER = os.path.join(BUILD, "opus-build")
OUT = os.path.join(BUILD, "cases")


class Attack:
    """attack(service) returns what was seen, as text; `open_` and `closed` are
    regular expressions that it matches with the hole open and closed."""

    def __init__(self, attack, open_, closed):
        self.attack, self.open, self.closed = attack, open_, closed


class Case:
    """
    id        number in the table
    labels    what the patch is for: CVE numbers
    amenable  yes, care (patched or refused, both may be right) or no
    fix       name of the fix, as in Source.fixes
    targets   files below the source tree that the fix changes
    start     function that starts the program and returns the Service
    works     function that does something ordinary with it; True if it works
    """

    def __init__(self, id_, source, *, labels, fix, targets, start, works,
                 attacks, amenable="yes"):
        self.id, self.source, self.labels = id_, source, labels.split()
        self.fix, self.amenable = source.fix(fix), amenable
        self.targets = [source.path(name) for name in targets.split()]
        self.start, self.works, self.attacks = start, works, attacks
        self.name = f"{id_} {source.package} {' '.join(self.labels)}"
        self.service = None

    def tell(self, text):
        say(self.name, text)

    # -- the program ------------------------------------------------------

    def fresh(self):
        """A program that runs, ready to be asked, with the agent in it."""
        self.stop()
        self.service = self.start()
        until(lambda: self._alive() and self.works(self.service),
              "the program works")
        until(self._agents_ready, "the agent is ready")
        self.service.remember()

    def _alive(self):
        status = self.service.process.poll()
        if status is not None:
            raise NotSo(f"the program ended with {status}")
        return True

    def _agents_ready(self):
        holders = self.service.holders(self.targets)
        told, _ = send("status", "--json", pids=holders)
        return holders and all(t.get("agent", {}).get("ready")
                               for t in told["targets"])

    def stop(self):
        if self.service:
            self.service.end()
            self.service = None

    def healthy(self):
        return not self.service.missing() and self.works(self.service)

    def seen(self, attack):
        """Attack once; what was seen, with the death of a process."""
        seen = attack.attack(self.service)
        if seen == CUT:  # who dies may first write a core, or a backtrace
            with contextlib.suppress(NotSo):
                until(self.service.missing, "it died", timeout=3)
        return "; ".join(filter(None, (seen, self.service.missing())))

    def show(self, attack, what, wanted):
        seen = self.seen(attack)
        self.tell(f"{what}: {seen[:160]!r}")
        if not re.search(wanted, seen):
            raise NotSo(f"{what}: {seen[:160]!r}, should be {wanted!r}")

    # -- the demonstration ------------------------------------------------

    def ready(self):
        """The program that runs, or a new one; says if it is new."""
        if self.service and self.healthy():
            return False
        self.fresh()
        return True

    def show_open(self, attack, what):
        self.show(attack, what, attack.open)
        if attack.open == SILENT:
            # One that is about to hang for ever may still give an ordinary
            # answer: the attack has reached it, but not yet its worst part.
            self.stop()

    def demonstrate_open(self):
        for attack in self.attacks:
            self.ready()
            self.show_open(attack, "vulnerable")

    def demonstrate_patched(self, patch, plan):
        """Patched live, fixed, reverted; returns the milliseconds it took."""
        name = plan["info"][0]["name"]
        self.ready()
        took = self.apply(patch)
        for attack in self.attacks:
            self.show(attack, "patched", attack.closed)
            if not self.healthy():
                raise NotSo("patched, but after the attack it does not work: "
                            + self.service.missing())
        self.revert(name)
        if not self.healthy():
            raise NotSo("it does not work after the patch was taken out")
        for attack in self.attacks:
            if self.ready():
                self.apply(patch)
                self.revert(name)
            self.show_open(attack, "reverted")
        return took

    def apply(self, patch):
        told, text = send("apply", patch, "--json",
                          pids=self.service.holders(self.targets))
        if told["status"]:
            raise NotSo("opus-send apply: " + text)
        took = max(t["result"]["total_ns"] for t in told["targets"]) / 1e6
        self.tell(f"applied in {took:.1f} ms")
        return took

    def revert(self, name):
        told, text = send("revert", name, "--json",
                          pids=self.service.holders(self.targets))
        if told["status"]:
            raise NotSo("opus-send revert: " + text)

    # -- the patch --------------------------------------------------------

    def build_patch(self):
        """Run opus-build; returns (its exit status, output, seconds)."""
        os.makedirs(OUT, exist_ok=True)
        out = os.path.join(OUT, self.id + ".opus")
        command = [BUILDER, "diff", self.fix, "--source", self.source.tree]
        for target in self.targets:
            command += ["--target", target]
        for label in self.labels:
            command += ["--label", label]
        command += ["-v", "-o", out, "--", "bash", "-euc", self.source.make]
        start = time.monotonic()
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT, errors="replace",
                              stdin=subprocess.DEVNULL, cwd=self.source.tree,
                              env=self.source.environment())
        with open(os.path.join(OUT, self.id + ".build"), "w") as file:
            file.write(done.stdout)
        return done.returncode, done.stdout, time.monotonic() - start, out


def send(verb, *words, pids=()):
    """opus-send with --json: its object, and for people what it said."""
    to = [word for pid in pids for word in ("--pid", str(pid))]
    done = subprocess.run([SEND, verb, *words, *to], text=True, timeout=90,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, errors="replace")
    try:
        return json.loads(done.stdout), done.stderr.strip()
    except ValueError:
        raise NotSo(f"opus-send {verb}: {done.stdout}{done.stderr}") from None
