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
mapfile -t sources < <(git ls-files '*.c' | grep -v '/patches\?/\|patch.*\.c$')
mapfile -t scripts < <(git ls-files | xargs grep -lE '^#!.*\b(bash|sh)$' --)
flags=(-std=gnu11 -D_GNU_SOURCE '-DOPUS_RELEASE="0"' -I. -Ibuilder/include)

if have cppcheck; then
	cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr -j 2 \
		--enable=warning,performance,portability \
		--suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches \
		-D_GNU_SOURCE '-DOPUS_RELEASE="0"' -D__x86_64__ -I. \
		"${sources[@]}" || bad=1
fi
if have clang-tidy; then
	checks='-*,bugprone-*,clang-analyzer-*,misc-redundant-expression'
	checks+=',-bugprone-easily-swappable-parameters,-bugprone-reserved-identifier'
	checks+=',-bugprone-narrowing-conversions,-bugprone-assignment-in-if-condition'
	checks+=',-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling'
	# Habits of this code, and what the analyzer cannot see across files.
	checks+=',-bugprone-suspicious-string-compare,-bugprone-macro-parentheses'
	checks+=',-bugprone-not-null-terminated-result,-clang-analyzer-valist.*'
	for source in "${sources[@]}"; do
		hint=(-include tests/lib/lint.h)
		[ "$source" != common/error.c ] || hint=()
		clang-tidy --quiet --warnings-as-errors='*' --checks="$checks" \
			"$source" -- "${flags[@]}" "${hint[@]}" 2>/dev/null || bad=1
	done
fi
if have shellcheck; then
	shellcheck -x "${scripts[@]}" || bad=1
fi
have mandoc && { tests/check/man.sh || bad=1; }
exit "$bad"
