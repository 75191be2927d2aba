"""The page by which an agent tells of itself, read and changed from outside."""
import os
import re
import struct

from lib import ROOT, Failed

VERSION_AT, WIRE_VERSION_AT, FLAGS_AT = 16, 24, 32  # in struct beacon
FILTERS_AT = 212  # two numbers of 16 bits: begun, ended
READY, OFF = 1, 2  # enum beacon_flags
with open(os.path.join(ROOT, "common/beacon.h")) as _file:
    BEACON = int(re.search(r"BEACON_VERSION (\d+)", _file.read()).group(1))


def beacon_at(target):
    """Where the agent's beacon lies in the target."""
    with open(f"/proc/{target.pid}/maps") as maps, \
            open(f"/proc/{target.pid}/mem", "rb", 0) as memory:
        for line in maps:
            if "libopus-agent" not in line or "rw" not in line.split()[1]:
                continue
            start, end = (int(x, 16) for x in line.split()[0].split("-"))
            for page in range(start, end, 4096):
                memory.seek(page)
                if memory.read(8) == b"OPUS-LP\n":
                    return page
    raise Failed("no beacon in the target")


def poke(target, at, value):
    with open(f"/proc/{target.pid}/mem", "r+b", 0) as memory:
        memory.seek(at)
        memory.write(struct.pack("<I", value))
