"""openssh: a listener that forks for each connection. The fix lets a structure
grow that every connection has, and changes many functions."""
from case import Attack, Case
from service import Service
from source import Source
from ssh import strict, works

FIX = "debian/patches/CVE-2023-48795.patch"
SOURCE = Source(
    "openssh", "1:9.2p1-2+deb12u10", fixes=[FIX],
    needs="autoconf automake libssl-dev zlib1g-dev",
    configure='autoreconf -fi && ./configure --with-privsep-user=nobody '
              '--with-privsep-path="$WORK/empty" --without-pam',
    make='make -j"$(nproc)" sshd ssh-keygen',
    setup='mkdir -p -m 755 "$WORK/empty" && '
          './ssh-keygen -q -t ed25519 -N "" -f "$WORK/key"')
CONF = """Port {port}
ListenAddress 127.0.0.1
HostKey %s/key
PidFile {dir}/pid
""" % SOURCE.work

CASES = [Case(
    "18", SOURCE, labels="CVE-2023-48795", fix=FIX, targets="sshd",
    amenable="care",
    start=lambda: Service(SOURCE.path("sshd"), "-D", "-e", "-r", "-f",
                          "{dir}/conf", files={"conf": CONF}),
    works=works, attacks=[Attack(strict, "^absent$", "^present$")])]
