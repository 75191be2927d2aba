"""services: what users of a whole service notice, under its usual load tool.

Two instances of each service, one without the agent and one with it, are loaded
in turn: without, with the agent asleep, while 50 updates (25 times a patch in
and out, by one command for all processes) are made, and with the patch in.
"""
import contextlib
import glob
import os
import pwd
import shutil
import socket
import sys
import threading
import time

from evaluation import BUILD, TOP, run, tell

sys.path.insert(0, os.path.join(TOP, "tests/service"))
import service as tests  # noqa: E402
from lib import _clean  # noqa: E402
import loads  # noqa: E402

KEYS = ("service", "state")
SECONDS = {"quick": 2, "default": 3, "full": 20}
ROUNDS = {"quick": 1, "default": 3, "full": 5}
UPDATES = 50
SEND = os.path.join(BUILD, "opus-send")
LIBEVENT = "/usr/lib/x86_64-linux-gnu/libevent-2.1.so.7"


class Setup:
    """One instance: its command, its load, the user it starts as."""

    def __init__(self, command, load, port=None, path=None, user=None):
        self.command, self.load, self.user = command, load, user
        self.port, self.path = port, path

    def ask(self):
        """Does it take connections?"""
        family, address = ((socket.AF_UNIX, self.path) if self.path else
                           (socket.AF_INET, ("127.0.0.1", self.port)))
        with socket.socket(family) as s:
            s.settimeout(10)
            s.connect(address)
        return "yes"


def folder(name, owner=None):
    path = os.path.join(tests.WORK, name)
    os.makedirs(path, exist_ok=True)
    if owner:
        shutil.chown(path, owner)
    os.chmod(path, 0o755)
    return path


def file_of(where, name, text):
    path = os.path.join(where, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def apache(mpm):
    def setup(name):
        port, work = tests.free_port(), folder(name)
        file_of(folder(name + "/htdocs"), "index.html", "hello\n" * 100)
        modules = "/usr/lib/apache2/modules"
        config = file_of(work, "httpd.conf", f"""
ServerRoot /etc/apache2
ServerName test
Listen 127.0.0.1:{port}
PidFile {work}/pid
DefaultRuntimeDir {work}
Mutex pthread
ErrorLog /dev/stderr
User www-data
Group www-data
LoadModule mpm_{mpm}_module {modules}/mod_mpm_{mpm}.so
LoadModule authz_core_module {modules}/mod_authz_core.so
DocumentRoot {work}/htdocs
MaxRequestsPerChild 0
MaxKeepAliveRequests 0
""")
        return Setup(["/usr/sbin/apache2", "-DFOREGROUND", "-f", config],
                     lambda s: loads.http(f"http://127.0.0.1:{port}/index.html", s,
                                          work), port)
    return setup


def nginx(name):
    port, work = tests.free_port(), folder(name)
    config = file_of(work, "nginx.conf", f"""
daemon off; worker_processes 2; pid {work}/pid; error_log stderr; user www-data;
events {{ worker_connections 128; }}
http {{ access_log off; keepalive_requests 1000000; client_body_temp_path {work}/t1;
  proxy_temp_path {work}/t2; fastcgi_temp_path {work}/t3; uwsgi_temp_path {work}/t4;
  scgi_temp_path {work}/t5;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 "$arg_v"; }} }} }}
""")
    return Setup(["/usr/sbin/nginx", "-c", config, "-e", "stderr"],
                 lambda s: loads.http(f"http://127.0.0.1:{port}/?v=old", s, work), port)


def redis(name):
    port = tests.free_port()
    return Setup(["/usr/bin/redis-server", "--port", str(port), "--bind", "127.0.0.1",
                  "--save", "", "--dir", folder(name)],
                 lambda s: loads.redis(port, s), port)


def memcached(_name):
    port = tests.free_port()
    return Setup(["/usr/bin/memcached", "-p", str(port), "-l", "127.0.0.1", "-t", "4",
                  "-u", "nobody"], lambda s: loads.memcached(port, s), port)


def postgres(name):
    port, work = tests.free_port(), folder(name, "postgres")
    program = glob.glob("/usr/lib/postgresql/*/bin/postgres")[0]
    entry = pwd.getpwnam("postgres")
    run(os.path.join(os.path.dirname(program), "initdb"), "-D", work + "/data", "-A",
        "trust", "--no-sync", user=entry.pw_uid, group=entry.pw_gid, extra_groups=[],
        cwd=work)
    script = file_of(work, "script.sql", "\\set aid random(1, 10000)\n"
                     "SELECT abalance, version() FROM pgbench_accounts "
                     "WHERE aid = :aid;\n")
    made = []

    def load(seconds):
        if not made:
            run("pgbench", "-h", work, "-p", port, "-U", "postgres", "-i", "-q",
                "postgres")
            made.append(True)
        return loads.postgres(work, port, script, seconds)
    return Setup([program, "-D", work + "/data", "-p", str(port), "-k", work, "-c",
                  "listen_addresses=", "-c", "fsync=off"], load,
                 path=f"{work}/.s.PGSQL.{port}", user="postgres")


def mariadb(name):
    work = folder(name, "mysql")
    where = work + "/socket"
    run("mariadb-install-db", "--no-defaults", f"--datadir={work}/data",
        "--user=mysql", "--skip-test-db", f"--tmpdir={work}")
    made = []

    def load(seconds):
        if not made:
            run("mariadb", "--no-defaults", "-S", where, "-e", "create database test")
            run(*loads.SYSBENCH, f"--mysql-socket={where}", "prepare")
            made.append(True)
        return loads.mariadb(where, seconds)
    return Setup(["/usr/sbin/mariadbd", "--no-defaults", f"--datadir={work}/data",
                  f"--socket={where}", "--skip-networking", "--user=mysql",
                  f"--pid-file={work}/pid", f"--tmpdir={work}", "--skip-log-error",
                  "--skip-grant-tables", "--innodb-buffer-pool-size=64M"], load, path=where)


BANNER = """
const char *ap_get_server_banner(void);
const char *ap_get_server_banner(void) { return "patched"; }
OPUS_REPLACE(ap_get_server_banner);
"""
ARGUMENT = """
struct str { unsigned long len; const char *data; };
long ngx_http_arg(void *r, const char *name, unsigned long size, struct str *ret);
long ngx_http_arg(void *r, const char *name, unsigned long size, struct str *ret)
{
	(void)r, (void)name, (void)size;
	ret->len = 3;
	ret->data = "new";
	return 0;
}
OPUS_REPLACE(ngx_http_arg);
"""
GET = """
extern int getGenericCommand(void *c) OPUS_REF(getGenericCommand);
void getCommand(void *c);
void getCommand(void *c) { getGenericCommand(c); }
OPUS_REPLACE(getCommand);
"""
EVENT = """
const char *event_get_version(void);
const char *event_get_version(void) { return "patched"; }
OPUS_REPLACE(event_get_version);
"""
VERSION = """
extern void *cstring_to_text(const char *text) OPUS_REF(cstring_to_text);
void *pgsql_version(void *info);
void *pgsql_version(void *info)
{
	(void)info;
	return cstring_to_text("patched");
}
OPUS_REPLACE(pgsql_version);
"""
TIMER = """
#include <time.h>
unsigned long long my_interval_timer(void);
unsigned long long my_interval_timer(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}
OPUS_REPLACE(my_interval_timer);
"""
# Service, how it is set up, what is patched, its new code.
SERVICES = (
    ("Apache prefork", apache("prefork"), "/usr/sbin/apache2", BANNER),
    ("Apache worker", apache("worker"), "/usr/sbin/apache2", BANNER),
    ("Apache event", apache("event"), "/usr/sbin/apache2", BANNER),
    ("nginx", nginx, "/usr/sbin/nginx", ARGUMENT),
    ("redis", redis, "/usr/bin/redis-server", GET),
    ("memcached", memcached, LIBEVENT, EVENT),
    ("PostgreSQL", postgres, "/usr/lib/postgresql/*/bin/postgres", VERSION),
    ("MariaDB", mariadb, "/usr/sbin/mariadbd", TIMER),
)


def send(*words, tree):
    """One command for the whole service; milliseconds, and whether it failed."""
    start = time.monotonic()
    done = run(SEND, *words, "--tree", tree, check=False)
    if done.returncode:
        tell(f"opus-send {words[0]}: {done.stderr.strip()[:300]}")
    return (time.monotonic() - start) * 1e3, done.returncode != 0


class Updater(threading.Thread):
    """Makes its updates one after the other, spread over the window; what does
    not fit into it is left out."""

    def __init__(self, patch, tree, seconds):
        super().__init__()
        self.patch, self.tree = patch, tree
        self.gap = seconds / UPDATES
        self.took, self.failed = [], 0
        self.over = threading.Event()

    def run(self):
        start = time.monotonic()
        for n in range(UPDATES):
            if self.over.wait(max(0, start + n * self.gap - time.monotonic())):
                break
            words = ("revert", "evaluation") if n % 2 else ("apply", self.patch)
            took, failed = send(*words, tree=self.tree)
            self.took.append(took)
            self.failed += failed
        if len(self.took) % 2:
            send("revert", "evaluation", tree=self.tree)


def window(name, state, setup, seconds, samples):
    for figure, value in setup.load(seconds).items():
        samples.append(({"service": name, "state": state}, figure, value))


def ratios(samples):
    """Of a round: requests a second over those without the agent just before."""
    rates = {keys["state"]: (keys, value) for keys, figure, value in samples
             if figure == "requests_per_s"}
    bare = rates.pop("without")[1]
    return [(keys, "ratio", value / bare) for keys, value in rates.values()]


def updates(name, setup, patch, pid, seconds, samples):
    at = {"service": name, "state": "updates"}
    updater = Updater(patch, pid, seconds)
    updater.start()
    window(name, "updates", setup, seconds, samples)
    updater.over.set()
    updater.join()
    samples.append((at, "updates", len(updater.took)))
    samples += [(at, "update_ms", took) for took in updater.took]
    samples.append((at, "updates_failed", updater.failed))


def start(name, make, launch):
    tests.LAUNCH = launch
    setup = make(name)
    service = tests.Service(name, setup.command, setup.ask, None, "", "",
                            user=setup.user)
    service.start()
    time.sleep(0.3)  # children are forked
    return setup, service


def measure(mode, name, make, target, source):
    plain = name.lower().replace(" ", "-")
    patch = tests.build("evaluation", source, glob.glob(target)[0])
    samples, seconds = [], SECONDS[mode]
    with contextlib.ExitStack() as ends:
        bare, service = start(plain + "-bare", make, [])
        ends.callback(service.kill)
        ours, service = start(plain + "-agent", make, [tests.RUN, "--require"])
        ends.callback(service.kill)
        pid = service.process.pid
        for setup in (bare, ours):
            setup.load(1)  # what is done once
        send("apply", patch, tree=pid)
        send("revert", "evaluation", tree=pid)
        for _ in range(ROUNDS[mode]):
            turn = []
            window(name, "without", bare, seconds, turn)
            window(name, "dormant", ours, seconds, turn)
            updates(name, ours, patch, pid, seconds, turn)
            if send("apply", patch, tree=pid)[1]:
                raise RuntimeError("it could not be patched")
            window(name, "patched", ours, seconds, turn)
            samples += turn + ratios(turn)
            if send("revert", "evaluation", tree=pid)[1]:
                raise RuntimeError("it could not be taken out")
    return samples


def units(mode):
    import atexit
    atexit.register(_clean)
    os.chmod(tests.WORK, 0o755)  # services act as other users
    for name, make, target, source in SERVICES:
        yield name, lambda at=(name, make, target, source): measure(mode, *at)
