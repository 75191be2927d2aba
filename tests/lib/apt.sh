# apt.sh - apt with lists of its own, in the folder $own; for others to source.
# shellcheck shell=bash disable=SC2154 # own

# The option that an entry in a list of Debian's archives needs.
keyring_option() {
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ ! -e "$keyring" ] || echo "[signed-by=$keyring] "
}

# COMMAND WORD...: the system's lists and packages are left alone.
own_apt() {
	"$@" -q -o Dir::Etc::sourcelist="$own/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::lists="$own/lists" \
		-o Dir::Cache::srcpkgcache= -o Dir::Cache::pkgcache= \
		-o APT::Sandbox::User=root
}

no_archive() {
	echo "no Debian archive in apt's lists: run 'apt-get update' first" >&2
	exit 1
}
