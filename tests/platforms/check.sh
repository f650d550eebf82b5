#!/bin/sh
# Type-checks the library for systems that this machine cannot run, and compiles its C files for them.
#
# usage: tests/platforms/check.sh [TARGET...]
set -eu
cd "$(dirname "$0")/../.."
here=$(pwd -P)
[ $# -gt 0 ] || set -- aarch64-apple-darwin x86_64-unknown-freebsd x86_64-unknown-netbsd x86_64-unknown-openbsd
sh tests/deps.sh check-platforms

tools=$(realpath -m "${CARGO_TARGET_DIR:-target}")/tools
zig=$tools/zig-0.17
if [ ! -d "$zig/ziglang" ]; then
    rm -rf "$zig"
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps \
        --target "$zig" 'ziglang==0.17.*'
fi
export PYTHONPATH="$zig"

check() ( # TARGET
    target=$1
    case $target in
    aarch64-apple-darwin) ZIG_TARGET=aarch64-macos ;;
    *) ZIG_TARGET=$(printf '%s' "$target" | sed 's/-unknown//; s/openbsd$/openbsd.7.7/') ;;
    esac
    export ZIG_TARGET
    settings=$(sh tests/platforms/std.sh "$target")
    eval "$settings"
    triple=$(printf '%s' "$target" | tr - _)
    # The SDK of macOS is only searched for, as nothing is compiled with it.
    eval "export CC_$triple='$here/tests/platforms/cc.sh' AR_$triple=ar SDKROOT=/"
    CARGO_TARGET_DIR="$(realpath -m "${CARGO_TARGET_DIR:-target}")/platforms" \
        "${CARGO:-cargo}" check --quiet --locked --target "$target" --package rs2n \
        --config 'profile.dev.package."*".opt-level=0' --config profile.dev.debug=false
)

passed=0
for target; do
    check "$target"
    passed=$((passed + 1))
    echo "$target: checked"
done
printf '%d passed, 0 failed\n' "$passed"
