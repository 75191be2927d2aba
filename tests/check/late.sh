#!/usr/bin/env bash
# late.sh - scenarios that a late agent passes only since it takes over what is
# bound to libc, run with one. All of them: make test-inject.
# limit: 240
set -u
cd "$(dirname "$0")/../scenario" || exit 1
export OPUS_TEST_MODE=inject
bad=0
for name in 03-coroutine 05-hidden 06-transfer 17-chroot 18-altstack 18-child 18-exec; do
	echo "$name"
	$name/test || bad=1
done
exit $bad
