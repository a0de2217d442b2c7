#!/bin/sh
# Brings what the virtual machine needs: QEMU and a static busybox from Debian's packages, and Debian's cloud kernel,
# unpacked into the user's cache and never installed. When everything is there it does nothing and needs no network.
set -eu

cache="${XDG_CACHE_HOME:-$HOME/.cache}/podometer/vm"
kernel="$cache/vmlinuz"

say() {
	echo "test/vm: $*" >&2
}

missing=""
command -v qemu-system-x86_64 >/dev/null || missing="$missing qemu-system-x86"
dpkg-query --show --showformat '${Status}' busybox-static 2>/dev/null | grep -q ' installed$' || missing="$missing busybox-static"

if [ -n "$missing" ] && [ "$(id -u)" -ne 0 ]; then
	say "please install, as root: apt-get install --no-install-recommends$missing"
	exit 1
fi
if [ -z "$missing" ] && [ -s "$kernel" ]; then
	exit 0
fi

if [ "$(id -u)" -eq 0 ]; then
	apt-get update -q
fi
if [ -n "$missing" ]; then
	# shellcheck disable=SC2086 # one word is one package
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
fi
if [ -s "$kernel" ]; then
	exit 0
fi

# The package linux-image-cloud-amd64 is empty: it depends on the one that holds the kernel.
image=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p')
if [ -z "$image" ]; then
	say "no package linux-image-cloud-amd64 is known here: please run apt-get update as root"
	exit 1
fi
mkdir -p "$cache"
work=$(mktemp -d "$cache/unpack.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q -o APT::Sandbox::User=root "$image"
dpkg -x "$image"_*.deb .
mv boot/vmlinuz-* "$kernel"
say "unpacked the kernel of $image into $kernel"
