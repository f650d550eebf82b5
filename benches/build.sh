# Builds the programs of the benchmarks. Sourced by run.sh and scale.sh, in the root folder of the project.
#
# Sets `dir`, the folder of the programs. They are linked with the shared library of rs2n, as installed,
# with s2n-tls from the crate s2n-tls-sys and with BoringSSL from the crate boring-sys, and with the
# system's OpenSSL and GnuTLS.
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
dir=$target/bench
mkdir -p "$dir/lib"

missing=
need() { # PACKAGE COMMAND...
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}
includes() {
    echo "#include <$1>" | cc -E -
}
has_libclang() {
    find -L /usr/lib/llvm-*/lib -name 'libclang[.-]*so*' | grep -q .
}
need clang command -v clang
need lld command -v ld.lld
need cmake command -v cmake
need libssl-dev includes openssl/ssl.h
need libgnutls28-dev includes gnutls/gnutls.h
need libclang-dev has_libclang
if [ -n "$missing" ]; then
    echo "the benchmarks need these packages: apt-get install$missing" >&2
    exit 1
fi

if [ -z "${LIBRARY:-}" ]; then
    LIBRARY=$dir/lib
    make --no-print-directory library CARGO_TARGET_DIR="$target" BUILD="$LIBRARY" \
        >"$dir/library.log" 2>&1 || { cat "$dir/library.log"; exit 1; }
fi
for workspace in reference boringssl; do
    CARGO_TARGET_DIR=$dir/$workspace cargo build --release --quiet --locked \
        --manifest-path "benches/$workspace/Cargo.toml"
done
boringssl_include=$(cargo metadata --format-version 1 --locked --manifest-path benches/boringssl/Cargo.toml |
    sed -n 's|.*"manifest_path":"\([^"]*/boring-sys-[^"/]*\)/Cargo.toml".*|\1|p')/deps/boringssl/include

compile() { # OUTPUT SOURCE... -- OPTION...
    output=$1 files=
    shift
    while [ "$1" != -- ]; do
        files="$files benches/$1.c"
        shift
    done
    shift
    # shellcheck disable=SC2086 # a list of files
    clang -O2 -Wall -Wextra -Werror -pthread $files -o "$output" "$@"
}

common='measure pipe handshakes bulk heap'
for program in rows scale; do
    case $program in
    rows) sources="$common endpoint rows calls sockets configs" suffix= ;;
    scale) sources="$common endpoint configs children idle echo scale" suffix=-scale ;;
    esac
    # shellcheck disable=SC2086 # a list of files
    compile "$dir/rs2n$suffix" $sources -- -Iinclude -L"$LIBRARY" -ls2n -Wl,-rpath,"$LIBRARY"
    # lld: the objects of s2n-tls are bitcode for link-time optimization.
    # shellcheck disable=SC2086 # a list of files
    compile "$dir/s2n-tls$suffix" $sources -- -Iinclude -flto -fuse-ld=lld -Wno-override-module \
        "$dir/reference/release/libreference.a" -ldl -lm 2>"$dir/link.log" ||
        { cat "$dir/link.log"; exit 1; }
done
sources="$common peer_rows"
# shellcheck disable=SC2086 # a list of files
{
    compile "$dir/openssl-rows" $sources openssl -- -lssl -lcrypto
    compile "$dir/gnutls-rows" $sources gnutls -- -lgnutls
    compile "$dir/boringssl-rows" $sources openssl -- -I"$boringssl_include" \
        "$dir/boringssl/release/libboringssl.a" -lstdc++ -ldl -lm
}
compile "$dir/make-certs" make-certs -- -lcrypto

[ -e "$dir/certs/client.pem" ] || sh tests/certs/make.sh "$dir/certs"
[ -e "$dir/certs/many.pem" ] || "$dir/make-certs" "$dir/certs" 10000
