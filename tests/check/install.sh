#!/usr/bin/env bash
# install.sh - what `make install` puts down can be used from there.
set -eu
cd "$OPUS_TOP"
mkdir -p "$OPUS_BUILD/tests/folder.d" # as /etc/apparmor.d in what `make deb` leaves
make -s install B="${OPUS_BUILD#"$OPUS_TOP"/}" DESTDIR="$TEST_TMP" PREFIX=/usr \
	>/dev/null
root=$TEST_TMP/usr
export PKG_CONFIG_PATH=$root/lib/pkgconfig
agent=$(sed -n 's/^agent=//p' "$root/lib/pkgconfig/opus-livepatch.pc")
test -f "$TEST_TMP$agent"
test -x "$root/bin/opus-send"
test -x "$root/bin/opus-inject"
for page in docs/man/*; do
	test -f "$root/share/man/man${page##*.}/${page##*/}"
done
# The installed compiler of patches finds the installed header by itself.
cp examples/notes-server/*.[ch] "$TEST_TMP"
gcc -O2 -g -pthread "$TEST_TMP/notes.c" -o "$TEST_TMP/server"
cd "$TEST_TMP"
"$root/bin/opus-build" compile fix-range.c --target server -o fix.opus
"$root/bin/opus-send" inspect fix.opus | grep note_get
