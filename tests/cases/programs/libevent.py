"""libevent: a shared library, in a small HTTP server."""
from case import Attack, Case
from service import Service, http, status_line
from source import Source

FIX = "debian/patches/CVE-2026-63382.patch"
SERVER = "tests/cases/programs/libevent-server.c"
SOURCE = Source(
    "libevent", "2.1.12-stable-8+deb12u1", fixes=[FIX], pop=FIX,
    needs="autoconf automake libtool pkg-config",
    configure="autoreconf -fi && ./configure --disable-openssl "
              "--disable-libevent-regress --disable-samples --disable-static",
    make='make -j"$(nproc)"', uses=[SERVER],
    setup=f'gcc $CFLAGS "$TOP/{SERVER}" -o "$WORK/server" -Iinclude '
          '-L.libs -Wl,-rpath,"$PWD/.libs" -levent')


def post(head, body):
    return lambda service: status_line(http(
        service.port, f"POST / HTTP/1.1\nHost: x\nConnection: close\n{head}",
        body))


CASES = [Case(
    "14", SOURCE, labels="CVE-2026-63382", fix=FIX,
    targets=".libs/libevent-2.1.so.7",
    start=lambda: Service(SOURCE.work + "/server", "{port}"),
    works=lambda service: post("Content-Length: 2", b"ok")(service) == "200",
    attacks=[Attack(post("Content-Length: 5\nTransfer-Encoding: chunked",
                         b"0\r\n\r\n"), "^200$", "^400$")])]
