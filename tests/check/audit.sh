#!/usr/bin/env bash
# audit.sh - what handler code calls, and what the agent is to its host.
#
# Handler code (agent/**/*_sig.c) is linked into one object; each function that
# it leaves undefined must be listed, with its reason, in agent/sigctx.allow.
# Data may be used freely: reading a variable takes no lock.
set -u
export LC_ALL=C
cd "$(dirname "$0")/../.." || exit 1
build=${OPUS_BUILD:-build}
agent=$build/libopus-agent.so
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
bad=0
fail() { echo "audit: $*"; bad=1; }

handler_objects() {
	find agent common -name '*_sig.c' |
		while IFS= read -r source; do echo "$build/agent/$source.o"; done
}

check_handler_code() {
	local objects name
	mapfile -t objects < <(handler_objects)
	[ ${#objects[@]} != 0 ] || { fail "no *_sig.c found"; return; }
	ld -r -o "$scratch/sigctx.o" "${objects[@]}" || { fail "ld -r"; return; }
	nm -u --format=posix "$scratch/sigctx.o" | cut -d' ' -f1 | sort \
		>"$scratch/used"
	find "$build/agent" -name '*.o' -exec nm --defined-only --format=posix {} + |
		awk '$2 ~ /^[BbDdRrVvGgSs]$/ {print $1}' | sort -u >"$scratch/data"
	# NAME, then the reason; a line without a reason is not a permission.
	awk 'NF && $1 !~ /^#/ {if (NF < 2) exit 1; print $1}' agent/sigctx.allow \
		>"$scratch/allow" || fail "agent/sigctx.allow: a line has no reason"
	sort -o "$scratch/allow" "$scratch/allow"
	comm -23 "$scratch/used" "$scratch/data" >"$scratch/calls"
	for name in $(comm -23 "$scratch/calls" "$scratch/allow"); do
		fail "handler code uses '$name', which agent/sigctx.allow does not list:" \
			"$(cd "$build/agent" && grep -l "\b$name\b" \
			"${objects[@]#"$build"/agent/}" | tr '\n' ' ')"
	done
	for name in $(comm -13 "$scratch/used" "$scratch/allow"); do
		fail "agent/sigctx.allow lists '$name', which nothing uses"
	done
	# At a gate the vector registers belong to the host's arguments.
	if objdump -d "$scratch/sigctx.o" | grep -m 3 '%[xyz]mm'; then
		fail "handler code touches vector registers"
	fi
	echo "handler code: ${#objects[@]} files," \
		"$(wc -l <"$scratch/calls") names from outside"
}

check_agent() {
	local needed
	[ -f "$agent" ] || { fail "$agent is not built"; return; }
	needed=$(readelf -dW "$agent" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
	[ "$needed" = libc.so.6 ] || fail "NEEDED is not libc.so.6 alone: $needed"
	sed -n '/global:/,/local:/p' agent/export.map | tr ';' '\n' |
		sed 's/[[:space:]]//g; s/#.*//; s/^global://; /^local:/d; /^$/d' |
		grep -v '[*/]' | sort >"$scratch/map"
	nm -D --defined-only --format=posix "$agent" | awk '$2 != "A" {print $1}' |
		sed 's/@.*//' | sort -u >"$scratch/exported"
	diff -u --label agent/export.map "$scratch/map" --label "$agent" \
		"$scratch/exported" || fail "exported names are not those of export.map"
	readelf -lW "$agent" | grep -E '^ +(LOAD|GNU_STACK).* RWE ' &&
		fail "a segment is writable and executable"
	readelf -dW "$agent" | grep -q TEXTREL && fail "text relocations"
	readelf -dW "$agent" | grep -Eq 'BIND_NOW|NOW' ||
		fail "bound lazily: a first call from a handler would run the loader"
	echo "agent: NEEDED $needed; $(wc -l <"$scratch/exported") names exported"
}

check_handler_code
check_agent
[ "$bad" != 0 ] || echo "audit: in order"
exit "$bad"
