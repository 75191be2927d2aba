"""live.py - does a patch load into a process of its target, and leave again?

The target is started with the agent and held before main(): a program itself,
a library in one that needs it or else in a small one. The patch is applied,
taken out, and applied again; then the program goes on, with --version, and has
to say and return what it does without a patch. Where serve.py knows how to start
the package's service, the patch goes in and out of that, too. A target that is
the dynamic loader starts the programs: libc needs its own.
"""
import glob
import json
import os
import subprocess

import serve

BUILD = os.environ["OPUS_BUILD"]
SEND = os.path.join(BUILD, "opus-send")
AGENT = os.path.join(BUILD, "libopus-agent.so")
HOLD = os.path.join(BUILD, "tests/survey-hold.so")
ANYTHING = "/bin/true"
LOADERS = {"ld.so", "ld-linux-x86-64.so.2"}


class Fails(Exception):
    """The patch does not do what it should in a process."""


def opus_send(verb, *words):
    done = subprocess.run([SEND, verb, *words, "--json"], text=True,
                          timeout=60, stdout=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        told = json.loads(done.stdout)
    except ValueError:
        raise Fails(f"opus-send {verb}: {done.stdout}{done.stderr}") from None
    if told["status"]:
        raise Fails(f"opus-send {verb}: " + "; ".join(
            [t.get("message", "") for t in told["targets"]] or
            [told["message"]]))
    return told


def is_program(path):
    """Has it an interpreter?"""
    with open(path, "rb") as file:
        return b"/lib64/ld-linux-x86-64.so.2\0" in file.read(4096)


class Process:
    """A program that waits before main()."""

    def __init__(self, command, libraries, folders):
        self.hold, self.go = os.pipe()
        os.set_inheritable(self.hold, True)
        environ = dict(
            os.environ, LD_PRELOAD=":".join([HOLD, AGENT, *libraries]),
            LD_LIBRARY_PATH=":".join(folders), SURVEY_HOLD=str(self.hold))
        self.process = subprocess.Popen(
            command, env=environ, stdin=subprocess.DEVNULL, close_fds=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.close(self.hold)

    def end(self):
        """Let it go on; its output and status."""
        os.close(self.go)
        try:
            said, _ = self.process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            said, _ = self.process.communicate()
        return self.process.returncode, said


def called(targets, names):
    """Those of the targets that have one of the names, perhaps by a link."""
    return [t for t in targets if {os.path.basename(t), os.path.basename(
        os.path.realpath(t))} & set(names)]


def ways_to_run(names, targets):
    """Commands, with libraries to preload, in which all of them are loaded."""
    by_name = {os.path.basename(os.path.realpath(t)): t for t in targets}
    wanted = called(targets, names)
    programs = [t for t in wanted if is_program(t)]
    libraries = [t for t in wanted if not is_program(t)
                 and not called([t], LOADERS)]
    for program in programs or [ANYTHING]:
        yield [program, "--version"], libraries
    if not programs:
        for program in by_name.values():
            if is_program(program):
                yield [program, "--version"], []
                # A module that takes what only that program has.
                yield [program, "--version"], libraries


def by_loader(command, targets, folders):
    """The command, started by the loader that is among the targets, if any."""
    for loader in called(targets, LOADERS):
        return [loader, "--library-path", ":".join(folders), *command]
    return command


def try_in(command, libraries, folders, patch, name):
    reference = Process(command, libraries, folders).end()
    process = Process(command, libraries, folders)
    try:
        pid = ["--pid", str(process.process.pid)]
        wait_for_agent(pid)
        opus_send("apply", patch, *pid)
        opus_send("revert", name, *pid)
        opus_send("apply", patch, *pid)
    finally:
        seen = process.end()
    if seen[0] != reference[0] or (b"rror" in seen[1] and seen != reference):
        raise Fails(f"with the patch the program ends with {seen[0]}, without "
                    f"it with {reference[0]}: {seen[1][-200:]!r}")


def wait_for_agent(pid):
    for _ in range(200):
        try:
            told = opus_send("status", *pid)
            if all(t.get("agent", {}).get("ready") for t in told["targets"]):
                return
        except Fails:
            pass
    raise Fails("the agent does not come up")


def check(patch, targets, package, source):
    """'' or why the patch does not work in a process."""
    plan = opus_send("inspect", patch)["plan"]
    folders = sorted({os.path.dirname(t) for t in targets})
    used = {f["target"] for f in plan["func"]}
    names = [t["name"] for i, t in enumerate(plan["target"]) if i in used]
    why = "no program to try it in"
    for command, libraries in ways_to_run(names, targets):
        try:
            try_in(by_loader(command, targets, folders), libraries, folders,
                   patch, plan["info"][0]["name"])
            return serve.check(package, source, patch, plan,
                               called(targets, names))
        except Fails as fault:
            why = str(fault)
    return why


def check_all(folder, targets, package, source):
    """The first fault of the patches in a folder, or ''."""
    for patch in sorted(glob.glob(
            os.path.join(glob.escape(folder), "*.opus"))):
        try:
            why = check(patch, targets, package, source)
        except (Fails, subprocess.TimeoutExpired) as fault:
            why = str(fault)
        if why:
            return f"{os.path.basename(patch)}: {why}"
    return ""
