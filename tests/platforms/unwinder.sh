#!/bin/sh
# Writes LLVM's unwinder for musl to FOLDER/libunwind.a. gcc's libgcc_eh.a on a system with glibc requires glibc.
#
# usage: tests/platforms/unwinder.sh TARGET CC FOLDER
#
# It is part of the standard library of `rustup target add TARGET`; otherwise it is that of a package of Debian,
# which is not installed, because it conflicts with other packages.
set -eu
target=$1
cc=$2
folder=$3
here=$(realpath "$(dirname "$0")")
mkdir -p "$folder"

part_of_rust=$(rustc --print target-libdir --target "$target")/self-contained/libunwind.a
if [ -e "$part_of_rust" ]; then
    cp "$part_of_rust" "$folder/"
    exit
fi

package() {
    apt-cache search --names-only '^libunwind-[0-9]*-dev$' | cut -d ' ' -f 1 | sort -V | head -n 1
}
package=$(package)
if [ -z "$package" ] && [ "$(id -u)" -eq 0 ]; then
    apt-get update -qq >&2
    package=$(package)
fi
[ -n "$package" ] || { echo 'apt has no package libunwind-*-dev' >&2; exit 1; }
(cd "$folder" && apt-get download -qq -o APT::Sandbox::User=root "$package") >&2
dpkg-deb --extract "$folder/$package"_*.deb "$folder/package"
cp "$folder"/package/usr/lib/llvm-*/lib/libunwind.a "$folder/"
$cc -O2 -fPIC -c "$here/fortify.c" -o "$folder/fortify.o"
ar r "$folder/libunwind.a" "$folder/fortify.o"
rm -rf "$folder/package" "$folder"/*.deb "$folder/fortify.o"
