#!/usr/bin/env bash
# completion.sh - the shell offers every verb and every option that the manual
# pages name, names of patches and of units, and leaves a command's own line alone.
set -eu
PATH=$OPUS_BUILD:$PATH
. "$OPUS_TOP/packaging/completion/opus-send"
compopt() { :; } # there is no completion to set it for

offered() { # WORD... - for the last word
	local function
	function=$(complete -p "$1" | sed 's/.*-F \([^ ]*\).*/\1/')
	COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
	"$function"
	printf '%s\n' "${COMPREPLY[@]}"
}
fail() { echo "fail: $*"; exit 1; }
has() { # WORD LIST WHERE
	grep -qxF -- "$1" <<<"$2" || fail "no $1 after $3"
}
options() { grep -oE 'Fl -[a-z][a-z-]+' "docs/man/$1.1" | cut -c 4- | sort -u; }
verbs() { sed -n '/^The verbs are/,/^\.El/s/^\.It Cm \([a-z]*\).*/\1/p' docs/man/opus-send.1; }

cd "$OPUS_TOP"
all=$(offered opus-send -)
count=0
for verb in $(verbs | sort -u); do
	has "$verb" "$(offered opus-send '')" opus-send
	all+=$'\n'$(offered opus-send "$verb" -)
	count=$((count + 1))
done
[ "$count" -ge 12 ] || fail "only $count verbs in opus-send(1)"
for option in $(options opus-send); do has "-$option" "$all" 'opus-send VERB'; done
all=$(offered opus-run -; offered opus-run unit enable nginx -)
for option in $(options opus-run); do has "-$option" "$all" opus-run; done
for tool in inject build; do
	all=$(offered opus-$tool -)
	for option in $(options opus-$tool); do has "-$option" "$all" opus-$tool; done
done
for word in list add remove enable disable; do
	has "$word" "$(offered opus-send store '')" 'opus-send store'
done
for word in enable disable check; do
	has "$word" "$(offered opus-run unit '')" 'opus-run unit'
done
for word in compile diff; do has "$word" "$(offered opus-build '')" opus-build; done
has nginx "$(offered opus-run unit check ng)" 'opus-run unit check'
has nginx "$(offered opus-send scan --unit ng)" 'opus-send scan --unit'
has "$$" "$(offered opus-send status --pid '')" --pid
[ -z "$(offered opus-run --patch p ls -)" ] || fail 'options of the command are its own'
has ls "$(offered opus-run --patch p l)" opus-run

export OPUS_LIVEPATCH_STORE=$TEST_TMP/store
opus-send store add "$OPUS_BUILD/examples/fix-range.opus" \
	--exe "$OPUS_BUILD/examples/notes-server" >/dev/null
has fix-range "$(offered opus-send store remove '')" 'opus-send store remove'
echo "$count verbs of opus-send, and all options"
