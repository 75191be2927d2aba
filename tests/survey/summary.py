"""summary.py - the answers of the survey in tables."""
from collections import Counter

# What opus-build says, and in which words the table has it; the first that is
# found in any of its refusals counts.
KINDS = [
    ("layout", "have the old layout"),
    ("size of a variable", "is a variable that exists, of"),
    ("first value", "gets another first value"),
    ("signature", "do not fit the new function"),
    ("dropped parameter", "does not use its parameter"),
    ("template", "is a template"),
    ("thread-local", "thread-local variable"),
    ("caller not built", "was not compiled by the build"),
    ("inlined copy", "has been inlined into"),
    ("inlined everywhere", "exists only inlined"),
    ("changed parameters", "whose parameters the compiler has changed"),
    ("clone", "clone"),
    ("optimised away", "the compiler optimised it away"),
    ("not in the target", "no such function"),
    ("ambiguous", "there are several"),
    ("no common process", "no process has them all"),
    ("several times", "several times, compiled in different ways"),
    ("options", "only options by which it is built"),
    ("entry", "jump"),
    ("registers", "rely on registers"),
]
RESULTS = "built warned refused nothing error".split()
MADE = ("built", "warned")


def reason_kind(lines, status):
    if status == 3:
        return ("same code" if any("changes no function" in line
                                   for line in lines) else "not built here")
    if status != 2:
        return "opus-build"
    refusals = [line for line in lines if ": refused: " in line]
    for kind, text in KINDS:
        if any(text in line for line in refusals):
            return kind
    return "other"


def share(part, whole):
    return f"{part} of {whole}" + (f" ({100 * part / whole:.1f} %)"
                                   if whole else "")


def grid(title, rows, key, columns):
    """Rows counted by key(row) and result, as lines of text."""
    groups = {}
    for row in rows:
        groups.setdefault(key(row), Counter())[row["result"]] += 1
    if len(groups) > 1:
        groups["all"] = sum(groups.values(), Counter())
    width = max([len(title), *map(len, groups)])
    lines = [f"{title:{width}}  " + "  ".join(columns)]
    for name in sorted(groups, key=lambda name: (name == "all", name)):
        cells = (f"{groups[name][c] or '-':>{len(c)}}" for c in columns)
        lines.append(f"{name:{width}}  " + "  ".join(cells))
    return "\n".join(lines)


def first_step(listed):
    """Of all that are listed, whether their package is built here or not."""
    code = [r for r in listed if r["amenable"] != "n/a"]
    read = [r for r in code if r["amenable"] in ("yes", "yes+new")]
    return "\n".join((
        "of the list: patches that change C code   " + share(len(code), len(listed)),
        "  amenable, by reading                    " + share(len(read), len(code))))


def steps(rows):
    """The paper's three steps: by description, by source, by test."""
    code = [r for r in rows if r["amenable"] != "n/a"]
    read = [r for r in code if r["amenable"] in ("yes", "yes+new")]
    asked = [r for r in read if r["result"] in (*MADE, "refused", "error")
             and r.get("why") != "package"]
    made = [r for r in asked if r["result"] in MADE]
    tried = [r for r in rows if r["result"] in MADE and r.get("live")]
    live = [r for r in tried if r["live"] == "applies"]
    return "\n".join((
        "patches that change C code            " + share(len(code), len(rows)),
        "  amenable, by reading the source     " + share(len(read), len(code)),
        "  of those, in code that is built here, live patches were made  "
        + share(len(made), len(asked)),
        "  patches that went into a process and out again  "
        + share(len(live), len(tried))))


def summary(rows, listed):
    parts = [
        grid("package", rows, lambda r: r["package"], RESULTS),
        grid("amenable, by reading", rows, lambda r: r["amenable"], RESULTS),
        grid("kind of hole", [r for r in rows if r["amenable"] != "n/a"],
             lambda r: r["vclass"], RESULTS),
        grid("why there is no patch", [r for r in rows if r.get("why")],
             lambda r: r["why"], ["refused", "nothing", "error"]),
        first_step(listed), steps(rows)]
    return "\n\n".join(parts)
