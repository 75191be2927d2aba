#!/usr/bin/env bash
# include.sh - prove that no include crosses a folder (docs/design.md 2).
#
# The only arrow is "part -> common". The compiler itself says which files a
# source includes, so a path with "../" or an include of an include counts too.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0 seen=0
for folder in agent launcher injector builder common; do
	while IFS= read -r source; do
		seen=$((seen + 1))
		# -MG: a header that is not there (of a library) is no matter here.
		for path in $(gcc -MM -MG -I. -Ibuilder/include "$source" |
			sed 's/^[^:]*://; s/\\$//'); do
			case $(realpath -m --relative-to=. "$path") in
			"$folder"/* | common/* | ../* | /*) ;;
			*/*)
				echo "$source includes $path"
				bad=1 ;;
			esac
		done
	done < <(find "$folder" -name '*.[chS]' 2>/dev/null)
done
if [ "$seen" = 0 ]; then
	echo "no source found"
	exit 1
fi
[ "$bad" != 0 ] || echo "$seen files: no include crosses a folder"
exit "$bad"
