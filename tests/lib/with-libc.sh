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

write_list() {
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg option="" site
	[ ! -e "$keyring" ] || option="[signed-by=$keyring] "
	site=$(apt-get indextargets 'Created-By: Packages' 'Origin: Debian' \
		--format "\$(SITE)" | grep -v security | head -n 1)
	[ -n "$site" ] || { echo "no Debian archive in apt's lists: run 'apt-get update' first" >&2; exit 1; }
	echo "deb $option$site $suite main" >"$own/sources.list"
}

own_apt() {
	"$@" -qq -o Dir::Etc::sourcelist="$own/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::lists="$own/lists" \
		-o Dir::Cache::srcpkgcache= -o Dir::Cache::pkgcache= \
		-o APT::Sandbox::User=root >&2
}

fetch() {
	rm -rf "$own"
	mkdir -p "$own/lists/partial" "$own/packages"
	write_list
	own_apt apt-get update
	(cd "$own/packages" && own_apt apt-get download libc6 libunwind8 liblzma5)
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
