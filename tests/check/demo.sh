#!/usr/bin/env bash
# limit: 60
# demo.sh - the demonstration holds: `make demo` without the building.
exec "$OPUS_TOP/examples/demo/run"
