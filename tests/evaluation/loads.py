"""The load tools of the services: each runs for some seconds and returns what
it told, as figures: requests_per_s, failed, longest_ms, and p999_ms where the
tool has a distribution fine enough for it."""
import os
import re
import tempfile

from evaluation import quantile, run

CLIENTS = 16

WRK = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("TOLD %d %f %d %f %f\\n", summary.requests,
    summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(99.9) / 1e3, latency.max / 1e3))
end
"""


def number(pattern, text):
    found = re.search(pattern, text)
    if not found:
        raise RuntimeError(f"the load tool told no {pattern}: {text[-500:]}")
    return float(found.group(1))


def http(url, seconds, folder, clients=CLIENTS):
    script = os.path.join(folder, "wrk.lua")
    with open(script, "w") as file:
        file.write(WRK)
    told = run("wrk", "-t2", f"-c{clients}", f"-d{seconds}s", "-s", script, url)
    n, took, failed, p999, longest = map(
        float, re.search("TOLD (.*)", told.stdout).group(1).split())
    return {"requests_per_s": n / took, "failed": failed, "p999_ms": p999,
            "longest_ms": longest}


_redis_rate = {}


def redis(port, seconds):
    """redis-benchmark runs for a number of requests, not for a time."""
    n = int(_redis_rate.get(port, 20000) * seconds)
    told = run("redis-benchmark", "-p", port, "-c", CLIENTS, "-n", n, "-d", 64,
               "GET", "key", check=False)
    text = told.stdout.replace("\r", "\n")
    rate = number(r"throughput summary: ([\d.]+)", text)
    _redis_rate[port] = rate
    above = [float(ms) for part, ms in
             re.findall(r"([\d.]+)% <= ([\d.]+) milliseconds", text)
             if float(part) >= 99.9]
    table = re.findall(r"^ +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+) +"
                       r"([\d.]+)", text, re.M)[-1]
    return {"requests_per_s": rate, "p999_ms": min(above),
            "longest_ms": float(table[-1]),
            "failed": float(told.returncode != 0 or "rror" in text)}


def memcached(port, seconds):
    told = run("memcaslap", "-s", f"127.0.0.1:{port}", "-t", f"{seconds}s", "-T", 2,
               "-c", CLIENTS, "-S", f"{seconds}s").stdout
    totals = told[told.rfind("Total Statistics ("):]
    return {"requests_per_s": number(r"TPS: (\d+)", told),
            "failed": number(r"get_misses: (\d+)", told),
            "longest_ms": number(r"Max: *(\d+)", totals) / 1e3}


def postgres(sockets, port, script, seconds):
    with tempfile.TemporaryDirectory() as folder:
        told = run("pgbench", "-h", sockets, "-p", port, "-U", "postgres", "-n",
                   "-c", 8, "-j", 2, "-T", seconds, "-f", script, "-l",
                   "postgres", cwd=folder, check=False)
        took = []
        for name in os.listdir(folder):
            with open(os.path.join(folder, name)) as file:
                took += [float(line.split()[2]) / 1e3 for line in file]
    took.sort()
    return {"requests_per_s": number(r"tps = ([\d.]+)", told.stdout),
            "failed": number(r"failed transactions: (\d+)", told.stdout)
            + (told.returncode != 0),
            "p999_ms": quantile(took, 0.999), "longest_ms": took[-1]}


SYSBENCH = ("sysbench", "oltp_point_select", "--db-driver=mysql", "--mysql-user=root",
            "--mysql-db=test", "--tables=1", "--table-size=10000",
            "--threads=8")


def mariadb(socket, seconds):
    told = run(*SYSBENCH, f"--mysql-socket={socket}", f"--time={seconds}", "--histogram", "run",
               check=False)
    buckets = [(float(ms), int(n)) for ms, n in
               re.findall(r"^ *([\d.]+) \|\**\s+(\d+)$", told.stdout, re.M)]
    above = sum(n for _, n in buckets) * 0.001
    while len(buckets) > 1 and buckets[-1][1] < above:
        above -= buckets.pop()[1]
    return {"requests_per_s": number(r"transactions: +\d+ +\(([\d.]+)", told.stdout),
            "failed": number(r"ignored errors: +(\d+)", told.stdout)
            + number(r"reconnects: +(\d+)", told.stdout) + (told.returncode != 0),
            "p999_ms": buckets[-1][0],
            "longest_ms": number(r"max: +([\d.]+)", told.stdout)}
