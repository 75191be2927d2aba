"""proftpd: a listener that forks for each connection. The fix adds static
variables and changes functions in seven files."""
from case import Attack, Case
from service import Service
from source import Source
from ssh import strict, works

FIX = "debian/patches/bcec15efe6c53dac40420731013f1cd2fd54123b.diff"
SOURCE = Source(
    "proftpd-dfsg", "1.3.8+dfsg-4+deb12u5", fixes=[FIX],
    needs="libssl-dev openssl",
    configure="./configure --with-modules=mod_sftp --enable-openssl "
              "--disable-ident --disable-auth-pam",
    # The fix changes what a header is generated from.
    make='(cd contrib/mod_sftp && ./config.status mod_sftp.h) && '
         'make -j"$(nproc)" proftpd',
    setup='openssl genrsa -traditional -out "$WORK/key" 2048 && '
          'chmod 600 "$WORK/key"')
CONF = """ServerType standalone
DefaultServer on
DefaultAddress 127.0.0.1
Port {port}
UseIPv6 off
User nobody
Group nogroup
PidFile {dir}/pid
ScoreboardFile {dir}/run/scoreboard
DelayTable {dir}/delay
WtmpLog off
TransferLog none
SFTPEngine on
SFTPHostKey %s/key
""" % SOURCE.work

CASES = [Case(
    "20", SOURCE, labels="CVE-2023-48795", fix=FIX, targets="proftpd",
    amenable="care",
    start=lambda: Service(SOURCE.path("proftpd"), "-n", "-c", "{dir}/conf",
                          files={"conf": CONF, "run/none": ""}),
    works=works, attacks=[Attack(strict, "^absent$", "^present$")])]
