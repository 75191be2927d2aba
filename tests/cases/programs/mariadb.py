"""MariaDB: one process with some twenty threads; C++, with one file of C."""
import struct

from case import Attack, Case
from service import CUT, SILENT, Service, connect
from source import Source

OLD_LOGIN = "tests/cases/fixes/mariadb-CAN-2004-0627.diff"
POINTS = "tests/cases/fixes/mariadb-CVE-2013-1861.diff"
OFF = ("ROCKSDB MROONGA SPIDER COLUMNSTORE CONNECT OQGRAPH SPHINX S3 "
       "PERFSCHEMA ARCHIVE BLACKHOLE FEDERATED FEDERATEDX EXAMPLE FEEDBACK "
       "HANDLERSOCKET AUTH_GSSAPI AUTH_PAM HASHICORP_KEY_MANAGEMENT "
       "AWS_KEY_MANAGEMENT CRACKLIB_PASSWORD_CHECK").split()
SOURCE = Source(
    "mariadb", "1:10.11.18-0+deb12u1", fixes=[OLD_LOGIN, POINTS],
    needs="cmake g++ bison libncurses-dev libssl-dev zlib1g-dev libpcre2-dev "
          "libfmt-dev pkg-config perl",
    # A build with debug information for all of it takes 5 GB.
    configure="cmake -S . -B build -DCMAKE_BUILD_TYPE=None "
              '-DCMAKE_C_FLAGS="$CFLAGS" -DCMAKE_CXX_FLAGS="$CXXFLAGS" '
              "-DWITH_UNIT_TESTS=OFF -DWITH_WSREP=OFF -DWITH_SSL=system "
              "-DWITH_ZLIB=system -DWITH_PCRE=system -DWITH_LIBFMT=system "
              "-DWITH_EMBEDDED_SERVER=OFF -DWITHOUT_SERVER=OFF "
              "-DMYSQL_MAINTAINER_MODE=OFF -DCONC_WITH_UNIT_TESTS=OFF " +
              " ".join(f"-DPLUGIN_{name}=NO" for name in OFF),
    make='make -j"$(nproc)" -C build mariadbd',
    setup="""make -C build GenError
        rm -rf "$WORK/data"
        mkdir -p "$WORK/data"
        cd build
        # bootstrapping takes one statement a line
        { printf '%s;\\n' "CREATE DATABASE mysql" "USE mysql" \\
              "SET @auth_root_socket=NULL"
          cat ../scripts/mysql_system_tables.sql \\
              ../scripts/mysql_system_tables_data.sql; } |
            sql/mariadbd --no-defaults --bootstrap --user=root \\
                --datadir="$WORK/data" --lc-messages-dir=sql/share
        """)
USERS = """CREATE OR REPLACE USER old IDENTIFIED VIA mysql_old_password USING '6f8c114b58f2ce9e';
CREATE OR REPLACE USER guest IDENTIFIED VIA mysql_native_password USING '';
"""
# Protocol 4.1, with plugins of authentication.
ABILITIES = 0x1 | 0x4 | 0x200 | 0x8000 | 0x80000


def start():
    return Service(
        "sh", "-c", 'cp -r "$0" {dir}/data && exec "$@"', SOURCE.work + "/data",
        SOURCE.path("build/sql/mariadbd"), "--no-defaults", "--user=root",
        "--datadir={dir}/data", "--socket={dir}/socket", "--port={port}",
        "--bind-address=127.0.0.1", "--pid-file={dir}/pid",
        "--lc-messages-dir=" + SOURCE.path("build/sql/share"),
        "--init-file={dir}/users", "--skip-stack-trace", "--secure-auth=0",
        files={"users": USERS})


class Session:
    """A client that has logged in, or was refused: see `answer`."""

    def __init__(self, service, user, plugin, secret):
        self.link = connect(service.port)
        self.file = self.link.makefile("rb")
        self._packet()
        self._send(1, struct.pack("<IIB23x", ABILITIES, 1 << 24, 33) + user +
                   b"\0\0" + plugin + b"\0")
        self.answer = self._packet()
        if self.answer[:1] == b"\xfe":
            self._send(3, secret)
            self.answer = self._packet()

    def _packet(self):
        head = self.file.read(4)
        if len(head) < 4:
            raise ConnectionError
        return self.file.read(int.from_bytes(head[:3], "little"))

    def _send(self, number, data):
        self.link.sendall(struct.pack("<I", len(data) | number << 24) + data)

    def query(self, text):
        """The value in the only column of the only row, as text."""
        self._send(0, b"\3" + text.encode())
        packet = self._packet()
        if packet[:1] == b"\xff":
            return packet[9:].decode(errors="replace")
        for _ in range(3):  # the column, its end, the row
            packet = self._packet()
        self._packet()  # the end of the rows
        return "NULL" if packet == b"\xfb" else packet[1:].decode()

    def close(self):
        self.file.close()
        self.link.close()


def session(service, user, plugin, secret, act):
    """Log in, and what `act` makes of the session."""
    client = None
    try:
        client = Session(service, user, plugin, secret)
        return act(client)
    except TimeoutError:
        return SILENT
    except OSError:
        return CUT
    finally:
        if client:
            client.close()


def query(service, text):
    return session(service, b"guest", b"mysql_native_password", b"",
                   lambda client: client.query(text))


def log_in(service):
    """Eight bytes, of which the first is NUL: an answer of no length."""
    return session(service, b"old", b"mysql_old_password", b"\0AAAAAAA",
                   lambda client: "logged in" if client.answer[:1] == b"\0"
                   else client.answer[9:].decode(errors="replace"))


def polygon(service):
    """A polygon with a ring of 2**28 points, of 16 bytes each."""
    return query(service, "SELECT ST_AsText(0x00000000" "01" "03000000"
                 "01000000" "00000010" + "00" * 16 + ")")


def works(service):
    return query(service, "SELECT ST_AsText(ST_GeomFromText('POINT(1 2)'))"
                 ) == "POINT(1 2)"


CASES = [
    Case("03", SOURCE, labels="CAN-2004-0627", fix=OLD_LOGIN,
         targets="build/sql/mariadbd", start=start, works=works,
         attacks=[Attack(log_in, "^logged in$", "^Access denied")]),
    Case("04", SOURCE, labels="CVE-2013-1861", fix=POINTS,
         targets="build/sql/mariadbd", start=start, works=works,
         attacks=[Attack(polygon, "died", "^NULL$")])]
