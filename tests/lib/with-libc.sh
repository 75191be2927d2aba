#!/usr/bin/env bash
# with-libc.sh SUITE COMMAND... - with the libc and libunwind of another Debian.
#
# The command finds them in the folder that OPUS_TEST_LIBC names, which every user
# may read. The system's lists and packages are left alone; the archive is the one
# that this system takes its packages from. What was fetched is kept in the cache.
set -euo pipefail
suite=$1
shift
own=${XDG_CACHE_HOME:-$HOME/.cache}/opus-livepatch/libc/$suite
# shellcheck source=tests/lib/apt.sh
. "$(dirname "$0")/apt.sh"

write_list() {
	local option site
	option=$(keyring_option)
	site=$(apt-get indextargets 'Created-By: Packages' 'Origin: Debian' \
		--format "\$(SITE)" | grep -v security | head -n 1)
	[ -n "$site" ] || no_archive
	echo "deb $option$site $suite main" >"$own/sources.list"
}

fetch() {
	rm -rf "$own"
	mkdir -p "$own/lists/partial" "$own/packages"
	write_list
	own_apt apt-get -qq update >&2
	(cd "$own/packages" && own_apt apt-get -qq download libc6 libunwind8 liblzma5 >&2)
	for package in "$own"/packages/*.deb; do
		dpkg-deb -x "$package" "$own/root"
	done
	mv "$own/root/usr/lib/x86_64-linux-gnu" "$own/lib"
	rm -rf "$own/root" "$own/packages" "$own/lists"
}

[ -e "$own/lib/ld-linux-x86-64.so.2" ] || fetch
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cp -r "$own/lib" "$work"
OPUS_TEST_LIBC=$work/lib "$@"
