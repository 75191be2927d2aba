# lib.sh - what both demonstrations share; sourced by bash with `set -eu`.
#
# A demonstration claims things and proves each of them: claim() ends it with
# status 1 as soon as one does not hold. Everything it starts is a child of
# this shell, listens on 127.0.0.1 alone and is ended on the way out.
# shellcheck shell=bash

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck disable=SC2034 # used by who sources this
build=$(realpath "$top/${B:-build}")
scratch=$(mktemp -d "${TMPDIR:-/tmp}/opus-demo-XXXXXX")
children=()
bold='' red='' green='' dim='' plain='' block='#'
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	# shellcheck disable=SC2034 # used by who sources this
	case ${LC_ALL:-${LC_CTYPE:-${LANG:-}}} in *[Uu][Tt][Ff]*8*) block='█' ;; esac
	bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' dim=$'\e[2m' plain=$'\e[m'
fi

end_children() {
	local status=$? pid
	for pid in "${children[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	for pid in "${children[@]}"; do
		wait "$pid" 2>/dev/null || true
	done
	rm -rf "$scratch"
	exit "$status"
}
trap end_children EXIT
trap 'exit 130' INT TERM HUP

title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
tell() { printf '   %s\n' "$@"; }
indent() { awk '{print "     " $0}'; } # and end the last line

# claim TEXT COMMAND...: the command must succeed.
claim() {
	local text=$1
	shift
	if "$@"; then
		printf '   %s[ok]%s %s\n' "$green" "$plain" "$text"
		return
	fi
	printf '   %s[NOT SO]%s %s\n' "$red" "$plain" "$text"
	if [ -s "$scratch/server.log" ]; then
		tell "The server's last words:"
		tail -n 10 "$scratch/server.log" | indent
	fi
	exit 1
}

# Show a command as one would type it, run it, and keep and show its output.
show() {
	local typed=$1 status=0
	shift
	printf '   %s$ %s%s\n' "$dim" "$typed" "$plain"
	"$@" >"$scratch/shown" 2>&1 || status=$?
	indent <"$scratch/shown"
	return "$status"
}
shown() { grep -q -e "$1" "$scratch/shown"; }
not_shown() { ! shown "$1"; }

# Wait until COMMAND succeeds, for at most ten seconds.
wait_for() {
	local tries=0
	until "$@" 2>/dev/null; do
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || return 1
		sleep 0.05
	done
}

all_answered() { [ "$1" -gt 0 ] && [ "$2" = 0 ]; } # REQUESTS FAILED

# The table of requests: row PHASE REQUESTS FAILED LONGEST_MS
row_head() {
	printf '   %-28s %10s %8s %14s\n' "" requests failed "longest"
}
row() { printf '   %-28s %10s %8s %11s ms\n' "$@"; }
