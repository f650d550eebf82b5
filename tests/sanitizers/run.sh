#!/bin/sh
# Runs the C tests with a sanitizer, in the library as in the tests. Each report of the sanitizer is a failure.
#
# usage: tests/sanitizers/run.sh address|thread [PROGRAM...]
#
# A PROGRAM is a name in tests/c or tests/cases. Without names, those run that tests/sanitizers/README.md describes.
set -eu
cd "$(dirname "$0")/../.."
sanitizer=$1
shift
sh tests/sanitizers/build.sh "$sanitizer"

target=$(realpath -m "${CARGO_TARGET_DIR:-target}")/sanitizers
built=$target/$sanitizer
certs=$target/certs
programs=$built/programs
mkdir -p "$programs"

# Both sanitizers use the same set, of which a run of the other one may be making parts at this moment.
exec 9>"$target/lock"
flock 9
if [ ! -e "$certs/today-$(date -u +%F)" ]; then
    rm -rf "$certs"
    sh tests/certs/make.sh "$certs" >"$target/certs.log" 2>&1
    sh tests/certs/encrypted_keys.sh "$certs" "$certs/encrypted" >>"$target/certs.log" 2>&1
    mkdir "$certs/cases"
    PYTHONPATH=$(dirname "$target")/tools/python python3 -B tests/cases/make.py "$certs/cases"
    touch "$certs/today-$(date -u +%F)"
fi
flock -u 9

common=exitcode=66:symbolize=1:allow_addr2line=1:abort_on_error=0
export ASAN_OPTIONS="$common:detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1"
ASAN_OPTIONS="$ASAN_OPTIONS:check_initialization_order=1:strict_init_order=1"
export TSAN_OPTIONS="$common:halt_on_error=0:second_deadlock_stack=1"

# The table of errors for errors.c, as tests/c_programs.rs makes it.
awk -F '\t' 'BEGIN { print "static const struct { int number; int type; const char *name; const char *message; } ERRORS[] = {" }
    NR > 1 { gsub(/["\\]/, "\\\\&", $4); printf "    { %s, %s, \"%s\", \"%s\" },\n", $3, $2, $1, $4 }
    END { print "};" }' tests/abi/errors.tsv >"$programs/error_table.h"

compile() { # PROGRAM
    source=tests/c/$1.c
    [ -e "$source" ] || source=tests/cases/$1.c
    clang -std=gnu11 -g -O1 -fno-omit-frame-pointer -Wall -Wextra -Wpedantic -Werror -pthread "-fsanitize=$sanitizer" \
        -Iinclude -Itests/c "-I$programs" -c "$source" -o "$programs/$1.o" || return
    # Without -fsanitize, which would add the runtime of clang.
    clang -fuse-ld=lld -pthread "$programs/$1.o" "$built/libs2n.a" \
        -Wl,--whole-archive "$built/runtime.a" -Wl,--no-whole-archive -Wl,--export-dynamic -Wl,--gc-sections \
        -lgcc_s -lrt -lm -ldl -lc -o "$programs/$1"
}

# Runs a program with the arguments that tests/c_programs.rs or tests/cases.rs gives it.
program() { # PROGRAM
    case $1 in
    errors | call_detail | callbacks) set -- "$1" ;;
    async_threads) set -- "$1" "$certs" 64 ;;
    threads) set -- "$1" "$certs" 2 ;;
    resumption | shared_config) set -- "$1" "$certs" 100 ;;
    encrypted_keys) set -- "$1" "$certs" "$certs/encrypted" all ;;
    capture) set -- "$1" "$certs" 13 "$programs/capture.pcap" "$programs/capture.keys" ;;
    cancel | cancel_calls)
        set -- "$1" "$certs/cases"
        # These programs do not free what they read.
        export ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0"
        ;;
    *) set -- "$1" "$certs" ;;
    esac
    name=$1
    shift
    timeout 900 "$programs/$name" "$@"
}

# Leaves the file PROGRAM.status.
check() { # PROGRAM
    began=$(date +%s)
    status=0
    { compile "$1" && program "$1"; } >"$programs/$1.log" 2>&1 9>&- || status=$?
    # A report of a child does not change the status of its parent.
    ! grep -q -e '^==[0-9]*==ERROR' -e '^WARNING: ThreadSanitizer' "$programs/$1.log" || status="$status, with a report"
    # A program of tests/cases prints what it observes.
    ! grep -q WRONG "$programs/$1.log" || status="$status, with a wrong observation"
    echo "$status" >"$programs/$1.status"
    # Each has a copy of the library, of 70 MB.
    [ "$status" != 0 ] || rm -f "$programs/$1" "$programs/$1.o"
    printf '%5d s  %-22s %s\n' $(($(date +%s) - began)) "$1" \
        "$([ "$status" = 0 ] && echo clean || echo "FAILED (exit status $status)")"
}

all() {
    for source in tests/c/*.c; do
        name=$(basename "$source" .c)
        case $sanitizer-$name in
        # See README.md.
        *-idle | *-pending) ;;
        *) echo "$name" ;;
        esac
    done
    echo cancel cancel_calls
}
[ $# -gt 0 ] || set -- $(all)

# One program on each core. A pipe has a line for each idle core.
rm -f "$programs"/*.status "$programs/cores"
mkfifo "$programs/cores"
exec 8<>"$programs/cores"
for _ in $(seq "$(nproc)"); do echo >&8; done
for name; do
    read -r _ <&8
    { check "$name"; echo >&8; } &
done
wait

failed=0
for name; do
    [ "$(cat "$programs/$name.status")" != 0 ] || continue
    failed=$((failed + 1))
    printf '\n== %s\n' "$name"
    tail -n 100 "$programs/$name.log"
done
printf '%s sanitizer: %d programs, %d failed\n' "$sanitizer" $# "$failed"
[ "$failed" -eq 0 ]
