"""source.py - fetch, open and build the programs of the cases.

A Source is one Debian source package, built with holes in it. It lies in the
cache in a folder of its own, named after a digest of its recipe, and each step
leaves a stamp there: a second run, or one after an interruption, goes on where
the last one ended. What the steps print goes to build.log in that folder.
"""
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or
                     os.path.expanduser("~/.cache"), "opus-livepatch")
# Symbols and DWARF stay in the binary, as a distribution keeps them in its
# debug packages. The hardening flags are those of Debian 12.
CFLAGS = "-O2 -g -fstack-protector-strong -Wdate-time -D_FORTIFY_SOURCE=2"
LDFLAGS = "-Wl,-z,relro -Wl,-z,now"


class BuildFailed(Exception):
    """A step of a build failed; the text ends with the end of the log."""


class Source:
    """A source package and how to build it.

    needs      Debian packages that the build needs, in one string
    fixes      the patches whose holes are put back, by case: from the package
               (debian/patches/...) or from this project (a path in it)
    pop        take out all patches of the package from this one on; for those
               that others stand on
    configure  shell command, once
    make       shell command that builds; opus-build gets it, too
    setup      shell command, once, after that; in $WORK there is room
    uses       files of this project that setup makes use of
    folder     of the cache, where it is built
    """

    def __init__(self, package, version, *, needs, fixes, make, configure=":",
                 pop=None, setup=":", uses=(), folder="cases"):
        self.package, self.version = package, version
        self.needs, self.fixes, self.pop = needs.split(), fixes, pop
        self.configure, self.make, self.setup = configure, make, setup
        recipe = repr((version, fixes, pop, configure, make, setup, CFLAGS,
                       LDFLAGS))
        for path in [*fixes, *uses]:
            if not path.startswith("debian/"):
                with open(os.path.join(TOP, path)) as file:
                    recipe += file.read()
        key = hashlib.sha256(recipe.encode()).hexdigest()[:8]
        upstream = version.split(":")[-1]
        self.work = os.path.join(CACHE, folder, f"{package}-{upstream}-{key}")
        self.tree = os.path.join(self.work, "tree")
        self.log = os.path.join(self.work, "build.log")

    def path(self, name):
        return os.path.join(self.tree, name)

    def fix(self, name):
        """The file of a fix: it closes its hole again."""
        return os.path.join(self.tree if name.startswith("debian/") else TOP,
                            name)

    def environment(self):
        """What configure and make run with."""
        return dict(os.environ, CFLAGS=CFLAGS, CXXFLAGS=CFLAGS,
                    LDFLAGS=LDFLAGS, LC_ALL="C.UTF-8", WORK=self.work, TOP=TOP)

    def prepare(self):
        """Do what is left to do until the vulnerable program is built."""
        os.makedirs(self.work, exist_ok=True)
        with open(os.path.join(self.work, ".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._packages()
            self._step("unpack", "fetching and unpacking", self._unpack)
            self._step("configure", "configuring", self.configure)
            self._step("make", "compiling", self.make)
            self._step("setup", "setting up", self.setup)

    def _packages(self):
        done = subprocess.run([TOP + "/tests/lib/deps.sh", "dpkg-dev",
                               *self.needs],
                              stdout=sys.stderr)
        if done.returncode:
            raise BuildFailed("packages that the build needs are missing")

    def _step(self, name, text, action):
        stamp = os.path.join(self.work, ".done-" + name)
        if os.path.exists(stamp):
            return
        if callable(action):
            action()
        elif action != ":":
            self._run(text, action)
        open(stamp, "w").close()

    def _unpack(self):
        files = os.path.join(CACHE, "cases", "download")
        dsc = f"{files}/{self.package}_{self.version.split(':')[-1]}.dsc"
        if not os.path.exists(dsc):
            self._run("fetching the source package", [
                TOP + "/tests/lib/fetch-source.sh", self.package, self.version,
                files])
        shutil.rmtree(self.tree, ignore_errors=True)
        self._run("unpacking", ["dpkg-source", "--no-check", "-x", dsc,
                                self.tree])
        for name in self._patches_to_pop():
            self._patch("-R", "debian/patches/" + name)
        for name in self.fixes:
            # What is out already with those that were popped stays out.
            if not (self.pop and name.startswith("debian/")):
                self._patch("-R", name)

    def _patches_to_pop(self):
        if not self.pop:
            return []
        with open(self.path("debian/patches/series")) as file:
            series = [line.split()[0] for line in file
                      if line.strip() and not line.startswith("#")]
        first = series.index(self.pop.removeprefix("debian/patches/"))
        return reversed(series[first:])

    def _patch(self, how, name):
        self._run("opening " + name, ["patch", how, "-f", "-p1", "-d",
                                      self.tree, "-i", self.fix(name)])

    def _run(self, text, command):
        """Run a command of the build; say now and then that it goes on."""
        say(self.package, text)
        start = time.monotonic()
        shell = isinstance(command, str)
        if shell:
            command = ["bash", "-euc", command]
        with open(self.log, "ab") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                cwd=self.tree if shell else self.work,
                env=self.environment())
            while True:
                try:
                    status = process.wait(20)
                    break
                except subprocess.TimeoutExpired:
                    say(self.package, f"{text}: "
                        f"{time.monotonic() - start:.0f} s, "
                        f"{os.path.getsize(self.log) >> 10} KiB of log")
        if status:
            with open(self.log, errors="replace") as log:
                raise BuildFailed(f"{self.package}: {text} failed, see "
                                  f"{self.log}\n" +
                                  "".join(log.readlines()[-15:]))


def say(who, text):
    print(f"  {who}: {text}", file=sys.stderr, flush=True)
