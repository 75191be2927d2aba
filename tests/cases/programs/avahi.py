"""avahi: one process; the holes are in its shared library, in eight files."""
import os

from case import Attack, Case
from service import Service, exchange
from source import Source

FIX = "debian/patches/Fix-NULL-pointer-crashes-from-175.patch"
OFF = ("dbus glib gobject gdbm dbm python pygobject introspection qt3 qt4 qt5 "
       "gtk gtk3 mono monodoc manpages libevent autoipd tests stack-protector "
       "xmltoman doxygen-doc").split()
SOURCE = Source(
    "avahi", "0.8-10+deb12u1", fixes=[FIX],
    needs="autoconf automake libtool gettext pkg-config libdaemon-dev "
          "libexpat1-dev",
    configure="autoreconf -fi && ./configure --with-xml=expat "
              "--with-distro=none --with-avahi-user=root "
              '--with-avahi-group=root ' +
              " ".join("--disable-" + name for name in OFF),
    # It would listen below /run, beside the one of the system.
    make='make() { command make -j"$(nproc)" avahi_runtime_dir="$WORK/run" '
         'avahi_socket="$WORK/run/avahi-daemon/socket" "$@"; }; '
         'make -C avahi-common && make -C avahi-core && '
         'make -C avahi-daemon avahi-daemon',
    setup='mkdir -p "$WORK/run/avahi-daemon"')
CONF = """[server]
host-name=case
domain-name=local
use-ipv4=yes
use-ipv6=no
allow-interfaces=lo
[publish]
disable-publishing=yes
"""


def start():
    program = "avahi-daemon/.libs/avahi-daemon"
    if not os.path.exists(SOURCE.path(program)):
        program = "avahi-daemon/avahi-daemon"
    return Service(
        SOURCE.path(program), "--no-drop-root", "--no-rlimits",
        "--no-proc-title", "-f", "{dir}/conf",
        files={"conf": CONF},
        env={"LD_LIBRARY_PATH": ":".join(SOURCE.path(name) for name in (
            "avahi-core/.libs", "avahi-common/.libs"))})


def ask(service, line):
    return exchange(SOURCE.work + "/run/avahi-daemon/socket", line + "\n",
                    timeout=10).strip()


CASES = [Case(
    "12", SOURCE, labels="CVE-2021-3502", fix=FIX,
    targets="avahi-core/.libs/libavahi-core.so.7", start=start,
    works=lambda service: "+ Available" in ask(service, "HELP"),
    attacks=[Attack(lambda service: ask(service, "RESOLVE-HOSTNAME .local"),
                    "died: SIGABRT", "^-3 Invalid host name")])]
