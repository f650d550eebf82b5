#!/bin/sh
# Builds the library for another platform, and runs the demo and the C tests with it.
#
# usage: tests/platforms/run.sh aarch64|musl
#
# aarch64: Linux with glibc on AArch64, by Debian's cross compiler and qemu-user.
# musl: Linux with musl on this machine's processor, by Debian's musl-gcc.
set -eu
cd "$(dirname "$0")/../.."
platform=$1
emulator=
case $platform in
aarch64)
    target=aarch64-unknown-linux-gnu
    cc=aarch64-linux-gnu-gcc
    emulator='qemu-aarch64 -L /usr/aarch64-linux-gnu'
    ;;
musl)
    target=$(uname -m)-unknown-linux-musl
    cc=$(uname -m)-linux-musl-gcc
    ;;
*) echo "$0: no such platform: $platform" >&2; exit 2 ;;
esac
sh tests/deps.sh "$platform"
cc=$(command -v "$cc")

settings=$(sh tests/platforms/std.sh "$target")
eval "$settings"
# Not in the folder of the other builds: another rustc would make cargo build them again.
export CARGO_TARGET_DIR="$(realpath -m "${CARGO_TARGET_DIR:-target}")/platforms" CARGO_BUILD_TARGET="$target"
build=$CARGO_TARGET_DIR/$platform
mkdir -p "$build"

# Libraries that are not where the compiler searches.
libraries=
if [ "$platform" = musl ]; then
    sh tests/platforms/unwinder.sh "$target" "$cc" "$build/unwinder"
    libraries=-L$build/unwinder
fi

# The client library of Redis and the header of PKCS #11 are those of this machine.
make --no-print-directory examples CC="$cc" BUILD="$build" LDFLAGS="$libraries" PKG_CONFIG=false

passed=0
failed=0
run() { # NAME COMMAND...
    name=$1
    shift
    if "$@" >"$build/log" 2>&1; then
        passed=$((passed + 1))
        echo "$name: passed"
    else
        failed=$((failed + 1))
        cat "$build/log"
        echo "$name: FAILED"
    fi
}

# Programs and the library are those of the platform: a wrong linker or compiler would pass unnoticed.
is_of_platform() { # FILE
    case $platform in
    aarch64) readelf --file-header "$1" | grep -q 'Machine: *AArch64' ;;
    musl) ! readelf --dynamic "$1" | grep -E 'NEEDED.*(libc\.so\.6|ld-linux|libgcc_s)' ;;
    esac
}
run 'libs2n.so is of the platform' is_of_platform "$build/libs2n.so.1"
run 'client is of the platform' is_of_platform "$build/examples/client"

{ cat tests/abi/exports.txt; tail -n +2 tests/abi/extensions.tsv | cut -f 1; } | sort >"$build/api"
exports() {
    nm --extern-only --defined-only "$@" | awk 'NF == 3 { print $3 }' | sort | diff - "$build/api"
}
run 'libs2n.so exports the API' exports --dynamic "$build/libs2n.so.1"
run 'libs2n.a has the API' exports "$build/libs2n.a"

certs=$build/certs
rm -rf "$certs"
sh tests/certs/make.sh "$certs" >"$build/log" 2>&1

run demo env EMULATOR="$emulator" sh examples-c/demo.sh "$build"

# shellcheck disable=SC2086,SC2046 # lists of options
static_program() {
    $cc -static -Iinclude examples-c/memory_pair.c -o "$build/static" \
        "$build/libs2n.a" $libraries $(cat "$build/private-libs") \
        && $emulator "$build/static" default_tls13 "$certs/ca.pem" "$certs/ecdsa.pem" "$certs/ecdsa.key"
}
run 'static program' static_program

mkdir -p "$build/tests"
awk -F '\t' 'BEGIN { print "static const struct { int number; int type; const char *name, *message; } ERRORS[] = {" }
    NR > 1 { printf "{ %s, %s, \"%s\", \"%s\" },\n", $3, $2, $1, $4 }
    END { print "};" }' tests/abi/errors.tsv >"$build/tests/error_table.h"

# Compiles and runs a C test.
# shellcheck disable=SC2086 # lists of options
c_test() { # NAME ARGUMENT...
    program=$build/tests/$1
    source=tests/c/$1.c
    shift
    $cc -std=gnu11 -g -O1 -Wall -Wextra -Wpedantic -Werror -pthread -Iinclude -Itests/c -I"$build/tests" \
        "$source" -o "$program" -L"$build" -ls2n -Wl,-rpath,"$build" \
        && timeout 900 $emulator "$program" "$@"
}

for source in tests/c/*.c; do
    name=$(basename "$source" .c)
    case $platform:$name in
    musl:idle) echo "$name: not run, because musl has no mallinfo2(), with which it measures" && continue ;;
    esac
    case $name in
    # They require a kernel with the module tls, and the process's own memory mappings; large transfers a gibibyte.
    ktls | pending | large) echo "$name: not run on this platform" ;;
    errors | callbacks | fingerprint) run "$name" c_test "$name" ;;
    async_threads) run "$name" c_test "$name" "$certs" 8 ;;
    threads) run "$name" c_test "$name" "$certs" 2 ;;
    capture) run "$name" c_test "$name" "$certs" 13 "$build/capture" "$build/keys" ;;
    *) run "$name" c_test "$name" "$certs" ;;
    esac
done

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
