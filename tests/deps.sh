#!/bin/sh
# Checks that the programs and libraries of the tests are installed, or those of the demo alone. As root it
# installs the packages that are missing; otherwise it prints their names and fails.
#
# usage: tests/deps.sh [demo|packages|ktls|recipes|workflows|site|python|aarch64|musl|check-platforms]
set -eu
purpose=${1:-tests}

missing=
need() { # COMMAND PACKAGE
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}

install_missing() {
    missing=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
    if [ "$(id -u)" -ne 0 ]; then
        echo "packages that are missing for the $purpose: sudo apt-get install $missing" >&2
        exit 1
    fi
    echo "installing packages for the $purpose: $missing" >&2
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086 # a list of packages
    apt-get install -y -qq $missing
}

need gcc gcc
need make make
need openssl openssl
case $purpose in
aarch64)
    need aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu
    need qemu-aarch64 qemu-user
    [ -e /usr/aarch64-linux-gnu/lib/libc.so ] || missing="$missing libc6-dev-arm64-cross"
    ;;
musl) need musl-gcc musl-tools ;;
python)
    need debootstrap debootstrap
    # Of the system's Python, which another one may hide
    ls /usr/include/python3*/Python.h >/dev/null 2>&1 || missing="$missing python3-dev"
    /usr/bin/python3 -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
    ;;
check-platforms)
    need clang clang
    python3 -m pip --version >/dev/null 2>&1 || missing="$missing python3-pip"
    ;;
esac
case $purpose in demo | aarch64 | musl | check-platforms | python)
    [ -z "$missing" ] || install_missing
    exit 0
    ;;
esac
need g++ g++
# With libclang, by which the crates of BoringSSL and of the reference read C headers
need clang clang
need clang++ clang
need ld.lld lld
need nm binutils
need readelf binutils
need strings binutils
need gnutls-cli gnutls-bin
need gnutls-serv gnutls-bin
need certtool gnutls-bin
need ssh-keygen openssh-client
need curl curl
need valgrind valgrind
need tshark tshark
need script bsdutils
need python3 python3
need softhsm2-util softhsm2
need pkg-config pkg-config
need cmake cmake
need man man-db
need groff groff-base
need mandoc mandoc
need doxygen doxygen
need redis-server redis-server
need redis-cli redis-tools
# Only for building and testing the Debian packages.
if [ "$purpose" = packages ]; then
    need dpkg-shlibdeps dpkg-dev
    need lintian lintian
    need debootstrap debootstrap
fi
# Only for building and checking the recipes of other package systems.
if [ "$purpose" = recipes ]; then
    need rpmbuild rpm
    need rpmlint rpmlint
    need makepkg makepkg
    need pacman pacman-package-manager
    need fakeroot fakeroot
    need bsdtar libarchive-tools
    need nix-instantiate nix-bin
    need ruby ruby
    need shellcheck shellcheck
    need xz xz-utils
fi
# Only for testing the site in a browser. The fonts are those of its screenshots.
if [ "$purpose" = site ]; then
    need chromium chromium
    [ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || missing="$missing fonts-dejavu-core"
fi
# Only for testing kernel TLS in a virtual machine.
if [ "$purpose" = ktls ]; then
    need qemu-system-x86_64 qemu-system-x86
    need busybox busybox-static
    need xz xz-utils
fi
# The crate s2n-tls-sys links with this library if another library replaces its own.
[ -e "$(gcc -print-file-name=libcrypto.so)" ] || missing="$missing libssl-dev"
# The headers of GnuTLS, for the benchmarks.
[ -e /usr/include/gnutls/gnutls.h ] || missing="$missing libgnutls28-dev"
# The client library of Redis.
[ -e /usr/include/hiredis/async.h ] || missing="$missing libhiredis-dev"
# The header of Python: tests/consumers/awscrt builds an extension.
need python3-config python3-dev
# The header of PKCS #11.
[ -e /usr/include/p11-kit-1/p11-kit/pkcs11.h ] || missing="$missing libp11-kit-dev"

# Installs Python packages in a folder below the build folder.
python_packages() { # FOLDER NAME==VERSION...
    python=${CARGO_TARGET_DIR:-target}/tools/$1
    shift
    [ "$(cat "$python/installed" 2>/dev/null)" = "$*" ] && return
    rm -rf "$python"
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
        --target "$python" "$@"
    echo "$*" >"$python/installed"
}
python3 -m pip --version >/dev/null 2>&1 || missing="$missing python3-pip"

[ -z "$missing" ] || install_missing
case $purpose in
# Builds the package of Conan.
recipes) python_packages python-recipes conan==2.34.0 ;;
# Check the files in .github.
workflows) python_packages python-workflows check-jsonschema==0.39.0 zizmor==1.32.0 ;;
# Drive the browser, which is Debian's; parse HTML; audit the accessibility of pages.
site) python_packages python-site playwright==1.65.2 html5lib==1.1 axe-playwright-python==0.1.8 ;;
# Generates the certificates of the cases.
*) python_packages python cryptography==48.0.0 ;;
esac
