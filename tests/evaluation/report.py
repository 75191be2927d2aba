"""Makes docs/evaluation.md and its plots of the CSV files, and of these alone."""
import csv
import os
import textwrap

import plots
from evaluation import DOCS, OUT, TOP

DOC = os.path.join(DOCS, "evaluation.md")


class Table:
    """The lines of a CSV file; at() finds the one with these columns."""

    def __init__(self, path):
        self.rows = []
        if os.path.exists(path):
            with open(path, newline="") as file:
                self.rows = list(csv.DictReader(file))

    def at(self, **wanted):
        for row in self.rows:
            if all(row.get(k) == str(v) for k, v in wanted.items()):
                return row
        return None

    def all(self, column):
        return list(dict.fromkeys(row[column] for row in self.rows))


def part(name):
    return Table(os.path.join(OUT, name + ".csv"))


def short(value):
    value = float(value)
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def cell(row, spread=True):
    """Median, and the quartiles behind it."""
    if not row:
        return ""
    text = short(row["median"])
    if spread and int(row["n"]) > 2:
        text += f" ({short(row['q1'])}–{short(row['q3'])})"
    return text


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(map(str, r)) + " |"
                              for r in rows]) + "\n"


def fit(points):
    """A straight line through (x, y): least squares of the relative error, as
    the points lie over decades. Returns (y at 0, slope)."""
    w = [1 / max(y, 1e-9) ** 2 for _, y in points]
    sw = sum(w)
    mx = sum(a * x for a, (x, _) in zip(w, points)) / sw
    my = sum(a * y for a, (_, y) in zip(w, points)) / sw
    up = sum(a * (x - mx) * (y - my) for a, (x, y) in zip(w, points))
    down = sum(a * (x - mx) ** 2 for a, (x, _) in zip(w, points))
    slope = up / down if down else 0
    return my - slope * mx, slope


# --- where and when

def section_machine():
    m = part("machine")
    facts = [(r["what"], r["value"]) for r in m.rows if not r["part"]]
    plain = [f for f in facts if not f[0].startswith("package ")]
    packages = ", ".join(f"{k[8:]} {v}" for k, v in facts if k.startswith("package "))
    parts = [p for p in m.all("part") if p]
    rows = [[p] + [(m.at(part=p, what=w) or {}).get("value", "")
                   for w in ("date", "mode", "seconds", "version", "load before")]
            for p in parts]
    return ("## Where and when\n\n" + table(["what", ""], plain) +
            f"\nPackages: {packages}.\n\n" +
            table(["part", "date", "mode", "s", "version of opus-livepatch",
                   "load average then"], rows) +
            "\nA part with a load average far above 1 was measured beside other "
            "work: its\nfigures are too high, and their spread is that of the "
            "machine.\n")


# --- in short

def section_short():
    """The figures for which tests/bench/aims.csv has an aim, or a peer."""
    raw, calls = part("raw"), part("recurring")
    aims = Table(os.path.join(TOP, "tests", "bench", "aims.csv"))

    def update(figure, functions=1, threads=1, kind="asleep", when="later"):
        return cell(raw.at(functions=functions, threads=threads, kind=kind,
                           update=when, figure=figure))

    def call(place):
        at = {"shape": "none", "place": place, "figure": "call_ns"}
        bare, patched = calls.at(state="unpatched", **at), calls.at(state="patched", **at)
        return short(float(patched["median"]) - float(bare["median"])) \
            if bare and patched else ""
    rows = []
    for name, ours in (
            ("command-1", update("command_ms", when="first")),
            ("command-1-again", update("command_ms")),
            ("pause-1", update("pause_ms")), ("pause-8", update("pause_ms", threads=8)),
            ("pause-64", update("pause_ms", threads=64)),
            ("pause-64-spin", update("pause_ms", threads=64, kind="busy")),
            ("pause-100-functions", update("pause_ms", 100, 64)),
            ("command-1000", update("command_ms", 1000, when="first")),
            ("pause-1000", update("pause_ms", 1000)),
            ("call-none", call("program")), ("call-library-none", call("library"))):
        aim = aims.at(name=name)
        if ours and aim:
            rows.append([aim["what"], aim["unit"], ours, aim["aim"],
                         f"{aim['best peer']} {aim['peer']}".strip()])
    return rows and ("## In short\n\nOPUS needed 39.25 to 81.44 ms in 2005, and 3 to 9 "
                     "cycles a call.\n\n" + table(["what", "unit", "here", "aim",
                                                 "best other live patcher"], rows))


# --- 1: raw

PHASES = ("prepare_ms", "stop_ms", "scan_ms", "switch_ms", "pause_ms", "command_ms")
PHASE_NAMES = {"prepare_ms": "prepare", "stop_ms": "stop", "scan_ms": "assess",
               "switch_ms": "apply", "pause_ms": "whole pause",
               "command_ms": "whole command"}


def raw_line(raw, figure, along, values, **at):
    """Rows x, median, quartiles of a figure along functions or threads."""
    found = []
    for x in values:
        row = raw.at(figure=figure, **{along: x}, **at)
        if row:
            found.append((int(x), float(row["median"]), float(row["q1"]),
                          float(row["q3"])))
    return found


def raw_plot(raw, name, along, label, **at):
    values = raw.all(along)
    series, fits, slopes = [], [], []
    for figure in PHASES:
        rows = raw_line(raw, figure, along, values, **at)
        if len(rows) < 2:
            continue
        start, slope = fit([r[:2] for r in rows])
        slopes.append([PHASE_NAMES[figure], short(max(start, 0) * 1e3),
                       short(slope * 1e3)])
        if figure in ("prepare_ms", "pause_ms", "command_ms"):
            fits.append(("", len(series), [(r[0], max(start + slope * r[0], 1e-6))
                                           for r in rows]))
        series.append((PHASE_NAMES[figure], rows))
    if not series:
        return ""
    return (plots.lines(name, along, "ms", series, fits) + "\n" +
            table([label, "at none, µs", f"more for each of the {along}, µs"],
                  slopes))


def raw_grid(raw, figure, kind, when="later"):
    functions, threads = raw.all("functions"), raw.all("threads")
    rows = []
    for f in functions:
        cells = [cell(raw.at(functions=f, threads=t, kind=kind, update=when,
                             figure=figure)) for t in threads]
        if any(cells):
            rows.append([f, *cells])
    return table(["functions", *(f"{t} threads" for t in threads)], rows)


def raw_seen(raw):
    rows = []
    for kind in ("one-busy", "busy"):
        for t in raw.all("threads"):
            at = {"functions": "1", "threads": t, "kind": kind, "update": "later"}
            seen = raw.at(figure="seen_ms", **at)
            if seen:
                rows.append([kind, t, *(cell(raw.at(figure=f, **at)) for f in (
                    "pause_ms", "seen_ms", "seen_idle_ms", "command_ms"))])
    return table(["threads", "how many", "pause by the agent, ms",
                  "longest gap seen by a thread, ms",
                  "longest gap in as long a time without an update, ms",
                  "whole command, ms"], rows)


def section_raw():
    raw = part("raw")
    if not raw.rows:
        return ""
    failed = [r for r in raw.rows if r["figure"] == "failed" and float(r["mean"])]
    memory = [[f, cell(raw.at(functions=f, threads=1, kind="asleep", update="all",
                              figure="memory_rss_kib")),
               cell(raw.at(functions=f, threads=1, kind="asleep", update="all",
                           figure="memory_dirty_kib"))]
              for f in raw.all("functions")]
    text = """## 1. Raw cost

OPUS needed 39.25 to 81.44 ms, linear in the number of functions, and the
program stood still meanwhile. Here the three phases are told apart: *prepare*
goes on beside the threads; only *stop*, *assess* (looking at stacks) and *apply*
(writing) make up the pause. Medians, quartiles in brackets; updates after the
first of a process unless said. Threads are *asleep*, *busy* (all look at the
clock without end) or *one-busy* (one does, the others sleep).

### Over the number of functions, 1 thread asleep

"""
    text += raw_plot(raw, "raw-functions", "functions", "phase", threads="1",
                     kind="asleep", update="later")
    text += "\n### Over the number of threads asleep, 1 function\n\n"
    text += raw_plot(raw, "raw-threads", "threads", "phase", functions="1",
                     kind="asleep", update="later")
    for title, figure, kind, when in (
            ("Pause, threads asleep, ms", "pause_ms", "asleep", "later"),
            ("Pause, threads busy, ms", "pause_ms", "busy", "later"),
            ("Whole command, threads asleep, ms", "command_ms", "asleep", "later"),
            ("Whole command, the first of a process, ms", "command_ms", "asleep",
             "first")):
        text += f"\n### {title}\n\n" + raw_grid(raw, figure, kind, when)
    text += "\n### What the threads themselves saw, 1 function\n\n" + raw_seen(raw)
    text += ("\n### Memory that the updates of one process added, KiB\n\n" +
             table(["functions", "resident", "private and written"], memory))
    text += "\n" + ("Updates that failed: " + "; ".join(
        f"{float(r['mean']):.0%} of {r['n']} with {r['threads']} threads {r['kind']}, "
        f"{r['functions']} functions" for r in failed) if failed
        else "No update failed.") + "\n"
    return text


# --- 2: safe

WAYS = (("track", "followed"), ("barrier", "followed, with barrier"),
        ("retry", "stop and retry"))


def safe_text(us):
    us = float(us)
    return f"{us:g} µs" if us < 1000 else f"{us / 1000:g} ms"


def p95(row):
    """None where it would be no other than the greatest value."""
    return row["p95"] if int(row["n"]) >= 20 else None


def safe_rate(rate):
    return "always" if float(rate) >= 1e6 else f"{float(rate):g}/s"


def section_safe():
    safe = part("safe")
    if not safe.rows:
        return ""
    points = list(dict.fromkeys((r["us"], r["rate"], r["threads"])
                                for r in safe.rows))
    rows, names, series = [], [], [(title, []) for _, title in WAYS]
    totals = {way: [0, 0] for way, _ in WAYS}
    for us, rate, threads in points:
        at = {"us": us, "rate": rate, "threads": threads}
        entries = safe.at(way="track", figure="entries", **at)
        line = [safe_text(us), safe_rate(rate), threads,
                short(entries["median"]) if entries else ""]
        names.append(f"{safe_text(us)}, {safe_rate(rate)}, {threads} threads")
        for k, (way, _) in enumerate(WAYS):
            done = safe.at(way=way, figure="in_time", **at)
            took = safe.at(way=way, figure="safe_ms", **at)
            if done:
                totals[way][0] += round(float(done["mean"]) * int(done["n"]))
                totals[way][1] += int(done["n"])
            line.append(f"{float(done['mean']):.0%} of {done['n']}" if done else "")
            line.append(" / ".join(short(v) if v else "–" for v in (
                took["median"], p95(took), took["max"])) if took else "never")
            series[k][1].append((took["median"], took["min"],
                                 p95(took) or took["max"]) if took else None)
        rows.append(line)
    head = ["a call takes", "entered", "threads", "entries a second"]
    for _, title in WAYS:
        head += [title + ": in time", "ms: median / p95 / max"]
    late = [[safe_text(us), safe_rate(rate), threads] +
            [cell(safe.at(us=us, rate=rate, threads=threads, way=way, figure=f))
             for way, _ in WAYS for f in ("late_ms", "late_idle_ms")]
            for us, rate, threads in points]
    return f"""## 2. Time until safe

Not in the paper: how long it takes until no thread is in the old code, when the
function is in use all the time. The whole command, from its start to its end;
*in time* is within a second. *Followed* is tracking alone
(`opus-send --no-barrier`); *with barrier* is how opus-send works unless told
otherwise; *stop and retry* (`--retry`, every 10 ms) is what tools do that cannot
follow threads. A way that did not get through in its first tries was given up.
"Always" is up to a million times a second: as often as the threads can. Of fewer
than 20 tries the 95th percentile is not given; the bars then end at the greatest.

In time, over all rows: """ + ", ".join(
        f"{title} {totals[way][0]} of {totals[way][1]}" for way, title in WAYS
    ) + ".\n\n" + plots.bars(
        "safe", "ms until safe: median, from the least to p95", names, series, log=True
    ) + "\n" + table(head, rows) + """
By how much a call of the function took longer than it should, at worst, while
the command ran, and in as long a time without one, ms:

""" + table(["a call takes", "entered", "threads"] + [
        title + extra for _, title in WAYS for extra in ("", ", idle")], late)


# --- 3: recurring

STATES = ("unpatched", "patched", "twice", "reverted", "pending")
SHAPES = {"none": "no arguments, no work", "loop": "a loop of 100 turns",
          "1": "1 argument", "2": "2 arguments", "4": "4 arguments",
          "6": "6 arguments", "8": "8 arguments", "float1": "1 floating argument",
          "float8": "8 floating arguments", "struct": "a structure by value"}


def recurring_table(calls, place):
    rows, series = [], [(s, []) for s in ("patched", "twice", "reverted")]
    for shape, title in SHAPES.items():
        at = {"shape": shape, "place": place, "figure": "call_ns"}
        bare = calls.at(state="unpatched", **at)
        if not bare:
            continue
        line = [title]
        for state in STATES:
            row = calls.at(state=state, **at)
            line.append(cell(row))
            if row and state != "unpatched":
                line.append(f"{float(row['median']) / float(bare['median']):.2f}")
            for name, values in series:
                if name == state:
                    values.append(tuple(float(row[c]) - float(bare["median"])
                                        for c in ("median", "q1", "q3")))
        jump = calls.at(state="unpatched", shape=shape, place="jump",
                        figure="call_ns")
        line.append(f"{float(jump['median']) - float(bare['median']):+.2f}"
                    if place == "program" else "")
        rows.append(line)
    head = ["function", "unpatched, ns"]
    for state in STATES[1:]:
        head += [state + ", ns", "ratio"]
    return table(head + ["a bare jump, ns over unpatched"], rows), series


def section_recurring():
    calls = part("recurring")
    if not calls.rows:
        return ""
    text = """## 3. Recurring cost

OPUS: 3 to 9 cycles a call, standard deviation 4. Each figure is the median over
processes of the best of many short loops, in ns a call with its loop; quartiles
in brackets. *Twice*: a patch over a patch. *Pending*: somebody is inside another
function of the same patch, so every call passes a gate and is followed. A bare
jump is a `jmp rel32` to a copy of the function, unpatched.
"""
    for place, title in (("program", "In the program"),
                         ("library", "In a shared library")):
        rows, series = recurring_table(calls, place)
        text += f"\n### {title}\n\n" + plots.bars(
            "recurring-" + place, "ns over the unpatched call",
            list(SHAPES.values()), series) + "\n" + rows
    return text


# --- 4: services

def section_services():
    s = part("services")
    if not s.rows:
        return ""
    states = ("without", "dormant", "updates", "patched")
    names = s.all("service")

    def row(name, state, figure):
        return s.at(service=name, state=state, figure=figure)
    rates, tails, series = [], [], [(state, []) for state in states[1:]]
    for name in names:
        bare = row(name, "without", "requests_per_s")
        line = [name, cell(bare)]
        for k, state in enumerate(states[1:]):
            now = row(name, state, "requests_per_s")
            share = float(now["median"]) / float(bare["median"])
            line += [cell(now), cell(row(name, state, "ratio")) or f"{share:.3f}"]
            base = float(bare["median"])
            series[k][1].append((share, float(now["min"]) / base,
                                 float(now["max"]) / base))
        rates.append(line)
        failed = {bare: sum(float(r["mean"]) * int(r["n"]) for r in s.rows
                            if r["service"] == name and
                            (r["state"] in ("without", "dormant")) == bare and
                            r["figure"] in ("failed", "updates_failed"))
                  for bare in (True, False)}
        tails.append([name, *(cell(row(name, state, figure)) or "not told by its tool"
                              for figure in ("p999_ms", "longest_ms")
                              for state in ("dormant", "updates")),
                      cell(row(name, "updates", "update_ms")),
                      short(row(name, "updates", "updates")["median"])
                      if row(name, "updates", "updates") else "",
                      f"{failed[True]:.0f}", f"{failed[False]:.0f}"])
    head = ["service", "without the agent"]
    for state in ("agent asleep", "while updates are made", "with the patch in"):
        head += [state, "ratio"]
    return """## 4. Services under load

Each service of Debian twice, with the agent and without, under 8 or 16 clients
of its usual load tool (wrk, redis-benchmark, memcaslap, pgbench, sysbench) on the
same machine, in turn. In the window with updates up to 50 are made, patch and
revert, by one command for all processes of the service; load tool, service and
opus-send share the processors, so that requests a second drop by what opus-send
takes of them. Apache, nginx, redis, PostgreSQL and MariaDB are patched in a
function that each request calls, memcached in one of libevent. A ratio is that of
two windows of the same round; in brackets quartiles, of three rounds all there is
between the least and the greatest.

### Requests a second

""" + plots.bars("services", "requests a second over those without the agent",
                 names, series) + "\n" + table(head, rates) + """
### The slowest requests, ms

The same window without updates and with them.

""" + table(["service", "p99.9, without updates", "p99.9, with", "longest, without",
             "longest, with", "one update, whole command", "updates a window",
             "failed requests, agent absent or asleep",
             "failed requests and updates, during and after updates"], tails)


# --- 5 and 6

def section_survey():
    text = "## 5. Real fixes\n\n"
    cases = Table(os.path.join(TOP, "docs", "cases.csv"))
    results = cases.all("result") if cases.rows else []
    text += (f"`make cases` attacks, patches, attacks again and reverts "
             f"{len(cases.rows)} real holes of Debian's programs: " +
             ", ".join(f"{sum(r['result'] == x for r in cases.rows)} {x}"
                       for x in results) + " ([cases.csv](cases.csv)).\n")
    survey = Table(os.path.join(TOP, "docs", "survey.csv"))
    if survey.rows:
        text += survey_text(survey)
    return text


def cross(survey, by, over="result"):
    """How many rows there are of each value of `by` and of `over`."""
    heads = survey.all(over)
    rows = []
    for value in sorted(survey.all(by)):
        these = [r for r in survey.rows if r[by] == value]
        rows.append([value or "(none)", len(these)] + [
            sum(r[over] == h for r in these) or "" for h in heads])
    rows.append(["all", len(survey.rows)] + [
        sum(r[over] == h for r in survey.rows) for h in heads])
    return table([by, "patches", *(h or "(none)" for h in heads)], rows)


def share(these, of):
    return f"{len(these)} of {len(of)}" + (
        f" ({len(these) / len(of):.1%})" if of else "")


def survey_steps(rows):
    """The paper's three steps, as tests/survey/summary.py counts them."""
    listed = Table(os.path.join(TOP, "tests", "survey", "patches.csv")).rows
    in_code = [r for r in listed if r["amenable"] != "n/a"]
    made = ("built", "warned")
    code = [r for r in rows if r["amenable"] != "n/a"]
    read = [r for r in code if r["amenable"] in ("yes", "yes+new")]
    asked = [r for r in read if r["result"] in (*made, "refused", "error")
             and r["why"] != "package"]
    tried = [r for r in rows if r["result"] in made and r["live"]]
    return table(["step", "OPUS 2005", "here"], [
        ["security patches that change code", "", share(in_code, listed)],
        ["those can be patched, by reading (OPUS: by description)", "50.4 % of 883",
         share([r for r in in_code if r["amenable"] in ("yes", "yes+new")], in_code)],
        ["the same of the packages that were built here", "", share(read, code)],
        ["of those, a patch was made (OPUS: by source)", "111 of 115",
         share([r for r in asked if r["result"] in made], asked)],
        ["of these, went into a process and out again (OPUS: by test)", "22 of 26",
         share([r for r in tried if r["live"] == "applies"], tried)]])


def survey_text(survey):
    text = (f"\n`make survey` asks opus-build about {len(survey.rows)} security "
            "patches of C packages of Debian 12\n([survey.csv](survey.csv)), which "
            "were also classified by reading, as all of the list were. OPUS judged "
            "its first\nstep by the text of notices, before it looked at sources; "
            "here the patch itself was read.\n\n" + survey_steps(survey.rows))
    for column, title in (("amenable", "By what reading said"),
                          ("vclass", "By kind of fault"),
                          ("why", "By the reason why there is no patch")):
        text += f"\n### {title}\n\n" + cross(survey, column)
    return text


def section_cases():
    steps = part("cases")
    if not steps.rows:
        return ""
    text, last = "## 6. Case studies\n\nCommands and what they said.\n", None
    for row in steps.rows:
        if row["case"] != last:
            last = row["case"]
            text += f"\n### {last}\n"
        if row["text"]:
            text += f"\n{textwrap.fill(row['text'], 80)}\n"
        if row["command"]:
            text += f"\n    $ {row['command']}\n"
            text += "".join(f"    {line}\n" for line in row["output"].splitlines())
            if row["status"] != "0":
                text += f"    (exit status {row['status']})\n"
    return text


HEAD = """# Evaluation

Made by `make evaluation`, which measures into the CSV files in
[evaluation/](evaluation) and makes this page of them; do not edit it. One part
alone: `make evaluation PART=raw` (safe, recurring, services, cases);
`MODE=quick` takes minutes, `MODE=full` an hour or two.

The parts follow the evaluation of *OPUS: Online Patches and Updates for Security*
(USENIX Security 2005), and add what it left out.
"""


def make():
    if not os.path.isdir(OUT):
        return
    sections = [HEAD, section_machine(), section_short(), section_raw(), section_safe(),
                section_recurring(), section_services(), section_survey(),
                section_cases()]
    with open(DOC, "w") as file:
        file.write("\n".join(s for s in sections if s))
    print(DOC)
