"""nginx: a master and two workers, one thread each."""
from case import Attack, Case
from service import Service, http, status_line
from source import Source

SCRIPT = "debian/patches/CVE-2026-42945.patch"
DAV = "debian/patches/CVE-2026-27654.patch"
SOURCE = Source(
    "nginx", "1.22.1-9+deb12u9", fixes=[SCRIPT, DAV],
    needs="libpcre2-dev zlib1g-dev",
    configure='./configure --with-http_dav_module --with-threads '
              '--with-cc-opt="$CFLAGS" --with-ld-opt="$LDFLAGS"',
    make='make -j"$(nproc)"')
LONG = "/averyveryverylongaliaslocationname/"
CONF = """daemon off;
worker_processes 2;
error_log {dir}/error.log;
pid {dir}/pid;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path {dir}/body;
  proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/fastcgi;
  uwsgi_temp_path {dir}/uwsgi;
  scgi_temp_path {dir}/scgi;
  server {
    listen 127.0.0.1:{port};
    location / { return 204; }
    location /r/ { rewrite ^(.*) /new?c=1; set $part $1; return 200 $part; }
    location %s { alias {dir}/files/; dav_methods COPY; }
  }
}
""" % LONG


def start():
    return Service(SOURCE.path("objs/nginx"), "-p", "{dir}", "-c",
                   "{dir}/conf", files={"conf": CONF, "files/a": "hello\n",
                                        "logs/none": ""})


def request(service, head):
    return http(service.port, head + "\nHost: x\nConnection: close")


def works(service):
    return (status_line(request(service, "GET / HTTP/1.1")) == "204"
            and len(service.processes()) == 3)


def capture(service):
    """What the server makes of the part of a path that it captured."""
    return request(service, "GET /r/a+b HTTP/1.1").rpartition("\r\n")[2]


def copy(service):
    return status_line(request(service, f"COPY {LONG}a HTTP/1.1\n"
                                        "Destination: /b"))


CASES = [
    Case("05", SOURCE, labels="CVE-2026-42945", fix=SCRIPT,
         targets="objs/nginx", start=start, works=works,
         attacks=[Attack(capture, "^/r/a%2$", r"^/r/a\+b$")]),
    Case("06", SOURCE, labels="CVE-2026-27654", fix=DAV,
         targets="objs/nginx", start=start, works=works,
         attacks=[Attack(copy, "^500", "^400$")])]
