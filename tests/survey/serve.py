"""serve.py - does a service go on serving while a patch goes in and out?

The service runs with the agent and is asked something ordinary; the patch is
applied, taken out, and applied again to all its processes that have the target
mapped. It has to answer each time, by the same processes. How it is started and
asked is what the programs of tests/cases say; of others it is said here.
"""
import importlib.util
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(os.path.dirname(HERE), "cases")
sys.path.insert(0, CASES)
from case import send  # noqa: E402
from service import NotSo, Service, exchange, until  # noqa: E402


def of_case(name):
    """A service of tests/cases, with the program of this tree."""
    def service_of(source):
        spec = importlib.util.spec_from_file_location(
            name, os.path.join(CASES, "programs", name + ".py"))
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.SOURCE = source
        case = module.CASES[0]
        start = (module.start_of(source) if hasattr(module, "start_of")
                 else case.start)
        return start, case.works
    return service_of


def unbound(source):
    conf = ("server:\n interface: 127.0.0.1@{port}\n directory: {dir}\n"
            ' chroot: ""\n username: ""\n pidfile: {dir}/pid\n use-syslog: no\n'
            " do-daemonize: no\n module-config: iterator\n"
            ' local-zone: "a." static\n local-data: "b.a. TXT hello"\n')
    # Of TCP, in one segment: the length and a question for b.a, kind TXT.
    question = (b"\0\x15\0\7\1\0\0\1\0\0\0\0\0\0\1b\1a\0\0\x10\0\1")
    return (lambda: Service(source.path("unbound"), "-d", "-p", "-c",
                            "{dir}/conf", files={"conf": conf}),
            lambda service: "hello" in exchange(
                service.port, question, enough=lambda got: b"hello" in got))


def openssh(source):
    keygen, sshd = source.path("ssh-keygen"), source.path("sshd")
    conf = ("Port {port}\nListenAddress 127.0.0.1\nHostKey {dir}/key\n"
            "PidFile {dir}/pid\n")
    return (lambda: Service("/bin/sh", "-c", f"{keygen} -q -t ed25519 -N '' -f "
                            f"{{dir}}/key && exec {sshd} -D -e -r -f {{dir}}/conf",
                            files={"conf": conf}),
            lambda service: exchange(service.port, "").startswith("SSH-"))


def proftpd(source):
    conf = ("ServerType standalone\nDefaultAddress 127.0.0.1\nPort {port}\n"
            "DefaultServer on\nUseIPv6 off\nUser nobody\nGroup nogroup\n"
            "PidFile {dir}/pid\nScoreboardFile {dir}/run/scoreboard\n"
            "DelayTable {dir}/delay\nWtmpLog off\nTransferLog none\n")
    return (lambda: Service(source.path("proftpd"), "-n", "-c", "{dir}/conf",
                            files={"conf": conf, "run/none": ""}),
            lambda service: exchange(service.port, "").startswith("220"))


PROGRAMS = {
    "nginx": of_case("nginx"), "haproxy": of_case("haproxy"),
    "redis": of_case("redis"), "memcached": of_case("memcached"),
    "mosquitto": of_case("mosquitto"), "minidlna": of_case("minidlna"),
    "dnsmasq": of_case("dnsmasq"), "squid": of_case("squid"),
    "openssh": openssh, "proftpd-dfsg": proftpd, "unbound": unbound,
}


def settle(service):
    """Those that answered the last question and end are none of the service."""
    before = None
    while before != service.processes():
        before = service.processes()
        time.sleep(0.3)
    service.remember()


def patch_all(service, works, patch, name, targets):
    holders = [pid for pid in service.holders(targets) if pid in service.first]
    for verb, what in (("apply", patch), ("revert", name), ("apply", patch)):
        told, _ = send(verb, what, "--json", pids=holders)
        if told["status"]:
            raise NotSo(f"opus-send {verb}, of a service: " + "; ".join(
                [t.get("message", "") for t in told["targets"]] or
                [told["message"]]))
        if not works(service):
            raise NotSo(f"the service does not answer after opus-send {verb}")
        if service.missing():
            raise NotSo(f"after opus-send {verb}: {service.missing()}")


def ready(service, works, targets):
    if service.process.poll() is not None:
        raise NotSo(f"the service ends: {service.last_words()[-200:]}")
    if not works(service):
        return False
    holders = service.holders(targets)
    return not holders or all(t.get("agent", {}).get("ready") for t in
                              send("status", "--json", pids=holders)[0]["targets"])


def check(package, source, patch, plan, targets):
    """'' or why the service of the package does not live with the patch."""
    if package not in PROGRAMS:
        return ""
    start, works = PROGRAMS[package](source)
    service = start()
    try:
        until(lambda: ready(service, works, targets), "the service works")
        settle(service)
        if service.holders(targets):
            patch_all(service, works, patch, plan["info"][0]["name"], targets)
        return ""
    except (NotSo, subprocess.TimeoutExpired) as fault:
        return str(fault)
    finally:
        service.end()
