#!/bin/sh
# Programs in C that are compiled with s2n-tls' headers and linked with its library, and then run with
# that library and with the one in the folder $1. Works in the folder $2, which has the certificates in
# $3; the arguments behind that are s2n-tls' archives and its folder of headers.
set -eu
prefix=$1 dir=$2 certs=$3 archive=$4 crypto=$5 api=$6
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../../..

# The library as s2n-tls' own build makes it: the crate has it as an archive. It may have been
# compiled for optimization at link time, which its users have no use for.
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

# Runs COMMAND with each library; what it prints must be the same.
twice() { # NAME COMMAND...
    name=$1
    shift
    LD_LIBRARY_PATH=$dir/lib "$@" >"$dir/$name.s2n-tls"
    for now in '' 1; do
        LD_LIBRARY_PATH=$prefix/lib LD_BIND_NOW=$now "$@" >"$dir/$name.rs2n"
        diff -u "$dir/$name.s2n-tls" "$dir/$name.rs2n"
    done
}

# Every function and the variables, by their addresses: there is a library in which one is missing
# only if the program does not start.
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
    for (unsigned at = 0; at < sizeof(all) / sizeof(*all); at++) {
        count += all[at] != NULL;
    }
    printf("%d names, s2n_errno %d\n", count, s2n_errno);
}
END
} >"$dir/all.c"
compile "$dir/all.c" all
twice all "$dir/bin/all"

compile "$here/program.c" program
twice program timeout 60 "$dir/bin/program" "$certs"

for source in "$root"/examples-c/*.c; do
    compile "$source" "$(basename "$source" .c)"
done
g++ -std=c++17 -O1 -Wall -Wextra -Wpedantic -Werror "-I$dir/include" "$root/examples-cpp/fetch.cpp" \
    -o "$dir/bin/fetch" "-L$dir/lib" -ls2n
twice examples sh "$here/examples.sh" "$dir/bin" "$certs" "$dir/examples"
wc -l "$dir"/*.rs2n | sed -n 's/ total/ lines are the same/p'
