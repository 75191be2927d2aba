#!/usr/bin/env bash
# diff-case.sh CASE - run one case of tests/unit/build_diff_cases.
#
# A case is one file: "//@ NAME" starts a file of its project. Lines that end
# in "//-" are in the old source alone, in "//+" in the new one alone. Its first
# comment says what is to happen:
#
#   make: VAR=VALUE         for make, again for more
#   diff: FILE              of the project, instead of what differs
#   zero: WORD              is a byte 0 in the diff
#   target: FILE            what is patched, instead of prog
#   strip: yes              strip the target; the project's build stands in
#   tree: built             leave the objects in the source tree
#   beside: FOLDER          is beside the tree, and may not change either
#   build: OPTIONS          for opus-build, instead of none
#   command: WORDS          the build command, instead of make
#   place: small            little room for temporary files; unmountable: no
#                           mount namespace
#   exit: 2                 the exit status; 0 unless said otherwise
#   replaces: NAME...       exactly these functions, sorted
#   objects: NAME...        that the patch wants to be loaded
#   says: TEXT              what it has to say; again for more
#   silent: TEXT            what it must not say
#   output: LINE            what prog prints with the patch applied to it
# Needs APPLY, the folder of libapply.a; works in the current folder.
set -u
case=$1
say() { sed -n "/^ \*\//q; s/^ \* $1: //p" "$case"; }
fail() { echo "$(basename "$case"): $*"; cat said.txt 2>/dev/null; exit 1; }

awk 'function out(dir, line) { if (name != "") print line > (dir "/" name) }
	/^\/\/@ / { name = $2
		if (name ~ /\//) { d = name; sub(/\/[^\/]*$/, "", d)
			system("mkdir -p before/" d " after/" d) }
		else system("mkdir -p before after")
		next }
	/\/\/-$/ { sub(/[ \t]*\/\/-$/, ""); out("before", $0); next }
	/\/\/\+$/ { sub(/[ \t]*\/\/\+$/, ""); out("after", $0); next }
	{ out("before", $0); out("after", $0) }' "$case"
if [ ! -e before/Makefile ]; then
	cat >before/Makefile <<'END'
CFLAGS = -O2 -g
CPPFLAGS = -I$(OPUS_TOP)
SRC := $(wildcard *.c *.cc)
prog: $(addsuffix .o,$(basename $(SRC)))
	$(if $(wildcard *.cc),$(CXX),$(CC)) $(CFLAGS) $(LDFLAGS) -o $@ $^ -L$(APPLY) -lapply -ldl -lm
clean:
	rm -f *.o prog
$(addsuffix .o,$(basename $(SRC))): $(wildcard *.h)
%.o: %.cc
	$(CXX) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<
END
	cp before/Makefile after/Makefile
fi
diff -ruN before after >fix.diff
[ -z "$(say diff)" ] || cp "before/$(say diff)" fix.diff
[ -z "$(say zero)" ] || sed -i "s/$(say zero)/\\x00/g" fix.diff
mapfile -t make < <(say make)
make -s -C before "${make[@]}" >make.log 2>&1 || { cat make.log; fail "does not build"; }
target=$(say target); target=${target:-prog}
mkdir bin; cp before/prog bin/; cp "before/$target" bin/ 2>/dev/null
target=${target##*/}
[ -z "$(say strip)" ] || strip "bin/$target"
[ "$(say tree)" = built ] || make -s -C before "${make[@]}" clean >>make.log 2>&1
cp -a before keep
beside=$(say beside)
[ -z "$beside" ] || cp -a "$beside" "keep-$beside"
command=$(say command)
place=$(say place)
# Where a process has another root than its mount namespace, it may not make one.
cat >place.sh <<'END'
case $place in
small) mount -t tmpfs -o size=16k,mode=700 none "$TMPDIR" || exit 77 ;;
unmountable)
	mkdir root && mount --rbind / root || exit 77
	exec chroot root setpriv --bounding-set -sys_admin sh -c 'cd "$0" && exec "$@"' "$PWD" "$@" ;;
esac
"$@"
status=$?
[ -z "$(ls "$TMPDIR")" ] || { ls -R "$TMPDIR"; echo "left in TMPDIR"; exit 99; }
exit $status
END
export place
inside() {
	if [ -z "$place" ]; then "$@"; else unshare -m sh place.sh "$@"; fi
}
# shellcheck disable=SC2046,SC2086 # options are words
inside "$OPUS_BUILD/opus-build" diff fix.diff --source before --target "bin/$target" \
	-v --emit-c emitted.c $(say build) -o case.opus \
	-- ${command:-make "${make[@]}"} >stdout.txt 2>said.txt
status=$?
case "$(say build)" in
*--json*) python3 -m json.tool stdout.txt >object.json || fail "no JSON"
	cat object.json >>said.txt ;;
*) cat stdout.txt >>said.txt ;;
esac
[ ! -e out.sarif ] || python3 -m json.tool out.sarif >>said.txt || fail "no SARIF"
want=$(say exit)
[ "$status" = "${want:-0}" ] || fail "exit status $status"
while read -r text; do
	grep -qF -- "$text" said.txt || fail "does not say: $text"
done < <(say says)
while read -r text; do
	! grep -qF -- "$text" said.txt || fail "says: $text"
done < <(say silent)
if [ -n "$(say replaces)" ]; then
	got=$(sed -n 's/^opus-build: \([^ ]*\): [0-9]* range.*/\1/p' said.txt | sort | xargs)
	[ "$got" = "$(say replaces)" ] || fail "replaces: $got"
fi
if [ -n "$(say objects)" ]; then
	got=$("$OPUS_BUILD/opus-send" inspect case.opus |
		sed -n '/^target/,/^$/s/^ *name *\([^ ]*\).*/\1/p' | xargs)
	[ "$got" = "$(say objects)" ] || fail "wants: $got"
fi
diff -r before keep >/dev/null || fail "the source tree was changed"
[ -z "$beside" ] || diff -r "$beside" "keep-$beside" >/dev/null || fail "$beside was changed"
if [ "$status" = 0 ] && [ -n "$(say output)" ]; then
	(cd bin && LD_LIBRARY_PATH=. timeout 20 ./prog ../case.opus) >out.txt 2>&1 ||
		{ cat out.txt; fail "prog failed"; }
	diff -u <(say output) out.txt || fail "another output"
fi
[ "$status" = 0 ] || [ ! -e case.opus ] || fail "left a patch behind"
! ls -d "${TMPDIR:-/tmp}"/opus-build.* 2>/dev/null || fail "left files behind"
