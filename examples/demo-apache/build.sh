#!/usr/bin/env bash
# build.sh - fetch, open and build the Apache httpd of `make demo-apache`.
#
# Everything lies in a cache folder and each step leaves a stamp there, so a
# second run, or one after an interruption, goes on where the last one ended.
# Prints progress on standard error and, at the end, the folder of the built
# source tree on standard output.
set -euo pipefail

version=2.4.68-1~deb12u1
upstream=${version%-*}
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/opus-livepatch/apache
# BUILD_DATETIME is what Debian's packaging passes. No -s: symbols and DWARF
# stay in the binary, as a distribution keeps them in its debug packages.
recipe=(--with-mpm=event --disable-ssl --enable-modules=none
	--enable-mods-static='unixd authz_core alias mime dir log_config'
	CFLAGS='-O2 -g -DBUILD_DATETIME=__DATE__')
# A change of the recipe or of the diff builds anew, in a folder of its own.
key=$({ cat "$here/fix.diff" && echo "${recipe[@]}"; } |
	sha256sum | cut -c1-8)
work=$cache/$upstream-$key
tree=$work/httpd-$upstream
log=$work/build.log

exec 3>&2 # what people see, also from inside steps that write to the log
say() { printf '  apache: %s\n' "$*" >&3; }
fail() {
	say "FAILED: $*"
	[ ! -f "$log" ] || tail -n 15 "$log" >&3
	exit 1
}

# Run `step NAME TEXT COMMAND...` once; its stamp remembers that it is done.
step() {
	local stamp=$work/.done-$1 text=$2
	shift 2
	[ ! -e "$stamp" ] || return 0
	say "$text"
	"$@" >>"$log" 2>&1 || fail "$text"
	touch "$stamp"
}

fetch() {
	"$here/../../tests/lib/fetch-source.sh" apache2 "$version" "$work"
}

unpack() {
	rm -rf "$work/unpack" "$tree"
	dpkg-source --no-check -x "$work/apache2_$version.dsc" "$work/unpack" &&
		mv "$work/unpack" "$tree"
}

configure() {
	cd "$tree" && ./configure --prefix="$work/root" "${recipe[@]}"
}

# The compiler's lines are counted so that minutes of work show as a number.
build() {
	local count=0
	cd "$tree" || return 1
	nice -n 10 make -j"${JOBS:-$(nproc)}" 2>&1 | while IFS= read -r line; do
		printf '%s\n' "$line"
		case $line in *--mode=compile*)
			count=$((count + 1))
			[ $((count % 20)) != 0 ] ||
				say "compiled $count files" ;;
		esac
	done
	[ -x "$tree/httpd" ]
}

mkdir -p "$work"
exec 9>"$work/.lock"
flock -n 9 || { say "another build is running: waiting for it"; flock 9; }
step fetch "fetching the source package $version" fetch
step unpack "unpacking" unpack
step open "opening the hole (CVE-2021-41773)" \
	patch -R -d "$tree" -p1 -i "$here/fix.diff"
step configure "configuring" configure
step build "compiling: some minutes, only the first time" build
printf '%s\n' "$tree"
