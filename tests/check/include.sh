#!/usr/bin/env bash
# include.sh - prove that no include crosses a folder (docs/design.md 2).
#
# The only arrow is "part -> common". The compiler itself says which files a
# source includes, so a path with "../" or an include of an include counts too.
# limit: 180
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0 seen=0

# One line per source of a folder: the source, then all files that it includes.
# -MG: a header that is not there (of a library) is no matter here.
dependencies() {
	find "$1" -name '*.[chS]' -exec gcc -MM -MG -I. -Ibuilder/include {} + |
		sed -e ':join' -e '/\\$/{N; s/\\\n//; bjoin' -e '}' -e 's/^[^:]*: *//'
}

for folder in agent launcher injector builder common; do
	[ -d "$folder" ] || continue
	while read -r source included; do
		seen=$((seen + 1))
		for path in $included; do
			case $path in
			*..*) path=$(realpath -m --relative-to=. "$path") ;;
			esac
			case $path in
			"$folder"/* | common/* | ../* | /*) ;;
			*/*)
				echo "$source includes $path"
				bad=1 ;;
			esac
		done
	done < <(dependencies "$folder")
done
if [ "$seen" = 0 ]; then
	echo "no source found"
	exit 1
fi
[ "$bad" != 0 ] || echo "$seen files: no include crosses a folder"
exit "$bad"
