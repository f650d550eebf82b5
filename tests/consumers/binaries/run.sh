#!/bin/sh
# Compiles C programs with the headers of s2n-tls, links them with its library, and runs them with that
# library and with the one in the directory $1. Works in the directory $2, with the certificates in $3; the
# remaining arguments are the archives of s2n-tls and its directory of headers.
set -eu
prefix=$1 dir=$2 certs=$3 archive=$4 crypto=$5 api=$6
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../../..

# Links the archive of the crate to a shared library, like s2n-tls' own build. The archive may contain
# bitcode for link-time optimization, which is disabled here.
mkdir -p "$dir/lib" "$dir/include/s2n/unstable" "$dir/bin"
cp "$api/s2n.h" "$dir/include"
cp "$api"/unstable/*.h "$dir/include/s2n/unstable"
echo '{ global: s2n_*; S2N_*; local: *; };' >"$dir/map"
clang -shared -fuse-ld=lld -o "$dir/lib/libs2n.so.1" -Wl,-soname,libs2n.so.1 -Wl,--lto-O0 \
    "-Wl,--version-script=$dir/map" -Wl,--whole-archive "$archive" -Wl,--no-whole-archive "$crypto" \
    -lpthread -ldl -lm
ln -sf libs2n.so.1 "$dir/lib/libs2n.so"

compile() { # SOURCE PROGRAM
    gcc -std=gnu11 -O1 -Wall -Wextra -Wpedantic -Werror "-I$dir/include" "-I$root/tests/c" "$1" -o "$dir/bin/$2" \
        "-L$dir/lib" -ls2n -pthread
}

# Runs COMMAND with both libraries and compares the output.
compare() { # NAME COMMAND...
    name=$1
    shift
    LD_LIBRARY_PATH=$dir/lib "$@" >"$dir/$name.s2n-tls"
    for now in '' 1; do
        LD_LIBRARY_PATH=$prefix/lib LD_BIND_NOW=$now "$@" >"$dir/$name.rs2n"
        diff -u "$dir/$name.s2n-tls" "$dir/$name.rs2n"
    done
}

# A program with the addresses of all functions and variables: it starts only if the library exports all of
# them.
{
    echo '#include <stdio.h>'
    sed 's/.*/extern char &[];/' "$root/tests/abi/exports.txt" | grep -v ' s2n_errno\['
    echo 'extern __thread int s2n_errno;'
    echo 'static const void *const all[] = {'
    grep -v '^s2n_errno$' "$root/tests/abi/exports.txt" | sed 's/$/,/'
    cat <<'END'
};

int main(void)
{
    int count = 0;
    for (unsigned index = 0; index < sizeof(all) / sizeof(*all); index++) {
        count += all[index] != NULL;
    }
    printf("%d names, s2n_errno %d\n", count, s2n_errno);
}
END
} >"$dir/all.c"
compile "$dir/all.c" all
compare all "$dir/bin/all"

compile "$here/program.c" program
compare program timeout 60 "$dir/bin/program" "$certs"

for source in "$root"/examples-c/*.c; do
    case $source in
    # tests/fleet.rs and tests/early_data_example.rs run these with both libraries.
    */fleet_resumption.c | */early_data.c) ;;
    *) compile "$source" "$(basename "$source" .c)" ;;
    esac
done
g++ -std=c++17 -O1 -Wall -Wextra -Wpedantic -Werror "-I$dir/include" "$root/examples-cpp/fetch.cpp" \
    -o "$dir/bin/fetch" "-L$dir/lib" -ls2n
compare examples sh "$here/examples.sh" "$dir/bin" "$certs" "$dir/examples"
wc -l "$dir"/*.rs2n | sed -n 's/ total/ equal lines/p'
