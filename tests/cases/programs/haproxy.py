"""haproxy: two threads, a very large parser function. It serves itself."""
from case import Attack, Case
from service import Service, http, status_line
from source import Source

FIX = ("debian/patches/"
       "BUG-MINOR-h1-do-not-accept-as-part-of-the-URI-compon.patch")
SOURCE = Source("haproxy", "2.6.12-1+deb12u3", needs="", fixes=[FIX],
                make='make -j"$(nproc)" TARGET=linux-glibc CPU_CFLAGS='
                     '"$CFLAGS" LDFLAGS="$LDFLAGS" haproxy')
CONF = """global
  nbthread 2
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 2s
frontend f
  bind 127.0.0.1:{port}
  http-request return status 200
"""


def get(path):
    return lambda service: status_line(http(
        service.port, f"GET {path} HTTP/1.1\nHost: x\nConnection: close"))


CASES = [Case(
    "10", SOURCE, labels="CVE-2023-45539", fix=FIX, targets="haproxy",
    start=lambda: Service(SOURCE.path("haproxy"), "-f", "{dir}/conf", "-db",
                          files={"conf": CONF}),
    works=lambda service: get("/aa")(service) == "200",
    attacks=[Attack(get("/aa#bb"), "^200$", "^400$")])]
