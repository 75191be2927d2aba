#!/bin/sh
# cut-functions.sh SOURCE-TREE FOLDER - write the functions that patch.c needs,
# as they are once the hole is closed, to FOLDER/NAME.inc.
set -eu
tree=$1 out=$2
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out/server"
cp "$tree/server/util.c" "$tree/server/request.c" "$out/server/"
patch -s -d "$out" -p1 -i "$here/fix.diff"

# The definition of NAME: from its first line, which does not end in a
# semicolon, to the closing brace in column one.
cut_function() {
	awk -v name="$2" -v file="$1" '
		!inside && $0 ~ "^[A-Za-z].*[ *)]" name "\\(" && !/;[ \t]*$/ {
			inside = 1
			printf "#line %d \"%s\"\n", NR, file
		}
		inside {print}
		inside && /^}/ {exit}' "$out/$1" >"$out/$2.inc"
	[ -s "$out/$2.inc" ] || { echo "$2 is not in $1" >&2; exit 1; }
}
cut_function server/util.c x2c
cut_function server/util.c ap_normalize_path
cut_function server/request.c ap_process_request_internal
