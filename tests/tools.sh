#!/bin/sh
# Installs the named cargo subcommands and programs below the build folder, unless they are installed.
# Their code is not optimized: they run for seconds, and compiling them optimized takes minutes.
#
# usage: tests/tools.sh cargo-auditable|cargo-careful|cargo-cyclonedx|cargo-deny|cargo-fuzz|cargo-mutants|mdbook...
set -eu
cd "$(dirname "$0")/.."
tools=$(realpath -m "${CARGO_TARGET_DIR:-target}")/tools
PATH=$PATH:$tools/bin
mkdir -p "$tools"

# A second run at the same time waits for this one.
exec 9>"$tools/lock"
flock 9

install() { # NAME VERSION [OPTION...]
    name=$1 version=$2
    shift 2
    command -v "$name" >/dev/null && return
    CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
        CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_STRIP=none \
        "${CARGO:-cargo}" install "$name" --version "$version" --locked --quiet --root "$tools" "$@"
}

for tool; do
    case $tool in
    cargo-auditable) install cargo-auditable '^0.7' ;;
    cargo-careful) install cargo-careful '^0.4' ;;
    cargo-cyclonedx) install cargo-cyclonedx '^0.5.9' ;;
    cargo-deny) install cargo-deny '^0.20' ;;
    cargo-fuzz) install cargo-fuzz '^0.13' ;;
    cargo-mutants) install cargo-mutants '^27.1' ;;
    mdbook) install mdbook '^0.5' --no-default-features --features search ;;
    *) echo "$0: no such tool: $tool" >&2; exit 2 ;;
    esac
done
