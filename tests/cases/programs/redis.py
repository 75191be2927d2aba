"""redis: one thread that serves, and some for the background."""
from case import Attack, Case
from service import Service, exchange
from source import Source

BASE = "debian/patches/0001-Apply-security-fixes-for-CVEs-1113.patch"
UNPACK = "debian/patches/CVE-2025-46817.patch"
# The program's own makefile looks at the libraries only once.
MAKE = ('make -C deps hiredis linenoise lua hdr_histogram && '
        'make -j"$(nproc)" -C src MALLOC=libc USE_SYSTEMD=no '
        'REDIS_CFLAGS="$CFLAGS" REDIS_LDFLAGS="$LDFLAGS" redis-server')
VERSION = "5:7.0.15-1~deb12u10"
# Other patches stand on the first one.
OLD = Source("redis", VERSION, needs="", fixes=[BASE], pop=BASE, make=MAKE)
NEW = Source("redis", VERSION, needs="", fixes=[UNPACK], make=MAKE)


def start_of(source):
    return lambda: Service(source.path("src/redis-server"), "--port", "{port}",
                           "--save", "", "--bind", "127.0.0.1", "--loglevel",
                           "warning", "--dir", "{dir}")


def command(service, *words, timeout=30):
    text = f"*{len(words)}\r\n"
    for word in words:
        text += f"${len(word)}\r\n{word}\r\n"
    return exchange(service.port, text, timeout).strip()


def script(text):
    return lambda service: command(service, "EVAL", text, "0")


def user(service):
    command(service, "ACL", "SETUSER", "x", "%~")
    return command(service, "ACL", "GETUSER", "x")


def pattern(service):
    command(service, "SET", "a" * 100000, "1")
    return command(service, "KEYS", "*?" * 100000, timeout=60)


def works(service):
    return command(service, "PING", timeout=5) == "+PONG"


CASES = [
    Case("07", OLD, labels="CVE-2024-31227 CVE-2024-31228 CVE-2024-31449",
         fix=BASE, targets="src/redis-server", start=start_of(OLD),
         works=works, attacks=[
             Attack(script("return bit.tohex(65535, -2147483648)"), "died",
                    r"^\$8"),
             Attack(user, "died", r"^(-ERR|\*-1|\$-1)"),
             Attack(pattern, "died", r"^\*0")]),
    Case("08", NEW, labels="CVE-2025-46817", fix=UNPACK,
         targets="src/redis-server", start=start_of(NEW), works=works,
         attacks=[Attack(script("return {unpack({1,2,3}, -2, 2147483647)}"),
                         "died", "^-ERR.*too many results")])]
