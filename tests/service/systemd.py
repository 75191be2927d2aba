"""Start the command of a unit under the restrictions that its settings mean.

systemd does not run where the tests do. So this does what it would have done,
by the same means: mounts, namespaces, capabilities, and seccomp filters that
kill or refuse. Settings that no tested unit has, and those that cannot matter to
a patch (limits, the umask, what is done at the end), are left out. For
SystemCallFilter= the sets that are taken away are spelled out here; the rest is
taken to be allowed.
"""
import ctypes
import errno
import os
import pwd
import shlex
import struct
import sys
import traceback

def numbers():
    """Of the system calls, by name."""
    found = {}
    with open("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", encoding="utf-8") as file:
        for line in file:
            words = line.split()
            if len(words) == 3 and words[1].startswith("__NR_"):
                found[words[1][5:]] = int(words[2])
    return found


NR = numbers()
LIBC = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
RDONLY, NOEXEC = 1, 8  # MOUNT_ATTR_
MS_NOSUID, MS_BIND, MS_REC, MS_PRIVATE = 2, 4096, 16384, 1 << 18
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWUSER = 0x20000, 0x4000000, 0x10000000
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP = 24, 38, 22
CAPABILITIES = {"CAP_SETGID": 6, "CAP_SETUID": 7, "CAP_SYS_RESOURCE": 24}
ALLOW, KILL, ERRNO = 0x7fff0000, 0x80000000, 0x50000
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10}
# What @privileged, @resources and @debug hold, and what is in none of the sets of
# @system-service.
TAKEN_AWAY = """
_sysctl acct adjtimex bpf capset chown chroot clock_adjtime clock_settime
delete_module fanotify_init fchown fchownat finit_module init_module ioperm iopl
ioprio_set kexec_file_load kexec_load lchown lookup_dcookie mbind migrate_pages
mount move_pages open_by_handle_at perf_event_open pivot_root
pidfd_getfd ptrace quotactl reboot sched_setaffinity sched_setattr
sched_setparam sched_setscheduler set_mempolicy setdomainname setgid setgroups
sethostname setpriority setregid setresgid setresuid setreuid settimeofday setuid
swapoff swapon syslog umount2 userfaultfd vhangup
"""
EXECUTABLE = 4  # PROT_EXEC


def done(rc, what):
    if rc < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), what)


# --- the unit

class Unit:
    """The settings of [Service], over the unit and the drop-in."""

    def __init__(self, name, *files):
        self.name, self.lines = name, []
        for path in files:
            with open(path, encoding="utf-8") as file:
                text = file.read().replace("\\\n", " ")
            section = ""
            for line in text.splitlines():
                section = line if line.startswith("[") else section
                if section == "[Service]" and "=" in line and line[0] not in "#;":
                    key, value = line.split("=", 1)
                    self.lines.append((key.strip(), value.strip()))

    def all(self, key):
        return [value for k, value in self.lines if k == key]

    def words(self, key):
        return [word for value in self.all(key) for word in value.split()]

    def value(self, key, otherwise=""):
        return (self.all(key) or [otherwise])[-1]

    def on(self, key):
        return self.value(key).lower() in ("yes", "true", "on", "1")

    def environment(self):
        env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin",
               "LANG": "C.UTF-8"}
        for value in self.all("Environment"):
            env.update(word.split("=", 1) for word in shlex.split(value))
        for path in self.words("EnvironmentFile"):
            if os.path.exists(path.lstrip("-")):
                with open(path.lstrip("-"), encoding="utf-8") as file:
                    env.update(word.split("=", 1) for word in
                               shlex.split(file.read(), comments=True))
        return env

    def command(self, env):
        """A variable is any number of words if it stands alone."""
        instance = self.name.partition("@")[2]
        words = []
        for word in shlex.split(self.value("ExecStart").lstrip("-@+!").replace("%i", instance)):
            if word.startswith("$"):
                words += env.get(word[1:], "").split()
            else:
                words.append(word)
        return words


# --- mounts

def mount(source, target, kind=None, flags=0, data=None):
    def text(word):
        return word.encode() if word else None
    done(LIBC.mount(text(source), text(target), text(kind), ctypes.c_ulong(flags),
                    text(data)), f"mount {target}")


def attributes(path, add=0, clear=0):
    attr = struct.pack("QQQQ", add, clear, 0, 0)
    done(LIBC.syscall(NR["mount_setattr"], AT_FDCWD, path.encode(), AT_RECURSIVE, attr,
                      ctypes.c_size_t(len(attr))), f"attributes of {path}")


def own(path, add=0, clear=0):
    """Make a mount of it, with its own attributes."""
    path = os.path.realpath(path.lstrip("-+"))
    if not os.path.exists(path):
        return
    if path != "/":
        mount(path, path, flags=MS_BIND | MS_REC)
    attributes(path, add, clear)


def private_devices():
    mount("none", "/mnt", "tmpfs", MS_NOSUID, "mode=755")
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        with open(f"/mnt/{name}", "w"):
            pass
        mount(f"/dev/{name}", f"/mnt/{name}", flags=MS_BIND)
    os.mkdir("/mnt/shm")
    mount("none", "/mnt/shm", "tmpfs", MS_NOSUID, "mode=1777")
    mount("/mnt", "/dev", flags=MS_BIND | MS_REC)
    attributes("/dev", NOEXEC)


def mounts(unit):
    system = unit.value("ProtectSystem")
    if unit.on("PrivateTmp"):
        for path in ("/tmp", "/var/tmp"):
            mount("none", path, "tmpfs", MS_NOSUID, "mode=1777")
    if unit.on("PrivateDevices"):
        private_devices()
    if unit.on("ProtectHome"):
        for path in ("/home", "/root"):
            mount("none", path, "tmpfs", MS_NOSUID, "mode=000")
    if system == "strict":
        own("/", RDONLY)
        for path in ("/dev", "/proc", "/sys", "/run", "/tmp", "/var/tmp"):
            own(path, clear=RDONLY)
    for path in {"full": ("/usr", "/boot", "/etc"), "true": ("/usr", "/boot")}.get(system, ()):
        own(path, RDONLY)
    for path in unit.words("ReadWritePaths") + unit.words("ReadWriteDirectories"):
        own(path, clear=RDONLY)
    if unit.value("ProtectProc") == "invisible":
        mount("proc", "/proc", "proc", 0, "hidepid=invisible")
    if unit.on("ProtectKernelTunables"):
        for path in ("/proc/sys", "/proc/bus", "/sys"):
            own(path, RDONLY)
    for path in unit.words("NoExecPaths"):
        own(path, NOEXEC)
    for path in unit.words("ExecPaths"):
        own(path, clear=NOEXEC)


# --- rights

def capabilities(unit):
    if unit.all("CapabilityBoundingSet"):
        kept = {CAPABILITIES[word] for word in unit.words("CapabilityBoundingSet")}
        for number in range(41):
            if number not in kept:
                LIBC.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)


class Filter:
    """A seccomp program: rules for single calls, all else is allowed."""

    def __init__(self):
        self.code = []
        self.emit(0x20, 4)                      # the architecture
        self.emit(0x15, 0xc000003e, 1, 0)       # x86-64 alone
        self.emit(0x06, KILL)

    def emit(self, code, k, yes=0, no=0):
        self.code.append(struct.pack("HBBI", code, yes, no, k))

    def refuse(self, name, argument=None, bits=None, is_=None, verdict=ERRNO | errno.EPERM):
        """If this argument has one of these bits, or is this."""
        self.emit(0x20, 0)
        self.emit(0x15, NR[name], 0, 1 if argument is None else 3)
        if argument is not None:
            self.emit(0x20, 16 + 8 * argument)
            self.emit(*((0x45, bits) if bits else (0x15, is_)), 0, 1)
        self.emit(0x06, verdict)

    def only(self, name, argument, values, error):
        self.emit(0x20, 0)
        self.emit(0x15, NR[name], 0, len(values) + 2)
        self.emit(0x20, 16 + 8 * argument)
        for at, value in enumerate(values):
            self.emit(0x15, value, len(values) - at, 0)
        self.emit(0x06, ERRNO | error)

    def install(self):
        self.emit(0x06, ALLOW)
        program = ctypes.create_string_buffer(b"".join(self.code))
        head = struct.pack("HxxxxxxQ", len(self.code), ctypes.addressof(program))
        done(LIBC.prctl(PR_SET_SECCOMP, 2, head, 0, 0), "seccomp")


def filters(unit):
    f = Filter()
    if unit.on("MemoryDenyWriteExecute"):
        # Writable and executable at once, and whatever becomes executable.
        f.refuse("mmap", 2, is_=7)
        f.refuse("mprotect", 2, EXECUTABLE)
        f.refuse("pkey_mprotect", 2, EXECUTABLE)
        f.refuse("shmat", 2, 0o100000)
    if unit.all("RestrictAddressFamilies"):
        f.only("socket", 0, [FAMILIES[w] for w in unit.words("RestrictAddressFamilies")],
               errno.EAFNOSUPPORT)
    if unit.on("RestrictNamespaces"):
        f.refuse("unshare")
        f.refuse("setns")
        f.refuse("clone", 0, 0x7e020000)
        f.refuse("clone3", verdict=ERRNO | errno.ENOSYS)  # what it is for is in memory
    for setting, names in (("RestrictRealtime", ["sched_setscheduler"]),
                           ("LockPersonality", ["personality"]),
                           ("ProtectKernelModules", ["init_module", "delete_module"])):
        for name in names if unit.on(setting) else ():
            f.refuse(name)
    if unit.all("SystemCallFilter"):
        for name in TAKEN_AWAY.split():
            f.refuse(name, verdict=KILL)
    if len(f.code) > 3:
        f.install()


# --- start

def inside(unit, pipe):
    user = pwd.getpwnam(unit.value("User", "root"))
    os.read(pipe[0], 1)
    os.setsid()
    done(LIBC.unshare(CLONE_NEWNS | CLONE_NEWUTS), "namespaces")
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    mounts(unit)
    if unit.on("PrivateUsers"):
        done(LIBC.unshare(CLONE_NEWUSER), "user namespace")
        os.write(pipe[1], b"?")
        os.read(pipe[0], 1)
    capabilities(unit)
    if user.pw_uid:
        os.setgroups([user.pw_gid])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
    if unit.on("NoNewPrivileges"):
        done(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    env = unit.environment()
    command = unit.command(env)
    filters(unit)
    os.execve(command[0], command, env)


def start(unit, group, log):
    """Fork it into the control group. Output goes to `log`."""
    user = pwd.getpwnam(unit.value("User", "root"))
    for name in unit.words("RuntimeDirectory"):
        os.makedirs(f"/run/{name}", 0o755, exist_ok=True)
        os.chown(f"/run/{name}", user.pw_uid, user.pw_gid)
    ask, answer = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(log, 1)
            os.dup2(log, 2)
            inside(unit, (answer[0], ask[1]))
        except BaseException as why:
            traceback.print_exception(why)
            sys.stderr.flush()
            os._exit(226)
    os.close(ask[1])
    with open(os.path.join(group, "cgroup.procs"), "w", encoding="utf-8") as procs:
        procs.write(str(pid))
    os.write(answer[1], b"!")
    if unit.on("PrivateUsers") and os.read(ask[0], 1):
        # Root, the user and nobody stay who they are.
        ids = "".join(f"{n} {n} 1\n" for n in sorted({0, user.pw_uid, 65534}))
        groups = "".join(f"{n} {n} 1\n" for n in sorted({0, user.pw_gid, 65534}))
        for name, text in (("uid_map", ids), ("gid_map", groups)):
            with open(f"/proc/{pid}/{name}", "w", encoding="utf-8") as file:
                file.write(text)
        os.write(answer[1], b"!")
    for fd in (*answer, ask[0]):
        os.close(fd)
