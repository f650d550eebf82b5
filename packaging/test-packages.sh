#!/bin/sh
# Tests the Debian packages: runs lintian, installs them in a new Debian system, compiles and runs
# programs there, removes the packages, and checks that no file is left. Then the commands of the README run there.
# Requires root and a Debian mirror.
#
# usage: packaging/test-packages.sh FOLDER-OF-PACKAGES
set -eu
debs=$(realpath "$1")
cd "$(dirname "$0")/.."
[ "$(id -u)" -eq 0 ] || { echo 'only root can install a new Debian system' >&2; exit 1; }

dir=$(mktemp -d)
# debootstrap mounts file systems in the folder, and unmounts them when it ends.
trap 'wait; rm -rf "$dir"' EXIT
root=$dir/root
release=$(. /etc/os-release && printf '%s' "$VERSION_CODENAME")
debootstrap --variant=minbase --include=gcc,libc6-dev,pkgconf,make,cmake,openssl,sudo "$release" "$root" \
    >"$dir/debootstrap.log" 2>&1 &
debootstrap=$!

echo 'lintian'
lintian --fail-on error,warning --allow-root "$debs"/*.deb

echo 'a new Debian system'
wait "$debootstrap" || { cat "$dir/debootstrap.log" >&2; exit 1; }

inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"; }
# Lists all files, except for the state of dpkg, apt and ldconfig.
tree() {
    (cd "$root" && find . -xdev \( -path ./var/lib/dpkg -o -path ./var/cache -o -path ./var/log \
        -o -path ./tmp -o -path ./etc/ld.so.cache \) -prune -o -printf '%p %M %l\n' | sort)
}
tree >"$dir/before"

echo 'installation'
mkdir "$root/tmp/debs"
cp "$debs"/*.deb "$root/tmp/debs"
inside sh -c 'dpkg --install /tmp/debs/*.deb' >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
tree >"$dir/installed"

echo 'programs'
sh tests/certs/make.sh "$root/tmp/certs"
cp -r examples-c tests/packaging "$root/tmp"
# Compiles an example with pkg-config and with CMake, linked dynamically and statically, and runs each;
# then rs2nc sends a line to rs2nd.
cat >"$root/tmp/try.sh" <<'END'
set -eu
cd /tmp
gcc examples-c/memory_pair.c -o shared $(pkg-config --cflags --libs s2n)
gcc -static examples-c/memory_pair.c -o static $(pkg-config --static --cflags --libs s2n)
for shared in ON OFF; do
    cmake -S packaging -B "cmake-$shared" -DEXAMPLES=/tmp/examples-c -DBUILD_SHARED_LIBS=$shared >log \
        && cmake --build "cmake-$shared" >>log || { cat log; exit 1; }
done
for program in shared static cmake-ON/example cmake-OFF/example; do
    printf '%s: ' "$program"
    "./$program" default_tls13 certs/ca.pem certs/ecdsa.pem certs/ecdsa.key | head -n 1
done
for program in shared cmake-ON/example; do
    ldd "$program" | grep -q 'libs2n.so.1 => /lib/' || { echo "$program: not shared"; exit 1; }
done

mkfifo port
rs2nd --cert certs/ecdsa.pem --key certs/ecdsa.key --once --echo 127.0.0.1 0 >port &
exec 3<port
read -r _ port <&3
printf 'rs2nc and rs2nd: %s\n' \
    "$(echo 'a line' | rs2nc --ca certs/ca.pem --name localhost 127.0.0.1 "$port")"
wait
END
inside timeout 300 sh /tmp/try.sh >"$dir/programs" || { cat "$dir/programs" >&2; exit 1; }
cat "$dir/programs"
grep -q '^rs2nc and rs2nd: a line$' "$dir/programs"

echo 'hardening'
for program in "$root"/usr/bin/rs2nc "$root"/usr/bin/rs2nd; do
    readelf --wide --file-header "$program" | grep -q 'Position-Independent Executable'
    readelf --wide --dynamic "$program" | grep -q BIND_NOW
    if readelf --wide --dynamic "$program" | grep -E 'R(UN)?PATH|TEXTREL'; then exit 1; fi
    readelf --wide --program-headers "$program" | grep -q 'GNU_STACK .* RW '
done

echo 'removal'
packages=$(for deb in "$debs"/*.deb; do dpkg-deb -f "$deb" Package; done)
# shellcheck disable=SC2086 # a list of packages
inside dpkg --purge $packages >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
tree >"$dir/after"
diff "$dir/before" "$dir/after"
echo "removed: $(diff "$dir/installed" "$dir/after" | grep -c '^<') files, links and folders"

unshare --mount sh packaging/test-readme.sh "$root"
