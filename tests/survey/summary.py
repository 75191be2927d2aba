"""summary.py - the answers of the survey in tables."""
import re
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
    ("inlined copy", "has been inlined into"),
    ("inlined everywhere", "exists only inlined"),
    ("clone", "clone"),
    ("changed parameters", "whose parameters the compiler has changed"),
    ("optimised away", "the compiler optimised it away"),
    ("not in the target", "no such function"),
    ("ambiguous", "there are several"),
    ("entry", "jump"),
    ("registers", "rely on registers"),
]


def reason_kind(lines, status):
    if status == 3:
        return "outside"
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


def table(title, rows, key, columns):
    """Count rows by key(row) and result."""
    groups = {}
    for row in rows:
        groups.setdefault(key(row), Counter())[row["result"]] += 1
    width = max([len(title), *map(len, groups)])
    lines = [f"{title:{width}}  " + "  ".join(columns)]
    for name in sorted(groups):
        cells = (f"{groups[name][c]:{len(c)}}" for c in columns)
        lines.append(f"{name:{width}}  " + "  ".join(cells))
    return "\n".join(lines)


RESULTS = "built warned refused nothing error".split()


def summary(rows):
    parts = [table("package", rows, lambda r: r["package"], RESULTS),
             table("amenable by reading", rows, lambda r: r["amenable"],
                   RESULTS),
             table("kind of hole", rows, lambda r: r["vclass"], RESULTS)]
    parts.append(table("why not", [r for r in rows if r.get("why")],
                       lambda r: r["why"], ["refused", "nothing", "error"]))
    return "\n\n".join(parts)
