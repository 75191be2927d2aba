"""service.py - start a program of a case with the agent, and talk to it."""
import glob
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

BUILD = os.environ["OPUS_BUILD"]
AGENT = os.path.join(BUILD, "libopus-agent.so")
CUT = "connection cut"      # outcomes of an exchange that brought no answer
SILENT = "no answer"


class NotSo(Exception):
    """What a case claims does not hold."""


class Service:
    """A program that runs with the agent in a folder of its own.

    `command` may contain {port} and {dir}; so may the values of `files`, which
    are written into the folder first. `env` is added to the environment.
    """

    def __init__(self, *command, files=None, env=None, stdin=False):
        self.dir = tempfile.mkdtemp(prefix="opus-case-",
                                    dir=os.environ.get("TEST_TMP"))
        os.chmod(self.dir, 0o777)  # some serve as another user
        self.port = free_port()
        self.log = os.path.join(self.dir, "output")
        self.helpers = []
        for name, text in (files or {}).items():
            path = os.path.join(self.dir, name)
            os.makedirs(os.path.dirname(path), mode=0o777, exist_ok=True)
            with open(path, "w") as file:
                file.write(self._fill(text))
        environ = dict(os.environ, LD_PRELOAD=AGENT,
                       **{k: self._fill(v) for k, v in (env or {}).items()})
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [self._fill(word) for word in command], env=environ,
                cwd=self.dir, start_new_session=True, stdout=log, stderr=log,
                stdin=subprocess.PIPE if stdin else subprocess.DEVNULL)
        self.pid = self.process.pid
        self.first = []

    def _fill(self, text):
        return text.replace("{port}", str(self.port)).replace("{dir}",
                                                              self.dir)

    def processes(self):
        """The program and all its descendants, those that have not ended."""
        found, left = [], [self.pid]
        while left:
            pid = left.pop()
            if state_of(pid) in "ZX":
                continue
            found.append(pid)
            for path in glob.glob(f"/proc/{pid}/task/*/children"):
                left += [int(word) for word in read(path).split()]
        return sorted(found)

    def holders(self, paths):
        """Those of the processes that have one of the files mapped."""
        real = [os.path.realpath(path) for path in paths]
        return [pid for pid in self.processes()
                if any(path + "\n" in read(f"/proc/{pid}/maps")
                       for path in real)]

    def remember(self):
        """From now on, these processes are the ones that have to stay."""
        self.first = self.processes()

    def missing(self):
        """Which of the remembered processes have ended, in words, or ''."""
        gone = sorted(set(self.first) - set(self.processes()))
        if not gone:
            return ""
        if self.pid not in gone:
            return "died: a child"
        # A leader may be a zombie while its other threads still die.
        status = self.process.wait(10)
        return "died: " + (signal.Signals(-status).name if status < 0
                           else f"status {status}")

    def end(self):
        for pid in self.processes():
            kill(pid)
        kill(-self.pid)
        self.process.wait()
        for helper in self.helpers:
            helper.close()
        if self.process.stdin:
            self.process.stdin.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def ask(self, line, timeout=5):
        """Write a line to its standard input; the line that it answers."""
        start = os.path.getsize(self.log)
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
        except OSError:
            return CUT
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            with open(self.log, "rb") as log:
                log.seek(start)
                got = log.read()
            if got.endswith(b"\n"):
                return got.decode(errors="replace").strip()
            if self.process.poll() is not None:
                return CUT
            time.sleep(0.01)
        return SILENT

    def last_words(self):
        return "\n".join([read(self.log)[-2000:],
                          *(where(pid) for pid in self.processes())])


def read(path):
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def state_of(pid):
    stat = read(f"/proc/{pid}/stat")
    return stat.rpartition(") ")[2][:1] or "X"


def where(pid):
    """For people: what each thread of a process does just now."""
    lines = []
    for task in sorted(glob.glob(f"/proc/{pid}/task/*")):
        status = dict(line.split(":\t", 1) for line in
                      read(task + "/status").splitlines() if ":\t" in line)
        lines.append(" ".join([task, state_of(task[len("/proc/"):]),
                               read(task + "/wchan"),
                               read(task + "/syscall").strip(),
                               *(f"{key} {status.get(key)}" for key in
                                 ("VmRSS", "SigPnd", "SigBlk"))]))
    return "\n".join(lines)


def kill(pid):
    try:
        (os.killpg if pid < 0 else os.kill)(abs(pid), signal.SIGKILL)
    except OSError:
        pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, text, timeout=20):
    """Poll for something that no descriptor tells."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise NotSo(f"after {timeout} s still not: {text}")
        time.sleep(0.02)


def connect(where, timeout=5):
    """Connect to a port of this machine, or to a Unix socket by its path."""
    if isinstance(where, str):
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(timeout)
        link.connect(where)
        return link
    return socket.create_connection(("127.0.0.1", where), timeout=timeout)


def exchange(where, data, timeout=5, enough=lambda got: b"\n" in got):
    """Send data and return the answer as text, or CUT or SILENT."""
    got = b""
    try:
        with connect(where, timeout) as link:
            link.sendall(data.encode("latin-1") if isinstance(data, str)
                         else data)
            while not enough(got):
                part = link.recv(65536)
                if not part:
                    break
                got += part
    except (socket.timeout, TimeoutError):
        return got.decode("latin-1") or SILENT
    except OSError:
        pass
    return got.decode("latin-1") or CUT


def http(port, head, body=b"", timeout=5):
    """One HTTP request; the answer with its body until the end, as text."""
    if isinstance(head, str):
        head = head.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n"
    return exchange(port, head + body, timeout, enough=lambda got: False)


def status_line(answer):
    """The status code of an HTTP answer, or the outcome that it is."""
    words = answer.split(" ")
    return words[1] if answer.startswith("HTTP/") and len(words) > 1 else answer
