"""cases: what is done, and what the tools say, in cases that stand for others.

A row is a command with its output and exit status, or a text between them.
"""
import contextlib
import csv
import glob
import importlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import loads
from evaluation import BUILD, OUT, TOP, quantile, run

COLUMNS = ("case", "text", "command", "output", "status")
SEND = os.path.join(BUILD, "opus-send")
BUILDER = os.path.join(BUILD, "opus-build")
SERVER = os.path.join(BUILD, "examples/chunked-server")
ASK = os.path.join(TOP, "examples/chunked/ask")
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or
                     os.path.expanduser("~/.cache"), "opus-livepatch/cases")
HOW = ("gcc -std=gnu11 -D_GNU_SOURCE -O2 -g server.c chunk.c -o chunked-server "
       "-pthread")


def write(rows):
    os.makedirs(OUT, exist_ok=True)
    with open(os.path.join(OUT, "cases.csv"), "w", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


class Case:
    """The rows of a case, the folder it works in, what it has started."""

    def __init__(self, name, folder, ends):
        self.name, self.folder, self.ends, self.rows = name, folder, ends, []

    def say(self, text):
        self.row(text=" ".join(text.split()))

    def row(self, **cells):
        self.rows.append({"case": self.name, "text": "", "command": "", "output": "",
                          "status": "0", **cells})

    def plain(self, text):
        """As a reader would see it: without our own folders and colours."""
        for path, short in ((self.folder + "/", ""), (TOP + "/", ""),
                            (os.path.expanduser("~"), "~")):
            text = text.replace(path, short)
        return re.sub(r"\x1b\[[\d;]*m", "", text).strip("\n")

    def do(self, typed, *command, status=0, **keys):
        """Run a command that is shown as `typed`; it must end with `status`, or
        one of several."""
        done = run(*command, check=False, stderr=subprocess.STDOUT, **keys)
        if done.returncode not in (status if isinstance(status, tuple) else (status,)):
            raise RuntimeError(f"{typed}: status {done.returncode}, should be "
                               f"{status}: {done.stdout[-600:]}")
        self.row(command=typed, output=self.plain(done.stdout),
                 status=str(done.returncode))
        return done.stdout

    def start(self, *command, end=signal.SIGTERM, **keys):
        process = subprocess.Popen([str(c) for c in command], text=True,
                                   stdout=subprocess.PIPE, **keys)

        def stop():
            if process.poll() is None:
                process.send_signal(end)
            process.wait(20)
        self.ends.callback(stop)
        return process

    def send(self, words, pid, **keys):
        return self.do(f"opus-send {words} --pid {pid}", SEND, *words.split(),
                       "--pid", pid, cwd=self.folder, **keys)


def chunked_server(case):
    server = case.start(SERVER, env=dict(
        os.environ, LD_PRELOAD=os.path.join(BUILD, "libopus-agent.so")))
    return server.pid, server.stdout.readline().split(":")[1].strip()


def build_fix(case, name="fix", status=0, shown=True):
    before = len(case.rows)
    case.do(
        f"opus-build diff {name}.diff --source . --target chunked-server "
        f"--label CVE-2002-0392 -o {name}.opus \\\n          -- {HOW}",
        BUILDER, "diff", os.path.join(TOP, f"examples/chunked/{name}.diff"),
        "--source", os.path.join(TOP, "examples/chunked"), "--target", SERVER,
        "--label", "CVE-2002-0392", "-o", os.path.join(case.folder, name + ".opus"),
        "--", *HOW.split(), status=status)
    if not shown:
        del case.rows[before:]


def ask(case, port, what):
    return case.do(f"./ask {port} {what}", ASK, port, what)


def chunked(case):
    case.say("""A small server with the fault of CVE-2002-0392: the size of a chunk
        overflows. The diff changes three functions of one file, one of them static,
        and what was inlined into them. Four clients ask without a pause. Commands
        are given in examples/chunked.""")
    pid, port = chunked_server(case)
    clients = [case.start(ASK, port, "load") for _ in range(4)]
    ask(case, port, "attack")
    build_fix(case)
    case.send("apply fix.opus", pid)
    ask(case, port, "attack")
    ask(case, port, "good")
    case.send("revert CVE-2002-0392", pid)
    ask(case, port, "attack")
    for client in clients:
        client.terminate()
    told = "; ".join(c.communicate(timeout=20)[0].strip() for c in clients)
    case.say(f"The four clients meanwhile: {told}.")


def stuck(case):
    case.say("""A client of the same server stops in the middle of a chunk, so a
        thread sits in the old function and waits for it. Nobody else is held up;
        the update takes place by itself when the client goes on.""")
    pid, port = chunked_server(case)
    build_fix(case, shown=False)
    slow = case.start(ASK, port, "half", stdin=subprocess.PIPE)
    patch = os.path.join(case.folder, "fix.opus")
    end = time.monotonic() + 20
    while run(SEND, "apply", patch, "--dry-run", "--pid", pid,
              check=False).returncode != 7:
        if time.monotonic() > end:
            raise RuntimeError("no thread came into the old function")
        time.sleep(0.01)
    case.row(command=f"./ask {port} half &")
    case.send("apply fix.opus --no-wait", pid, status=7)
    case.send("why", pid)
    ask(case, port, "good")
    case.say("The client sends the rest.")
    case.row(command="fg", output=slow.communicate("\n", timeout=20)[0].strip())
    case.send("wait --timeout 10", pid)
    case.send("list", pid)
    ask(case, port, "attack")


def refused(case):
    case.say("""A diff that gives a structure another layout cannot be made into a
        patch: objects of it exist in the process.""")
    build_fix(case, "layout", status=2)
    case.say("""Nor does a patch go into a program that it was not made for.""")
    build_fix(case, shown=False)
    other = case.start(os.path.join(BUILD, "examples/notes-server"), env=dict(
        os.environ, LD_PRELOAD=os.path.join(BUILD, "libopus-agent.so")))
    other.stdout.readline()
    case.send("apply fix.opus", other.pid, status=6)


STRLCPY = """#include <opus-livepatch/patch.h>
#include <string.h>
OPUS_PATCH("strlcpy", "a copy into nothing is no copy");
size_t OPENSSL_strlcpy(char *to, const char *from, size_t size);
size_t OPENSSL_strlcpy(char *to, const char *from, size_t size)
{
	size_t length = strlen(from), part = length < size ? length : size - 1;

	if (to && size) {
		memcpy(to, from, part);
		to[part] = 0;
	}
	return length;
}
OPUS_REPLACE(OPENSSL_strlcpy);
"""


def own_libcrypto(folder):
    """A copy that no other process of the machine has: with a build-id of its
    own, so that --all means the services of this case alone."""
    with open(os.path.realpath("/usr/lib/x86_64-linux-gnu/libcrypto.so.3"),
              "rb") as file:
        data = file.read()
    path = os.path.join(folder, "libcrypto.so.3")
    note = run("readelf", "-n", "/usr/lib/x86_64-linux-gnu/libcrypto.so.3").stdout
    name = bytes.fromhex(re.search("Build ID: ([0-9a-f]+)", note).group(1))
    with open(path, "wb") as file:
        file.write(data.replace(name, bytes(b ^ 0xff for b in name)))
    os.chmod(path, 0o755)
    return path


def library(case):
    import part_services as services
    case.say("""nginx, redis, memcached and PostgreSQL of Debian run at once, under
        load, and have one libcrypto, which is patched in all their processes by
        one command. (It is a copy with a build-id of its own, so that other
        programs on the machine are left alone.)""")
    os.chmod(services.tests.WORK, 0o755)
    os.chmod(case.folder, 0o755)
    path = own_libcrypto(case.folder)
    os.environ["LD_LIBRARY_PATH"] = case.folder
    setups = {}
    try:
        for name, make in (("nginx", services.nginx), ("redis", services.redis),
                           ("memcached", services.memcached),
                           ("postgres", services.postgres)):
            setup, service = services.start("library-" + name, make,
                                            [services.tests.RUN, "--require"])
            case.ends.callback(service.kill)
            setup.load(1)
            setups[name] = setup
    finally:
        del os.environ["LD_LIBRARY_PATH"]
    with open(os.path.join(case.folder, "strlcpy.c"), "w") as file:
        file.write(STRLCPY)
    case.do("opus-build compile strlcpy.c --target libcrypto.so.3 -o strlcpy.opus",
            BUILDER, "compile", "strlcpy.c", "--target", path, "-o", "strlcpy.opus",
            cwd=case.folder)
    told = {}

    def load(name):
        told[name] = setups[name].load(3)
    threads = [threading.Thread(target=load, args=(n,)) for n in setups]
    for thread in threads:
        thread.start()
    time.sleep(1)
    case.do("opus-send apply strlcpy.opus --all", SEND, "apply", "strlcpy.opus",
            "--all", cwd=case.folder)
    # 4: there are processes on this machine that nobody may look at.
    case.do("opus-send check strlcpy.opus --all", SEND, "check", "strlcpy.opus",
            "--all", cwd=case.folder, status=(0, 4))
    for thread in threads:
        thread.join()
    case.say("Their load tools meanwhile: " + "; ".join(
        f"{name} {t['requests_per_s']:,.0f} requests a second, {t['failed']:.0f} failed"
        for name, t in told.items()) + ".")


def real(case, words, what):
    case.say(what)
    case.do(f"make cases CASE='{words}'", os.path.join(TOP, "tests/cases/run"),
            *words.split(), timeout=3600,
            env={k: v for k, v in os.environ.items() if k != "OPUS_BENCH_ROUNDS"})


def real_patches(case, cases, source, build):
    """Build them; the rows say how long it took and what was built."""
    for one in cases:
        status, text, seconds, path = one.build_patch()
        if status:
            raise RuntimeError(f"opus-build of case {one.id}: {text[-600:]}")
        shutil.copy(path, os.path.join(case.folder, one.id + ".opus"))
        case.row(command=f"opus-build diff {os.path.basename(one.fix)} --source "
                 f"{source} --target {os.path.basename(one.targets[0])} "
                 f"--label {one.labels[0]} -o {one.id}.opus -- {build}",
                 output=text.strip().splitlines()[-1].replace(
                     os.path.dirname(path) + "/", "") + f" ({seconds:.0f} s)")


def apache_under_load(case, cases, mpm):
    """All requests of 24 busy clients, while both holes are closed."""
    first = cases[0]
    for one in cases:
        one.start = lambda: program_of("apache2").start(mpm)
        one.fresh()
        one.show(one.attacks[0], f"{mpm}: vulnerable", one.attacks[0].open)
        one.stop()
    first.fresh()
    service = cases[1].service = first.service
    told = {}

    def load():
        told.update(loads.http(f"http://127.0.0.1:{service.port}/index.html", 10,
                               case.folder, clients=24))
    thread = threading.Thread(target=load)
    thread.start()
    time.sleep(2)
    applied = []
    try:
        for one in cases:
            done = case.do(f"opus-send apply {one.id}.opus --tree {service.pid}",
                           SEND, "apply", one.id + ".opus", "--tree", service.pid,
                           "--json", cwd=case.folder)
            applied.append(json.loads(done)["targets"])
            case.rows.pop()
            for _ in range(20):
                one.show(one.attacks[0], f"{mpm}: patched", one.attacks[0].closed)
        if not first.healthy():
            raise RuntimeError(f"{mpm}: it does not work as before: "
                               f"{service.missing()}")
    finally:
        thread.join()
    for one, targets in zip(cases, applied):
        took, pause = (sorted(t["result"][key] / 1e6 for t in targets)
                       for key in ("total_ns", "pause_ns"))
        case.row(command=f"opus-send apply {one.id}.opus --tree $HTTPD",
                 output=f"{len(targets)} processes; {quantile(took, 0.5):.1f} ms each, "
                 f"{took[-1]:.1f} ms at most; threads stopped for "
                 f"{quantile(pause, 0.5):.2f} ms, {pause[-1]:.2f} ms at most")
    case.say(f"""{mpm}: {told['requests_per_s']:,.0f} requests a second,
        {told['failed']:.0f} failed, the longest took {told['longest_ms']:.0f} ms.
        Each attack 20 times under that load: refused each time, and all processes
        live.""")
    if told["failed"]:
        raise RuntimeError(f"{mpm}: {told['failed']:.0f} requests were lost")
    first.stop()


def program_of(name):
    """The program of tests/cases; its `service` is another than the one of
    part_services."""
    if name not in sys.modules:
        os.environ["OPUS_BUILD"] = BUILD
        other = sys.modules.pop("service", None)
        before = list(sys.path)
        sys.path[:0] = [os.path.join(TOP, "tests/cases"),
                        os.path.join(TOP, "tests/cases/programs")]
        importlib.import_module(name)
        sys.path[:] = before
        del sys.modules["service"]
        if other:
            sys.modules["service"] = other
    return sys.modules[name]


def apache(case):
    case.say("""CVE-2021-41773, exported functions of two files in the path of every
        request, and CVE-2021-44790, a static function of a module that was opened
        with dlopen, closed one after the other while 24 clients ask without a
        pause: httpd with processes (prefork, 33 of them), with threads (worker),
        and with threads that wait for events (event).""")
    program = program_of("apache2")
    program.SOURCE.prepare()
    real_patches(case, program.CASES, "httpd", "make")
    for mpm in ("prefork", "worker", "event"):
        try:
            apache_under_load(case, program.CASES, mpm)
        finally:
            for one in program.CASES:
                one.stop()


class Clients:
    """Sessions of MariaDB, each of a hundred questions, one after the other."""

    def __init__(self, program, service, count):
        self.program, self.service = program, service
        self.ended, self.times, self.lost = threading.Event(), [], []
        self.threads = [threading.Thread(target=self.run) for _ in range(count)]
        self.start = time.monotonic()
        for thread in self.threads:
            thread.start()

    def ask(self, client):
        for _ in range(100):
            begin = time.monotonic()
            said = client.query("SELECT ST_AsText(ST_GeomFromText('POINT(1 2)'))")
            self.times.append(time.monotonic() - begin)
            if said != "POINT(1 2)":
                self.lost.append(said)
        return True

    def run(self):
        while not self.ended.is_set():
            said = self.program.session(self.service, b"guest", b"mysql_native_password",
                                        b"", self.ask)
            if said is not True:
                self.lost.append(said)

    def end(self):
        self.ended.set()
        for thread in self.threads:
            thread.join()
        return len(self.times) / (time.monotonic() - self.start)


def mariadb(case):
    case.say("""A login of an old protocol (CAN-2004-0627) and C++ virtual functions of
        geometry (CVE-2013-1861), closed one after the other while 8 clients log in
        and ask for points without a pause.""")
    program = program_of("mariadb")
    program.SOURCE.prepare()
    real_patches(case, program.CASES, "mariadb", "make -C build mariadbd")
    for one in program.CASES:
        one.fresh()
        one.show(one.attacks[0], "vulnerable", one.attacks[0].open)
        one.stop()
    first = program.CASES[0]
    first.fresh()
    service = program.CASES[1].service = first.service
    clients = Clients(program, service, 8)
    try:
        time.sleep(2)
        for one in program.CASES:
            case.do(f"opus-send apply {one.id}.opus --pid $MARIADBD", SEND, "apply",
                    one.id + ".opus", "--pid", service.process.pid, cwd=case.folder)
            for _ in range(20):
                one.show(one.attacks[0], "patched", one.attacks[0].closed)
    finally:
        rate = clients.end()
        for one in program.CASES:
            one.stop()
    case.say(f"""{rate:,.0f} requests a second, {len(clients.lost)} failed, the longest
        took {1e3 * max(clients.times):.0f} ms. Each attack 20 times under that load:
        refused each time, and the process lives.""")
    if clients.lost:
        raise RuntimeError(f"{len(clients.lost)} requests were lost: {clients.lost[:3]}")


def built(package):
    return bool(glob.glob(f"{CACHE}/{package}-*/.done-setup"))


# Name, function, its arguments, the source package that must be built (in the
# full mode it is built if it is not).
CASES = (
    ("A chunk size that overflows (CVE-2002-0392)", chunked, (), None),
    ("A thread that is stuck in the old function", stuck, (), None),
    ("What must be refused", refused, (), None),
    ("One library of several services", library, (), None),
    ("Apache httpd under load (CVE-2021-41773, CVE-2021-44790)", apache, (),
     "apache2"),
    ("Chunks again: minidlna (CVE-2023-33476)", real, ("minidlna", "The paper's "
     "subject in a program of today."), "minidlna"),
    ("MariaDB under load (CAN-2004-0627, CVE-2013-1861)", mariadb, (), "mariadb"),
)


def one(name, work, arguments):
    with contextlib.ExitStack() as ends:
        folder = tempfile.mkdtemp(prefix="opus-evaluation-")
        ends.callback(shutil.rmtree, folder, ignore_errors=True)
        case = Case(name, folder, ends)
        work(case, *arguments)
    return case.rows


def units(mode):
    for name, work, arguments, package in CASES:
        if package and mode != "full" and not built(package):
            yield name, lambda n=name, p=package: [dict(
                dict.fromkeys(COLUMNS, ""), case=n, status="0",
                text=f"Not measured in this run: {p} is not built here "
                     "(`make cases` does so, or MODE=full).")]
        else:
            yield name, lambda at=(name, work, arguments): one(*at)
