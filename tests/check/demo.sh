#!/usr/bin/env bash
# limit: 120
# demo.sh - the demonstration holds: `make demo` without the building. Its chart
# marks both moments, as lines and in an SVG that is well formed.
set -eu
"$OPUS_TOP/examples/demo/run" | tee "$TEST_TMP/said"
for moment in patched reverted; do
	grep -qE "^ +[0-9.]+ s .*/s, longest .* ms  <- .*$moment" "$TEST_TMP/said" ||
		{ echo "no line of the chart says $moment"; exit 1; }
done
python3 - "$OPUS_BUILD/demo.svg" <<'END'
import sys
import xml.etree.ElementTree as tree

svg = tree.parse(sys.argv[1]).getroot()
texts = [t.text for t in svg.iter("{http://www.w3.org/2000/svg}text")]
lines = list(svg.iter("{http://www.w3.org/2000/svg}polyline"))
if not {"patched", "reverted"} <= set(texts) or len(lines) != 2:
    sys.exit(f"the SVG lacks something: {texts}")
END
