#!/bin/sh
# Tests kernel TLS in a virtual machine, whose kernel has it: see README.md.
#
# usage: tests/ktls/run.sh [PACKAGE[/RELEASE]...]
set -eu
cd "$(dirname "$0")/../.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
work=$target/ktls
# The kernels of two releases of Debian: the second can replace keys
[ $# -gt 0 ] || set -- linux-image-cloud-amd64 linux-image-cloud-amd64/trixie-backports
# Seconds for one virtual machine, which needs about 60
limit=300
modules='gf128mul ghash-generic aead crypto_null ctr gcm tls'

sh tests/deps.sh ktls
mkdir -p "$work"

# Copies the shared libraries of a program to the same paths in the file system of the virtual machine.
copy_libraries() { # PROGRAM
    for library in $(ldd "$1" | grep -o '/[^ ]*'); do
        mkdir -p "$root$(dirname "$library")"
        cp -Lu "$library" "$root$library"
    done
}

# Sets the options of apt for the packages of a release, or for those of the installed one.
select_release() { # RELEASE
    options='-o APT::Sandbox::User=root'
    if [ -z "$1" ]; then
        # Nothing may have been installed on this machine yet.
        apt-cache show "$name" >/dev/null 2>&1 || apt-get -qq update
        return
    fi
    apt=$work/apt/$1
    mkdir -p "$apt/lists/partial" "$apt/archives/partial"
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Label: Debian' | head -n 1)
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $1 main" >"$apt/sources.list"
    options="$options -o Dir::Etc::sourcelist=$apt/sources.list -o Dir::Etc::sourceparts=-"
    options="$options -o Dir::State::lists=$apt/lists -o Dir::Cache=$apt"
    apt-get -qq $options update
}

dependencies() { # PACKAGE
    apt-cache $options depends "$1" | sed -n 's/^ *Depends: \([a-z][^ ]*\)$/\1/p'
}

# Downloads and unpacks a kernel, once for each version. The package may be one that depends on it.
unpack_kernel() { # PACKAGE[/RELEASE]
    name=${1%%/*}
    release=${1#"$name"}
    select_release "${release#/}"
    image=$(dependencies "$name" | grep '^linux-image-' || echo "$name")
    kernel=$work/$image
    [ -e "$kernel/complete" ] && return
    rm -rf "$kernel"
    mkdir "$kernel"
    # Of a newer release, these have the files.
    parts=$(dependencies "$image" | grep '^linux-binary-\|^linux-modules-' || true)
    (
        cd "$kernel"
        apt-get -qq $options download "$image" $parts
        for package in *.deb; do
            dpkg -x "$package" .
            rm "$package"
        done
    )
    touch "$kernel/complete"
}

# The files that are the same for every kernel: programs, certificates, and the library.
build_root() {
    rm -rf "$root"
    mkdir -p "$root/bin" "$root/lib/modules" "$root/proc" "$root/dev" "$root/sys" "$root/tmp" "$root/etc"
    cp "$(command -v busybox)" "$root/bin/busybox"
    cp tests/ktls/init tests/ktls/programs "$root/"
    echo '127.0.0.1 localhost' >"$root/etc/hosts"
    sh tests/certs/make.sh "$root/certs"

    "${CARGO:-cargo}" build --quiet --target-dir "$target"
    gcc -std=gnu11 -g -O1 -Wall -Wextra -Wpedantic -Werror -pthread -Iinclude -Itests/c tests/ktls/*.c \
        -o "$root/bin/ktls" -L"$target/debug" -ls2n -lssl -lcrypto
    gcc -std=gnu99 -g -O1 -Wall -Wextra -Wpedantic -Werror -Iinclude examples-c/file_server.c \
        -o "$root/bin/file_server" -L"$target/debug" -ls2n
    "${CARGO:-cargo}" build --quiet --target-dir "$target" --package rs2n-tools
    cp "$target/debug/rs2nc" "$target/debug/rs2nd" "$(command -v openssl)" "$root/bin/"
    cp "$target/debug/libs2n.so" "$root/lib/libs2n.so.1"
    for program in "$root"/bin/ktls "$root"/bin/rs2nc "$root"/bin/openssl; do
        LD_LIBRARY_PATH=$root/lib copy_libraries "$program"
    done
    strip "$root"/bin/rs2n? "$root/lib/libs2n.so.1"
}

# Adds the modules of a kernel to the file system, and packs it. A module that is missing is built in.
build_image() {
    rm -f "$root"/lib/modules/*
    for module in $modules; do
        file=$(find "$kernel" -name "$module.ko*")
        case $file in
        *.xz) xz -dc "$file" >"$root/lib/modules/$module.ko" ;;
        ?*) cp "$file" "$root/lib/modules/" ;;
        esac
    done
    (cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$kernel/initrd"
}

# Starts the virtual machine. Its serial console is the log, from which the outcome is read.
run_machine() {
    timeout -k 5 "$limit" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 1024 \
        -device virtio-rng-pci -nic none -nographic -no-reboot \
        -kernel "$(find "$kernel" -name 'vmlinuz*' | head -n 1)" -initrd "$kernel/initrd" \
        -append 'console=ttyS0 quiet panic=-1' </dev/null | tr -d '\r' | tee "$kernel/log"
    # Each of the lines is printed after all tests of a program.
    for line in 'ktls: all tests passed' 'programs: all tests passed' 'init: status 0'; do
        grep -qx "$line" "$kernel/log" || return 1
    done
}

root=$work/root
build_root
for package; do
    unpack_kernel "$package"
    build_image
    run_machine || { echo "tests/ktls/run.sh: failed with $image" >&2; exit 1; }
    echo "passed with $image"
done
