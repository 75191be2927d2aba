"""What the scenarios share: build, start a target, ask it, patch it, assert.

A test is an executable `test` in a folder of its own. It ends with 0 (pass),
1 (fail) or 77 (skip), ends by itself, and leaves neither files nor processes.
    OPUS_TEST_REPEAT=N   multiplies the loops of tests that look for races
    OPUS_TEST_KEEP=1     keeps the temporary folder
    OPUS_TEST_MODE=inject   starts targets without the agent, and injects it
    OPUS_TEST_CC=clang   compiles targets with clang and clang++
    OPUS_TEST_LIBC=DIR   runs targets with the libc and loader of that folder, of
                         glibc 2.41 or later (tests/lib/with-libc.sh)
"""
import atexit
import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(sys.argv[0]))
ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
BUILD = os.path.join(ROOT, os.environ.get("OPUS_BUILD", "build"))
AGENT = os.path.join(BUILD, "libopus-agent.so")
SEND = os.path.join(BUILD, "opus-send")
INJECT = os.path.join(BUILD, "opus-inject")
BUILDER = os.path.join(BUILD, "opus-build")
MODE = os.environ.get("OPUS_TEST_MODE") or "preload"
COMPILERS = ({"gcc": "clang", "g++": "clang++"}
             if os.environ.get("OPUS_TEST_CC") == "clang" else {})
REPEAT = max(1, int(os.environ.get("OPUS_TEST_REPEAT", "1")))
CFLAGS = ["-O2", "-g", "-pthread", "-D_GNU_SOURCE", "-Wall",
          "-I", os.path.join(ROOT, "tests/scenario"), "-I", HERE,
          "-Wl,--build-id"]
OTHER_LIBC = os.environ.get("OPUS_TEST_LIBC")
LIBC_FLAGS = ["-Wl,--disable-new-dtags,-rpath," + OTHER_LIBC,
              f"-Wl,--dynamic-linker={OTHER_LIBC}/ld-linux-x86-64.so.2"] if OTHER_LIBC else []

WORK = tempfile.mkdtemp(prefix="opus-scenario-",
                        dir=os.environ.get("TEST_TMP"))
_targets = []


class Failed(Exception):
    """An assertion of a test does not hold."""


def check(condition, text):
    if not condition:
        raise Failed(text)


def equal(is_, should, text=""):
    check(is_ == should, f"{text}: is {is_!r}, should be {should!r}")


def skip(reason):
    print("skip:", reason)
    sys.exit(77)


def from_the_start(reason):
    """The test makes no sense with an agent that comes late."""
    if MODE == "inject":
        skip(reason)


def alone(*namespaces):
    """Go on in namespaces of the test's own, given as options of unshare(1)."""
    if "OPUS_TEST_INSIDE" in os.environ:
        return
    command = ["unshare", *namespaces]
    if os.getuid() or subprocess.run([*command, "true"],
                                     stderr=subprocess.DEVNULL).returncode:
        skip("namespaces of its own take root, and a kernel that lets it")
    os.environ["OPUS_TEST_INSIDE"] = "1"
    shutil.rmtree(WORK)
    os.execvp("unshare", [*command, sys.executable, *sys.argv])


def patience(limit):
    """That many seconds, or more where far more wants a processor than the tests
    do by themselves."""
    with open("/proc/loadavg", encoding="ascii") as file:
        load, _, _, running, _ = file.read().split()
    return limit * max(1, float(load) / 32, int(running.split("/")[0]) / 32)


def run(*command, status=0, timeout=60, **keys):
    """Run a command; its outputs are returned as text."""
    timeout = patience(timeout)
    done = subprocess.run([str(c) for c in command], text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout,
                          errors="replace", **keys)
    if status is not None and done.returncode != status:
        raise Failed(f"{' '.join(map(str, command))}: status "
                     f"{done.returncode}, should be {status}\n"
                     f"{done.stdout}{done.stderr}")
    return done


def _stem(source):
    return os.path.splitext(os.path.basename(source))[0]


def compile_target(source, *flags, name=None, compiler=None, libs=()):
    """Compile a source of the test's folder into the temporary folder."""
    out = os.path.join(WORK, name or _stem(source))
    if not compiler:
        compiler = "g++" if source.endswith((".cc", ".cpp")) else "gcc"
    own = ({"-m32", "-static", "-static-pie"} & set(flags) or
           compiler not in ("gcc", "g++"))
    compiler = COMPILERS.get(compiler, compiler)
    run(compiler, *CFLAGS, *([] if own else LIBC_FLAGS), *flags, "-o", out, os.path.join(HERE, source), *libs)
    return out


def compile_patch(source, *targets, name=None, cflags="", status=0):
    """Build a patch of the test's folder for the given targets."""
    out = os.path.join(WORK, (name or _stem(source)) + ".opus")
    to = [word for target in targets for word in ("--target", target)]
    flags = f"-O2 -D_GNU_SOURCE -I{HERE} -I{ROOT}/tests/scenario {cflags}"
    done = run(BUILDER, "compile", os.path.join(HERE, source), *to,
               "--cflags", flags, "-o", out, status=status)
    return out if status == 0 else done


class Target:
    """A program that runs with the agent and answers commands by lines."""

    def __init__(self, *command, agent=True, env=None, cwd=None, pipe=True,
                 user=None):
        environ = dict(os.environ, **(env or {}))
        if agent and MODE == "preload":
            before = environ.get("LD_PRELOAD", "")
            environ["LD_PRELOAD"] = (before + ":" if before else "") + AGENT
        self.command = [str(c) for c in command]
        self.process = subprocess.Popen(
            self.command, env=environ, cwd=cwd or WORK, bufsize=0,
            stdin=subprocess.PIPE if pipe else subprocess.DEVNULL,
            stdout=subprocess.PIPE, start_new_session=True, user=user)
        self.pid = self.process.pid
        self.rest = b""
        _targets.append(self)
        if agent and MODE == "inject":
            until(self._injected, f"{self.command[0]}: the agent is loaded")
        elif agent:
            until(self._ready, f"{self.command[0]}: the agent is ready")

    def last_words(self):
        """What it said and nobody has read: of one that has ended."""
        said = self.rest
        with contextlib.suppress(OSError, ValueError):  # it may be closed
            said += os.read(self.process.stdout.fileno(), 4096)
        return f", saying {said.decode(errors='replace')!r}" if said else ""

    def _injected(self):
        """Too early, the program is not there yet, or still in the loader."""
        if self.process.poll() is not None:
            raise Failed(f"target ended with {self.process.returncode}")
        exe = os.readlink(f"/proc/{self.pid}/exe")
        if os.path.samefile(exe, sys.executable):
            return False
        self.injected = inject(pid=self, status=None)
        return self.injected.status == 0

    def _ready(self):
        """Has the agent's constructor run? Before that it cannot be asked."""
        if self.process.poll() is not None:
            raise Failed(f"target ended with {self.process.returncode}")
        told = send("status", "--json", pid=self, status=None).json
        return told and told["targets"][0].get("agent", {}).get("ready")

    def tell(self, text):
        self.process.stdin.write(text.encode() + b"\n")

    def line(self, timeout=20):
        timeout = patience(timeout)
        end = time.monotonic() + timeout
        out = self.process.stdout
        while b"\n" not in self.rest:
            left = end - time.monotonic()
            if left <= 0 or not select.select([out], [], [], left)[0]:
                raise Failed(f"{self.command[0]}: no answer in {timeout} s")
            data = os.read(out.fileno(), 65536)
            if not data:
                status = self.process.wait(10)
                raise Failed(f"target ended with {status} {self.rest!r}")
            self.rest += data
        text, self.rest = self.rest.split(b"\n", 1)
        return text.decode(errors="replace")

    def ask(self, text, timeout=20):
        self.tell(text)
        return self.line(timeout)

    def expect(self, text, answer, timeout=20):
        equal(self.ask(text, timeout), answer, f"target on {text!r}")

    def lines_to(self, beginning, timeout=20):
        """What it says, up to the line that begins like that."""
        lines = [self.line(timeout)]
        while not lines[-1].startswith(beginning):
            lines.append(self.line(timeout))
        return lines

    def end(self, status=0, timeout=20):
        """Close its input; it has to end with this status."""
        self.process.stdin.close()
        equal(self.process.wait(patience(timeout)), status, "status of the target")
        self.process.stdout.close()
        _targets.remove(self)

    def kill(self):
        """End it and its children, for those that are left after a failure."""
        with contextlib.suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()
        self.process.stdout.close()
        if self in _targets:
            _targets.remove(self)


class Sent:
    """What opus-send said: status, texts, and the JSON if it was asked for."""

    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout
        self.err = done.stderr
        try:
            self.json = json.loads(done.stdout)
        except ValueError:
            self.json = None

    def __str__(self):
        text = self.out + self.err
        if len(text) > 2000:
            text = text[:1200] + "\n...\n" + text[-600:]
        return f"status {self.status}\n{text}"


def send(verb, *args, pid=None, status=0, timeout=30, prefix=()):
    """Run opus-send. `pid` is a Target or a number; `status` may be a tuple of
    exit statuses, or None for any. Time limits of 5 s and more are only there to
    end a failure."""
    args = [str(patience(float(value)) if flag == "--timeout" and float(value) >= 5
                else value) for flag, value in zip(("", *args), args)]
    if isinstance(pid, Target):
        pid = pid.pid
    to = [] if pid is None else ["--pid", str(pid)]
    try:
        sent = Sent(run(*prefix, SEND, verb, *args, *to, status=None,
                        timeout=timeout))
    except subprocess.TimeoutExpired as late:
        raise Failed(f"opus-send {verb}: not ended after {timeout} s: "
                     f"{late.stdout} {late.stderr}") from late
    good = status if isinstance(status, tuple) else (status,)
    if status is not None and sent.status not in good:
        raise Failed(f"opus-send {verb} {' '.join(map(str, args))}: should "
                     f"end with {status}, {sent}")
    # 7, too, but then nothing is pending that the test could go on with.
    if status == 7 and "--no-wait" in args and re.search(
            "did not stop within|at the entry of a function", sent.err):
        raise Failed(f"opus-send {verb}: the machine is too busy: {sent}")
    return sent


def inject(*args, pid, status=0, prefix=(), timeout=30):
    """Run opus-inject; its JSON is in the result's `json`."""
    if isinstance(pid, Target):
        pid = pid.pid
    done = Sent(run(*prefix, INJECT, "--pid", pid, "--json", *args, status=None,
                    timeout=timeout))
    if status is not None and done.status != status:
        raise Failed(f"opus-inject {args}: should end with {status}, {done}")
    return done


def system_calls(*command):
    """The system calls that a command makes, in order, as strace's --inject
    names them: (name, how many of that name so far)."""
    log = os.path.join(WORK, "calls.strace")
    run("strace", "-qq", "-o", log, *command, status=None)
    seen, calls = {}, []
    with open(log, errors="replace") as file:
        for line in file:
            name = line.split("(")[0]
            if not name.isidentifier():
                continue
            seen[name] = seen.get(name, 0) + 1
            calls.append((name, seen[name]))
    return calls


def joining_calls(target):
    """The system calls of the child of opus-inject that traces the target, from the
    attach on, as strace's --inject names them: (name, how many of that name)."""
    log = os.path.join(WORK, "joining.strace")
    run("strace", "-f", "-qq", "-o", log, INJECT, "--pid", target.pid)
    with open(log, errors="replace") as file:
        lines = file.readlines()
    tracer = next(line.split()[0] for line in lines if "PTRACE_SEIZE" in line)
    seen, calls = {}, []
    for line in lines:
        pid, rest = line.split(None, 1)
        name = rest.split("(")[0]
        if pid != tracer or not name.isidentifier():
            continue
        seen[name] = seen.get(name, 0) + 1
        if "PTRACE_SEIZE" in line or calls:
            calls.append((name, seen[name]))
    return calls


def until(condition, text, timeout=20):
    """Poll for something that no descriptor tells."""
    timeout = patience(timeout)
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise Failed(f"after {timeout} s still not: {text}")
        time.sleep(0.005)


def thread_state(pid, tid=None):
    """The letter of proc_pid_stat(5); X if it is gone."""
    with contextlib.suppress(OSError), \
            open(f"/proc/{pid}/task/{tid or pid}/stat", encoding="utf-8",
                 errors="replace") as file:
        return file.read().rsplit(")", 1)[1].split()[0]
    return "X"


def _explain():
    """After a failure: where the targets are, and what the agent logged."""
    for target in list(_targets):
        if target.process.poll() is not None:
            print(f"-- target {target.pid} ended: {target.process.returncode}"
                  f"{target.last_words()}")
            continue
        with contextlib.suppress(Exception):
            print("-- opus-send log:", send("log", pid=target, status=None,
                                            timeout=5))
        if shutil.which("gdb") and os.environ.get("OPUS_TEST_STACKS"):
            with contextlib.suppress(Exception):
                print(run("gdb", "-batch", "-p", target.pid, "-ex",
                          "thread apply all bt", "-ex", "p/x gate_state",
                          status=None).stdout[-12000:])


def _clean():
    for target in list(_targets):
        with contextlib.suppress(Exception):
            target.kill()
    if os.environ.get("OPUS_TEST_KEEP"):
        print("kept:", WORK)
    else:
        shutil.rmtree(WORK, ignore_errors=True)


def main(function):
    """Run a test and end with its status."""
    atexit.register(_clean)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    try:
        for needed in (AGENT, SEND, INJECT, BUILDER):
            check(os.path.exists(needed), f"{needed} is missing: run make")
        function()
    except Failed as why:
        frame = traceback.extract_tb(why.__traceback__)
        place = [f for f in frame if f.filename.endswith("/test")]
        where = f"line {place[-1].lineno}: " if place else ""
        print(f"fail: {where}{why}", flush=True)
        _explain()
        sys.exit(1)
    except Exception:  # a fault of the test itself is a failure, too
        traceback.print_exc()
        _explain()
        sys.exit(1)
