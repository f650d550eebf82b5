#!/bin/sh
# Builds awscrt, the common runtime of AWS for Python, from its source distribution with the library in the
# directory $1. Runs the same clients and servers of it with that library and with s2n-tls, and compares their output,
# and runs its tests with the former. Works in the directory $2, with the certificates in $3 and the shared library of
# s2n-tls in $4.
set -eu
prefix=$1 dir=$2 certs=$3 reference=$4
here=$(cd "$(dirname "$0")" && pwd)

rm -rf "$dir"
mkdir -p "$dir/wheels" "$dir/source" "$dir/tests/crt/aws-c-http"
pip() {
    python3 -m pip "$@" --quiet --disable-pip-version-check --no-deps
}
# setuptools first: pip runs the source distribution to learn its name and version.
grep setuptools "$here/requirements.txt" >"$dir/setuptools.txt"
pip install --root-user-action ignore --target "$dir/python" --require-hashes --requirement "$dir/setuptools.txt"
export PYTHONPATH="$dir/python"
pip download --dest "$dir/wheels" --no-build-isolation --no-binary awscrt --require-hashes \
    --requirement "$here/requirements.txt"
pip install --root-user-action ignore --target "$dir/python" --no-index "$dir"/wheels/h*.whl
# Without AWS-LC, most of the distribution: libcrypto is the system's.
tar -xf "$dir"/wheels/awscrt-*.tar.gz -C "$dir/source" --strip-components 1 \
    --exclude '*/crt/aws-lc' --exclude '*/crt/s2n'

# awscrt also supports dependencies that are installed.
{
    cmake -S "$here" -B "$dir/build" -DCRT="$dir/source/crt" -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS=-O1 \
        -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_INSTALL_PREFIX="$dir/installed"
    cmake --build "$dir/build" --target install --parallel "$(nproc)"
    AWS_CRT_BUILD_USE_SYSTEM_LIBS=1 AWS_EXTRA_LIB_DIR="$dir/installed/lib:$prefix/lib" \
        CFLAGS="-O1 -g0 -I$dir/installed/include" pip install --root-user-action ignore --target "$dir/python" \
        --no-index --no-build-isolation "$dir/source"
} >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }

gcc -std=gnu11 -O1 -Wall -Wextra -Werror -isystem "$dir/installed/include" "$here/server.c" -o "$dir/server" \
    "-L$dir/installed/lib" "-L$prefix/lib" -laws-c-http -laws-c-compression -laws-c-io -laws-c-cal -laws-checksums \
    -laws-c-common -ls2n -lcrypto -pthread -ldl -lm

cp -r "$certs" "$dir/certs"
mkdir "$dir/certs/authorities"
cp "$certs/ca.pem" "$dir/certs/authorities/$(openssl x509 -subject_hash -noout -in "$certs/ca.pem").0"

# They spend their time waiting for the end of the blinding after failed handshakes.
clients() { # DIRECTORY-OF-LIBRARY NAME
    LD_LIBRARY_PATH=$1 timeout 300 python3 -B "$here/client.py" "$dir/certs" "$dir/work-$2" >"$dir/$2.clients"
}
servers() { # DIRECTORY-OF-LIBRARY NAME
    LD_LIBRARY_PATH=$1 timeout 300 sh "$here/server.sh" "$dir/server" "$certs" "$dir/work-$2/servers" \
        >"$dir/$2.servers" 2>"$dir/$2.errors" || { cat "$dir/$2.errors" >&2; exit 1; }
}
running=
for part in clients servers; do
    "$part" "$reference" s2n-tls &
    running="$running $!"
    "$part" "$prefix/lib" rs2n &
    running="$running $!"
done

# awscrt's tests of TLS, except for those that connect to servers outside of this machine. Their server of HTTP/2 listens
# on port 3443.
cp -r "$dir/source/test" "$dir/tests"
cp -r "$dir/source/crt/aws-c-http/tests" "$dir/tests/crt/aws-c-http"
status=0
(cd "$dir/tests" && LD_LIBRARY_PATH=$prefix/lib AWS_TEST_LOCALHOST=1 \
    AWS_TEST_PKCS11_LIB=/usr/lib/softhsm/libsofthsm2.so timeout 300 python3 -B -m unittest \
    -k 'test.test_io.*' -k '*_https' -k '*_pq_default' -k '*mock_server*' -k '*FlowControl*' -k '*RemoteEndStream*' \
    test.test_io test.test_http_client test.test_aiohttp_client) >"$dir/tests.log" 2>&1 || status=$?
for each in $running; do
    wait "$each"
done
[ "$status" = 0 ] || { cat "$dir/tests.log" >&2; exit "$status"; }
for part in clients servers; do
    diff -u "$dir/s2n-tls.$part" "$dir/rs2n.$part"
    wc -l <"$dir/rs2n.$part" | sed "s/$/ equal lines of $part/"
done
sed -n 's/^Ran \(.*\) in .*/\1 of awscrt/p; s/^OK (\(.*\))/\1/p' "$dir/tests.log"
