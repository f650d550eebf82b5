#!/bin/sh
# Runs the commands of README.md, as they are written, in a Debian system without anything else: as a user, who
# installs with sudo, and as root. The program of the README then fetches a page, and reports an untrusted server.
#
# usage: unshare --mount packaging/test-readme.sh ROOT
#
# ROOT is a Debian system with the packages that the README requires, sudo and bash. Rust and the crates are those of
# this machine, and so is what is built already, which cargo does not build again: all of them have the same paths in
# ROOT. The mounts end with the namespace.
set -eu
root=$1
cd "$(dirname "$0")/.."
here=$(pwd -P)
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
home=$(realpath -m "${CARGO_HOME:-$HOME/.cargo}")

sysroot=$(rustc --print sysroot)
[ "$sysroot" != /usr ] || { echo 'this test requires a toolchain in a folder of its own, as of rustup' >&2; exit 1; }

inside() { chroot "$@"; }

# Creates a folder that every user of ROOT can reach.
reachable() { # PATH
    mkdir -p "$root$1"
    path=$1
    while [ "$path" != / ]; do
        chmod a+x "$root$path"
        path=$(dirname "$path")
    done
}

# Shows a folder of this machine in ROOT, where it cannot be changed.
show() { # FOLDER PATH
    reachable "$2"
    mount --bind "$1" "$root$2"
    mount -o remount,bind,ro "$root$2"
}

mount -t proc proc "$root/proc"
# The installer of Debian writes it, and so do container engines.
echo "127.0.0.1 localhost $(uname -n)" >"$root/etc/hosts"
inside "$root" useradd --create-home --shell /bin/bash reader
echo 'reader ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/reader"

show "$sysroot" /opt/rust
reachable "$home"
chown "$(inside "$root" id -u reader)" "$root$home"
show "$home/registry" "$home/registry"

# The dates of the files decide what cargo builds again.
reachable "$here"
git ls-files -z | tar -c --null --files-from=- | tar -x -C "$root$here"
reachable "$target"
cp -a "$target/release" "$root$target/"
inside "$root" chown -R reader: "$here" "$target"

cat >"$root/tmp/readme.sh" <<'END'
set -eu
cd "$1"

# Prints the shell block of the README with this number.
block() { awk -v wanted="$1" '/^```/ { on = /^```sh$/ && ++number == wanted; next } on' README.md; }
awk '/^```$/ { on = 0 } $0 == "/* get.c */" { on = 1 } on' README.md >get.c
# A program that was built for the s2n-tls API.
printf '#include <s2n.h>\nint main(void) { return s2n_init(); }\n' >program.c

echo "README as $2: installation"
block 2 | grep -x 'sudo make install .*' >/dev/null || { echo 'the README has other blocks' >&2; exit 1; }
sh -eu -c "$(block 2)" >log 2>&1 || { cat log >&2; exit 1; }
echo "README as $2: demo"
sh -eu -c "$(block 1 | grep -v '^make test')" >log 2>&1 || { cat log >&2; exit 1; }
grep '^GB/s' log

sh tests/certs/make.sh certs
rm -f port
mkfifo port
build/examples/server -N 2 -C certs/ecdsa.pem -K certs/ecdsa.key >port 2>server.log &
server=$!
exec 3<port
read -r _ port <&3
get() { bash -c "./get localhost 0<>/dev/tcp/localhost/$port"; }
printf 'README as %s: ./get: ' "$2"
SSL_CERT_FILE=$PWD/certs/ca.pem get | head -n 1
if get >/dev/null 2>errors; then
    echo 'the server is trusted' >&2
    exit 1
fi
head -n 1 errors
grep -q '^localhost: Certificate is untrusted$' errors
wait "$server" || grep -q S2N_ERR_CLOSED server.log

cc program.c -o program $(pkg-config --cflags --libs s2n)
sh -eu -c "$(block 3)"
[ -e /usr/local/share/man/man3/libs2n.3 ]
sudo make uninstall
[ ! -e /usr/local/lib/libs2n.so.1 ]
sudo ldconfig
END

for user in reader root; do
    inside --userspec="$user:$user" "$root" env -i HOME="$(inside "$root" sh -c "echo ~$user")" \
        PATH=/opt/rust/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 CARGO_HOME="$home" \
        CARGO_TARGET_DIR="$target" timeout 900 sh /tmp/readme.sh "$here" "$user"
done
