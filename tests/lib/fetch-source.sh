#!/usr/bin/env bash
# fetch-source.sh PACKAGE VERSION FOLDER - fetch a Debian source package.
#
# Leaves PACKAGE_VERSION.dsc, the epoch left out, and what belongs to it in FOLDER. The system's
# list of package sources is only read: source packages are found through a
# list of our own in the cache, with the same archives. It is brought up to
# date once a day, and when a version cannot be had with what it knows.
set -euo pipefail
package=$1 version=$2 folder=$3
own=${XDG_CACHE_HOME:-$HOME/.cache}/opus-livepatch/apt
# shellcheck source=tests/lib/apt.sh
. "$(dirname "$0")/apt.sh"

# Source entries for the same archives that this system already uses; the
# security archive last, since it drops what a point release has taken up.
write_list() {
	local option
	option=$(keyring_option)
	apt-get indextargets 'Created-By: Packages' 'Origin: Debian' --format \
		"deb-src $option\$(REPO_URI) \$(RELEASE) \$(COMPONENT)" |
		sort -ur >"$own/sources.list"
	[ -s "$own/sources.list" ] || no_archive
}

update() {
	write_list
	own_apt apt-get update
	touch "$own/.updated"
}

# The version as the archive has it: with its epoch, if it has one.
full_version() {
	own_apt apt-cache showsrc --only-source "$package" |
		sed -n 's/^Version: //p' | grep -x "\([0-9]*:\)\?$version" || echo "$version"
}

download() {
	(cd "$folder" && own_apt apt-get source --download-only \
		"$package=$(full_version | head -n 1)")
}

mkdir -p "$folder" "$own/lists/partial"
exec 9>"$own/.lock"
flock 9
[ -n "$(find "$own" -name .updated -mtime -1)" ] || update
download || { update && download; }
