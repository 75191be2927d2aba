#!/usr/bin/env bash
# limit: 120
# evaluation.sh - `make evaluation` measures and makes its page: a few points of
# the parts that need no service, in a folder of their own.
set -eu
command -v gnuplot >/dev/null || { echo "gnuplot is not installed"; exit 77; }
export OPUS_EVALUATION_DOCS=$TEST_TMP/docs
"$OPUS_TOP/tests/evaluation/run" --mode check --fresh raw safe recurring
python3 - "$OPUS_EVALUATION_DOCS" <<'END'
import csv
import re
import sys
import xml.etree.ElementTree as tree

docs = sys.argv[1]
with open(docs + "/evaluation.md") as file:
    page = file.read()
for name in re.findall(r"!\[.*?\]\((.*?)\)", page):
    tree.parse(f"{docs}/{name}")  # well formed
with open(docs + "/evaluation/raw.csv", newline="") as file:
    rows = {(r["functions"], r["threads"], r["kind"], r["update"], r["figure"]): r
            for r in csv.DictReader(file)}
at = ("10", "8", "asleep", "later")
parts = [float(rows[*at, f + "_ms"]["max"]) for f in ("stop", "scan", "switch")]
if not 0 < max(parts) <= float(rows[*at, "pause_ms"]["max"]):
    sys.exit(f"the parts of a pause make no sense: {parts}")
with open(docs + "/evaluation/safe.csv", newline="") as file:
    if not any(r["figure"] == "in_time" and r["mean"] == "1"
               for r in csv.DictReader(file)):
        sys.exit("no update ended in time")
for words in ("## 1. Raw cost", "## 2. Time until safe", "## 3. Recurring cost"):
    if words not in page:
        sys.exit(f"the page lacks {words}")
END
