#!/usr/bin/env bash
# man.sh - the manual pages are well-formed, and each program has one.
set -u
cd "$(dirname "$0")/../.." || exit 1
command -v mandoc >/dev/null || { echo "mandoc is not installed"; exit 77; }
bad=0
shopt -s nullglob
pages=(docs/man/*.[1-8])
for page in "${pages[@]}"; do
	mandoc -Tlint -Wwarning "$page" || bad=1
done
for program in "${OPUS_BUILD:-build}"/opus-*; do
	if [ -f "$program" ] && [ ! -e "docs/man/${program##*/}.1" ]; then
		echo "${program##*/} has no manual page"
		bad=1
	fi
done
[ "$bad" != 0 ] || echo "${#pages[@]} pages are well-formed"
exit "$bad"
