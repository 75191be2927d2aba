#!/usr/bin/env bash
# lint.sh - static checks over all of our own code; what is not installed is
# said and left out. Exit status 1 if any tool that is there complains.
set -u
cd "$(dirname "$0")/../.." || exit 1
bad=0
have() {
	command -v "$1" >/dev/null && { echo "== $1"; return 0; }
	echo "== $1 is not installed: left out"
	return 1
}
# Patches are no programs, the cases of opus-build are wrong on purpose, and the
# programs of the scenarios do what a checker warns of, for the agent to meet it.
mapfile -t sources < <(git ls-files '*.c' |
	grep -v '/patches\?/\|patch.*\.c$\|/build_diff_cases/\|^tests/scenario/')
mapfile -t scripts < <(git ls-files | xargs grep -lE '^#!.*\b(bash|sh)$' --)
flags=(-std=gnu11 -D_GNU_SOURCE '-DOPUS_RELEASE="0"' -I. -Ibuilder/include
	-I/usr/lib/llvm-14/include -I/usr/include/libxml2)

if have cppcheck; then
	# Criterion's macros are not C to it. A raw system call fills variables,
	# hook_call.c narrows a union's member within the union, by a value, what
	# runs between vfork() and exec has no heap, and the ends of a section are
	# symbols. Loops over what may be NULL say so in their conditions. The cleanup
	# attribute is not always seen.
	mapfile -t checked < <(printf '%s\n' "${sources[@]}" | grep -v '^tests/unit/')
	cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr -j 2 \
		--enable=warning,performance,portability \
		--suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches \
		--suppress=uninitvar:agent/stop.c \
		--suppress=overlappingWriteUnion:agent/hook_call.c \
		--suppress=memleak:launcher/environment.c \
		--suppress=allocaCalled --suppress=comparePointers \
		--suppress=nullPointerRedundantCheck \
		--suppress=nullPointerArithmeticRedundantCheck \
		-D_GNU_SOURCE '-DOPUS_RELEASE="0"' -D__x86_64__ -I. \
		"${checked[@]}" || bad=1
fi
if have clang-tidy; then
	checks='-*,bugprone-*,clang-analyzer-*,misc-redundant-expression'
	checks+=',-bugprone-easily-swappable-parameters,-bugprone-reserved-identifier'
	checks+=',-bugprone-narrowing-conversions,-bugprone-assignment-in-if-condition'
	checks+=',-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling'
	# Habits of this code.
	checks+=',-bugprone-suspicious-string-compare,-bugprone-macro-parentheses'
	checks+=',-bugprone-signed-char-misuse'
	checks+=',-bugprone-not-null-terminated-result,-bugprone-branch-clone'
	checks+=',-bugprone-implicit-widening-of-multiplication-result'
	checks+=',-clang-analyzer-security.insecureAPI.strcpy'
	# What the analyzer does not know: va_list, the cleanup attribute, and
	# what a system call made by inline assembly writes.
	checks+=',-clang-analyzer-valist.*,-clang-analyzer-unix.Malloc'
	checks+=',-clang-analyzer-core.UndefinedBinaryOperatorResult'
	checks+=',-clang-analyzer-core.uninitialized.Assign'
	# An array of pointers is no mistake here.
	checks+=',-bugprone-sizeof-expression'
	export checks
	# shellcheck disable=SC2016 # the inner shell expands
	printf '%s\n' "${sources[@]}" | xargs -P 2 -I '{}' sh -c '
		hint="-include tests/lib/lint.h"
		[ "$1" != common/error.c ] || hint=
		source=$1 && shift
		# shellcheck disable=SC2086
		clang-tidy --quiet --warnings-as-errors="*" --checks="$checks" \
			"$source" -- "$@" $hint 2>/dev/null
	' sh '{}' "${flags[@]}" || bad=1
fi
if have shellcheck; then
	shellcheck -x "${scripts[@]}" || bad=1
fi
have mandoc && { tests/check/man.sh || bad=1; }
exit "$bad"
