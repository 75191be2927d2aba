"""The wire protocol (common/wire.h) without any of opus-send's checks: what a
faulty or hostile sender may say to an agent. Names come from the headers."""
import ctypes
import os
import re
import select
import socket
import struct
import time

from lib import MODE, ROOT, Failed, Target, check


def _names(header, macro):
    with open(os.path.join(ROOT, "common", header)) as file:
        text = file.read()
    rows = text[text.index(f"#define {macro}("):].split("\n\n")[0]
    return re.findall(r"^\s*[A-Z]\((\w+),", rows, re.M)


TYPES = {name: n for n, name in enumerate(_names("wire.h", "WIRE_MESSAGES"))}
CODES = _names("codes.h", "OPUS_CODES")
with open(os.path.join(ROOT, "common/wire.h")) as _file:
    _text = _file.read()
MAGIC = int(re.search(r"WIRE_MAGIC (0x\w+?)u", _text).group(1), 16)
VERSION = int(re.search(r"WIRE_VERSION (\d+)", _text).group(1))
TAG = int(re.search(r"WIRE_CONTACT_TAG (0x\w+?)u", _text).group(1), 16)
FOLDERS = re.findall(r'"(/[^"]+)"',
                     re.search(r"WIRE_FOLDERS \{(.*)\}", _text).group(1))
# A late agent is contacted by glibc's SIGSETXID.
CONTACT = 33 if MODE == "inject" else 64
DRY_RUN, KEEP, AT_ONCE = 1, 2, 4
HEAD = struct.Struct("<IHHII")
_libc = ctypes.CDLL(None, use_errno=True)


def signal_value(pid, tid, number, value, code=-1):
    """rt_tgsigqueueinfo(2): a signal with 64 bits of the sender's choice."""
    info = struct.pack("<iiiiiIQ", number, 0, code, 0, os.getpid(),
                       os.getuid(), value).ljust(128, b"\0")
    return _libc.syscall(297, pid, tid, number, info)


def threads(pid):
    return sorted(map(int, os.listdir(f"/proc/{pid}/task")))


def listener(folder=1):
    """A listening socket below a folder of the protocol, with a name of ours.
    Returns it, its path, and the value of a contact signal that leads to it."""
    random = int.from_bytes(os.urandom(6), "little")
    path = f"{FOLDERS[folder]}/opus-{random:012x}"
    server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server.bind(path)
    server.listen(8)
    return server, path, TAG << 56 | folder << 48 | random


class Wire:
    """A connection to the agent of a process."""

    def __init__(self, pid, number=CONTACT, version=VERSION, limit=10):
        pid = pid.pid if isinstance(pid, Target) else pid
        server, path, value = listener()
        self.version = version
        self.serial = 0
        self.peer = None
        try:
            end = time.monotonic() + limit
            while not self.peer and time.monotonic() < end:
                for tid in threads(pid):
                    signal_value(pid, tid, number, value)
                    if select.select([server], [], [], 0.02)[0]:
                        self.peer = server.accept()[0]
                        break
        finally:
            server.close()
            os.unlink(path)
        check(self.peer, "the agent did not connect")
        self.peer.settimeout(20)
        self.hello = self.receive()

    def receive(self):
        """The next message: type name, serial, body. None at the end."""
        data = self.peer.recv(65536)
        if not data:
            return None
        magic, version, kind, length, serial = HEAD.unpack(data[:HEAD.size])
        check(magic == MAGIC and version == VERSION and length == len(data),
              f"a bad message from the agent: {data[:32]!r}")
        name = [n for n, number in TYPES.items() if number == kind][0]
        return name, serial, data[HEAD.size:]

    def raw(self, data, fds=()):
        socket.send_fds(self.peer, [data], list(fds))

    def ask(self, kind, body=b"", fds=()):
        """Send a request and return (code name, text) of its RESULT."""
        self.serial += 1
        self.raw(HEAD.pack(MAGIC, self.version, TYPES[kind],
                           HEAD.size + len(body), self.serial) + body, fds)
        while True:
            message = self.receive()
            if message is None:
                raise Failed("the agent closed the connection")
            if message[0] == "WIRE_RESULT" and message[1] == self.serial:
                code, = struct.unpack_from("<I", message[2])
                text = message[2][16:496].split(b"\0")[0].decode()
                return (CODES[code] if code < len(CODES) else code), text

    def apply(self, data, flags=0):
        """Apply a patch that is given as bytes."""
        fd = os.memfd_create("patch")
        try:
            os.write(fd, data)
            body = struct.pack("<IIQ2048s", flags, 0, 0, b"")
            return self.ask("WIRE_APPLY", body, [fd])
        finally:
            os.close(fd)

    def revert(self, name, flags=0):
        return self.ask("WIRE_REVERT", struct.pack("<IIQ128s", flags, 0, 0,
                                                   name.encode()))

    def close(self):
        self.peer.close()
