"""What the tests of whole services share: one course that each goes through.

A test makes a Service with the command that starts it and a function that
asks it one question, and calls course(). While clients ask without a pause,
the whole service is patched by one command, reverted, patched for good,
restarted, and reverted for good. No request may be lost at any time, and no
old answer may come after a command has said that all is done.
"""
import os
import signal
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../scenario"))
from lib import (  # noqa: E402
    BUILD, BUILDER, MODE, REPEAT, SEND, WORK, Failed, check, equal, inject, main, run, send,
    skip, until)

__all__ = ["BUILD", "MODE", "RUN", "SEND", "WORK", "Failed", "Service", "build", "check",
           "equal", "free_port", "main", "needs", "os", "run", "send", "skip",
           "until"]

RUN = os.path.join(BUILD, "opus-run")
# With OPUS_TEST_MODE=inject services start as their packages start them.
LAUNCH = [] if MODE == "inject" else [RUN, "--require"]
STORE = os.path.join(WORK, "store")


JOINS = 3 # services that are started and joined, one after the other


def needs(*programs):
    for program in programs:
        if not os.path.exists(program):
            skip(f"{program} is not installed")
    if os.getuid():
        skip("services are started as root")


def free_port():
    import socket
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def build(name, source, target):
    """Make a patch of some lines of C; the function is the last word."""
    path = os.path.join(WORK, name + ".c")
    with open(path, "w", encoding="utf-8") as file:
        file.write("#include <opus-livepatch/patch.h>\n"
                   f'OPUS_PATCH("{name}", "of a test");\n{source}')
    out = os.path.join(WORK, name + ".opus")
    run(BUILDER, "compile", path, "--target", target, "-o", out)
    return out


class Load(threading.Thread):
    """A client that asks again and again. A lost request ends it."""

    def __init__(self, service):
        super().__init__(daemon=True)
        self.service = service
        self.ended = threading.Event()
        self.count = 0
        self.lost = None
        self.must = None  # the only answer that is right now

    def run(self):
        session = None
        while not self.ended.is_set():
            must = self.must
            try:
                answer = self.service.ask()
            except Exception as why:  # whatever it is, a request was lost
                self.lost = f"a request was lost: {why!r}"
                return
            # What is right may have changed while the answer was on its way.
            if answer not in (self.service.old, self.service.new) or \
                    (must and self.must == must and answer != must):
                self.lost = f"answer {answer!r}, should be {must!r}"
                return
            self.count += 1
        del session


class Service:
    def __init__(self, name, command, ask, patch, old, new, target=None,
                 user=None, stop=signal.SIGTERM, clients=4, execs=False,
                 env=None):
        self.name, self.command, self.ask = name, command, ask
        self.patch, self.old, self.new = patch, old, new
        self.target, self.user, self.stop_signal = target, user, stop
        self.clients, self.process = clients, None
        # A service that starts itself anew takes patches from the store alone.
        self.keep = ["--persist"] if execs else []
        self.env = dict(env or os.environ, OPUS_LIVEPATCH_STORE=STORE)
        self.loads = []
        os.environ["OPUS_LIVEPATCH_STORE"] = STORE
        os.chmod(WORK, os.stat(WORK).st_mode | 0o755)  # they act as other users

    # --- life

    def answers(self):
        try:
            return self.ask()
        except Exception:
            if self.process.poll() is not None:
                raise Failed(f"{self.name} ended with {self.process.returncode}"
                             ) from None
            return None

    def start(self):
        """Start it; returns its very first answer."""
        log = open(os.path.join(WORK, "service.log"), "ab")
        keys = {"user": self.user, "group": self.user,
                "extra_groups": []} if self.user else {}
        self.process = subprocess.Popen(
            [*LAUNCH, *self.command], env=self.env, stdout=log,
            stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            cwd=WORK, **keys)
        log.close()
        first = None
        end = time.monotonic() + 30
        while first is None:
            check(time.monotonic() < end, f"{self.name} does not answer")
            first = self.answers()
            time.sleep(0 if first else 0.01)
        return first

    def stop(self):
        self.process.send_signal(self.stop_signal)
        self.process.wait(30)

    def kill(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    # --- clients

    def load_begin(self):
        self.loads = [Load(self) for _ in range(self.clients)]
        for load in self.loads:
            load.start()

    def load_must(self, answer):
        """From now on only this answer is right."""
        for load in self.loads:
            load.must = answer
        before = [load.count for load in self.loads]
        until(lambda: any(load.lost for load in self.loads) or
              all(load.count > b + 20 for load, b in zip(self.loads, before)),
              f"{self.name}: all clients got answers")
        self.load_check()

    def load_free(self):
        for load in self.loads:
            load.must = None

    def load_check(self):
        for load in self.loads:
            check(not load.lost, f"{self.name}: {load.lost}")

    def load_end(self):
        for load in self.loads:
            load.ended.set()
        for load in self.loads:
            load.join(30)
        self.load_check()
        return sum(load.count for load in self.loads)

    # --- patching

    def send(self, verb, *args, status=0):
        return send(verb, *args, "--tree", str(self.process.pid), status=status)

    def whole(self, verb, *args, answer):
        """One command for the whole service, under load."""
        self.load_free()
        told = self.send(verb, *args, "--json",
                         status=(0, 8) if self.keep else 0).json
        check(told["targets"], f"{verb}: nobody was told")
        self.only_sessions(verb, told["targets"])
        pids = [t["pid"] for t in told["targets"]]
        if verb == "apply" and self.process.pid in pids:
            equal(pids[0], self.process.pid, "the parent comes first")
        self.load_must(answer)
        want = 0 if answer == self.new else 3
        if self.keep:  # sessions from before may still end on a busy machine
            until(lambda: self.send("check", self.patch, status=None).status == want,
                  f"check ends with {want}")
        else:
            self.send("check", self.patch, status=want)
        return pids

    def only_sessions(self, verb, targets):
        """What starts itself anew may have processes that confine themselves
        and end at once, or that lose the patch by that very start; no other may
        be left out."""
        for target in targets:
            if not target["status"] or (verb == "revert" and self.keep and
                                        target["code"] == "no-patch"):
                continue
            check(target["code"] == "confined", f"{verb}: {target}")
            until(lambda: not os.path.exists(f"/proc/{target['pid']}"),
                  f"{verb}: the session {target} has ended")

    def legacy(self):
        """It was started without the agent: all its processes are joined, and
        go on; each again and again by another service of the same kind."""
        for _ in range(JOINS):
            equal(self.start(), self.old, "before all")
            self.load_begin()
            if not self.patch:
                pids = [self.process.pid]
                inject(pid=self.process.pid)
                send("list", pid=self.process.pid)
                self.load_must(self.old)
            elif self.keep:
                # New workers start the program anew, without the agent.
                pids = [self.process.pid]
                send("apply", self.patch, pid=self.process.pid)
                self.load_must(self.old)
                send("revert", self.name, pid=self.process.pid)
            else:
                pids = self.whole("apply", self.patch, answer=self.new)
                self.whole("revert", self.name, answer=self.old)
            count = self.load_end()
            self.stop()
        print(f"{self.name}: {len(pids)} processes joined, {count} requests")

    def course(self, again=None):
        """`again`: a function that makes the service start new workers."""
        try:
            if MODE == "inject":
                self.legacy()
                return
            equal(self.start(), self.old, "before all")
            self.load_begin()
            pids = self.whole("apply", self.patch, *self.keep, answer=self.new)
            if again:
                again(self)
                self.load_must(self.new)
                self.send("check", self.patch)
            self.whole("revert", self.name, *self.keep, answer=self.old)
            for _ in range(REPEAT - 1):
                self.whole("apply", self.patch, *self.keep, answer=self.new)
                self.whole("revert", self.name, *self.keep, answer=self.old)
            self.whole("apply", self.patch, "--persist", answer=self.new)
            count = self.load_end()
            self.stop()
            equal(self.start(), self.new, "the first answer after a restart")
            self.load_begin()
            self.load_must(self.new)
            self.whole("revert", self.name, "--persist", answer=self.old)
            count += self.load_end()
            self.stop()
            equal(self.start(), self.old, "after revert --persist and restart")
            self.stop()
            if self.target:
                self.upgrade()
            print(f"{self.name}: {len(pids)} processes, {count} requests")
        except Exception:
            with open(os.path.join(WORK, "service.log"), errors="replace") as log:
                print(log.read()[-3000:])
            raise
        finally:
            for load in self.loads:
                load.ended.set()
            self.kill()

    def upgrade(self):
        """The binary is replaced: the store says so, the service starts."""
        send("store", "add", self.patch, "--exe", self.target)
        with open(self.target, "rb") as file:
            data = file.read()
        told = run("readelf", "-n", self.target).stdout
        name = bytes.fromhex(told.split("Build ID: ")[1].split()[0])
        other = bytes(b ^ 0xff for b in name)
        fresh = self.target + ".new"
        with open(fresh, "wb") as file:
            file.write(data.replace(name, other))
        os.chmod(fresh, 0o755)
        os.rename(fresh, self.target)
        entry = send("store", "list", "--json").json["store"][0]
        equal(entry["fit"], "changed", "fit after the upgrade")
        equal(self.start(), self.old, "after the upgrade")
        self.stop()
        send("store", "remove", self.name)
