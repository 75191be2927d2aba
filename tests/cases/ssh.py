"""ssh.py - what a server of SSH says first, for the cases of two of them."""
from service import CUT, connect, until


def key_exchange(service):
    """Its list of algorithms (KEXINIT), as text."""
    try:
        with connect(service.port) as link, link.makefile("rb") as lines:
            link.sendall(b"SSH-2.0-case\r\n")
            while not lines.readline().startswith(b"SSH-2.0"):
                pass
            length = int.from_bytes(lines.read(4), "big")
            return lines.read(min(length, 65536)).decode("latin-1")
    except OSError:
        return CUT


def strict(service):
    """Does it offer to count packets strictly (CVE-2023-48795)?"""
    said = key_exchange(service)
    if "diffie-hellman" not in said and "curve25519" not in said:
        return said
    return ("present" if "kex-strict-s-v00@openssh.com" in said else "absent")


def works(service):
    """It answers, and the child that did so has gone."""
    if strict(service) not in ("present", "absent"):
        return False
    until(lambda: len(service.processes()) == 1, "the session has ended")
    return True
