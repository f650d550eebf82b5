#!/bin/sh
# Tests the recipes of other package systems. Those whose tools are packages of Debian or of PyPI are built,
# installed, used and removed: RPM, Arch, Conan. The others are checked by linters, and their steps are run
# outside of their system: Alpine, Homebrew, vcpkg; Nix is evaluated only. Requires root, for the installations.
#
# usage: packaging/test-recipes.sh
#
# The Makefile sets CARGO_TARGET_DIR, which has the release build of `make library man tools`: the recipes install
# that library instead of compiling the same again. With FROM_SOURCE=1, RPM and Conan compile it.
set -eu
cd "$(dirname "$0")/.."
[ "$(id -u)" -eq 0 ] || { echo 'only root can install packages' >&2; exit 1; }
umask 022
here=$PWD
target=$(realpath -m "$CARGO_TARGET_DIR")
version=$(make -s version)
work=$(mktemp -d -t recipes.XXXXXXXX)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

started=$(date +%s)
begin() { printf '\n== %s, after %d s\n' "$1" $(($(date +%s) - started)); }
result() { printf '%-9s %s\n' "$1" "$2" >>"$work/results"; }

# Runs a command, and prints its output only if it fails.
quietly() {
    "$@" >"$work/log" 2>&1 </dev/null || { cat "$work/log" >&2; echo "failed: $*" >&2; exit 1; }
}

# Creates a cargo whose builds are in the target folder already. makepkg's user can use the copies.
create_cargo() {
    mkdir -p "$work/target/release"
    for file in libs2n.so libs2n.a native-static-libs rs2nc rs2nd; do
        cp "$target/release/$file" "$work/target/release"
    done
    cp "$target/debug/rs2n-manual" "$work/target/release"
    cat >"$work/cargo" <<END
#!/bin/sh
case \$1 in
    fetch) ;;
    build | auditable) echo 'note: native-static-libs: $(cat "$target/release/native-static-libs")' >&2 ;;
    run)
        while [ "\$1" != -- ]; do shift; done
        shift
        exec '$work/target/release/rs2n-manual' "\$@"
        ;;
    *) echo "cargo \$*: not expected of a recipe" >&2; exit 1 ;;
esac
END
    chmod 755 "$work/cargo"
}

# Runs a command that builds, with cargo or with the cargo above.
built() {
    CARGO=$work/cargo CARGO_TARGET_DIR=$work/target "$@"
}

from_source() {
    if [ -n "${FROM_SOURCE:-}" ]; then
        CARGO_TARGET_DIR=$target/recipes "$@"
    else
        built "$@"
    fi
}

# Compiles a program with the installed files, shared and static, and runs it and a tool.
use() { # ROOT LIBDIR
    for mode in shared static; do
        flags=$(PKG_CONFIG_LIBDIR=$1$2/pkgconfig PKG_CONFIG_SYSROOT_DIR=$1 pkg-config --cflags --libs \
            "$([ $mode = shared ] && echo --print-errors || echo --static)" s2n)
        eval "gcc $([ $mode = shared ] || echo -static) '$work/recipes/conan/test_package/test_package.c' \
            -o '$work/program' $flags"
        LD_LIBRARY_PATH=$1$2 "$work/program"
    done
    [ "$(PKG_CONFIG_LIBDIR=$1$2/pkgconfig pkg-config --modversion s2n)" = "$version" ]
    "$1/usr/bin/rs2nc" --version
}

# Fails unless the folder has the files that `make install` lists for the prefix /usr, in these components.
compare_files() { # ROOT [OPTION-OF-GREP...]
    root=$1
    shift
    make -s list COMPONENTS='lib dev doc tools' PREFIX=/usr | grep -v "$@" | LC_ALL=C sort >"$work/expected"
    (cd "$root" && find usr \( -type f -o -type l \)) | sed 's|^|/|' | grep -v "$@" | LC_ALL=C sort >"$work/found"
    diff "$work/expected" "$work/found"
}

rpm_packages() {
    begin 'RPM'
    quietly rpmlint --strict --config tests/recipes/rpmlint.toml "$work/recipes/rpm/rs2n.spec"
    mkdir -p "$work/rpm" "$work/rpm-root"
    # The packages of this system are not in RPM's database.
    quietly from_source rpmbuild -bb --nodeps --define "_topdir $work/rpm" --define "_sourcedir $work" \
        --define "_libdir /usr/lib64" "$work/recipes/rpm/rs2n.spec"
    set -- "$work"/rpm/RPMS/*/*.rpm
    ls "$work"/rpm/RPMS/*
    rpm -qp --provides "$work"/rpm/RPMS/*/rs2n-libs-*.rpm | grep -qF 'libs2n.so.1()(64bit)'
    quietly rpm --root "$work/rpm-root" --initdb
    quietly rpm --root "$work/rpm-root" --install --nodeps "$@"
    use "$work/rpm-root" /usr/lib64
    rpm --root "$work/rpm-root" --verify --nodeps rs2n rs2n-libs rs2n-devel rs2n-static
    quietly rpm --root "$work/rpm-root" --erase rs2n rs2n-libs rs2n-devel rs2n-static
    [ -z "$(find "$work/rpm-root/usr" -type f)" ]
    rm -rf "$work/rpm" "$work/rpm-root"
    result RPM 'built, installed, used by programs, removed'
}

arch_package() {
    begin 'Arch'
    mkdir -p "$work/arch" "$work/arch-root/var/lib/pacman"
    cp "$work/recipes/arch/PKGBUILD" "$archive" "$work/arch"
    shellcheck -s bash -e SC2034,SC2154,SC2164 "$work/arch/PKGBUILD"
    chown -R nobody "$work/arch" "$work/target"
    # makepkg does not run as root. It ends with 0 if it has not compressed the package.
    (cd "$work/arch" && quietly built setpriv --reuid=nobody --clear-groups env HOME="$work/arch" \
        PKGEXT=.pkg.tar makepkg --nodeps --nocheck --nosign)
    ls "$work"/arch/*.pkg.tar
    : >"$work/pacman.conf"
    pacman() { command pacman --config "$work/pacman.conf" --root "$work/arch-root" --noconfirm "$@"; }
    quietly pacman --upgrade --nodeps --nodeps "$work"/arch/rs2n-"$version"-*.pkg.tar
    use "$work/arch-root" /usr/lib
    quietly pacman --remove rs2n
    [ -z "$(find "$work/arch-root/usr" -type f 2>/dev/null)" ]
    rm -rf "$work/arch" "$work/arch-root"
    result Arch 'built, installed, used by programs, removed'
}

conan_packages() {
    begin 'Conan'
    export CONAN_HOME="$work/conan"
    quietly conan profile detect
    for shared in False True; do
        quietly from_source conan create "$work/recipes/conan" --options "rs2n/*:shared=$shared"
        grep -F 'test_package' "$work/log" | tail -n 1
    done
    result Conan 'built, static and shared; its test package was built and run'
}

alpine_package() {
    begin 'Alpine'
    shellcheck -s dash -e SC2034,SC2154 "$work/recipes/alpine/APKBUILD"
    tar -xf "$archive" -C "$work"
    # shellcheck disable=SC2016 # expanded by the inner shell
    quietly built env pkgdir="$work/alpine" sh -euc \
        '. "$1"; echo "$sha512sums" | (cd "$2" && sha512sum -c); cd "$2/rs2n-$pkgver"; build; package' \
        sh "$work/recipes/alpine/APKBUILD" "$work"
    compare_files "$work/alpine" -e '^$'
    result Alpine 'linted by shellcheck; its build and package functions were run, not abuild'
}

homebrew_formula() {
    begin 'Homebrew'
    ruby -wc "$work/recipes/homebrew/rs2n.rb"
    quietly built ruby tests/recipes/formula.rb "$work/recipes/homebrew/rs2n.rb" "$work/rs2n-$version" \
        "$work/homebrew/usr"
    compare_files "$work/homebrew" -e /zsh/
    result Homebrew 'linted by ruby -wc; its install method was run, not brew'
}

vcpkg_port() {
    begin 'vcpkg'
    python3 -m json.tool "$work/recipes/vcpkg/vcpkg.json"
    for linkage in static dynamic; do
        quietly built cmake -DPORTFILE="$work/recipes/vcpkg/portfile.cmake" -DVERSION="$version" \
            -DARCHIVE_FILE="$archive" -DSOURCES="$work" -DPACKAGE="$work/vcpkg-$linkage/package" \
            -DLINKAGE=$linkage -P tests/recipes/portfile.cmake
        quietly cmake -S tests/packaging -B "$work/vcpkg-$linkage/build" -DEXAMPLES="$here/examples-c" \
            -DCMAKE_PREFIX_PATH="$work/vcpkg-$linkage/package"
        quietly cmake --build "$work/vcpkg-$linkage/build"
    done
    result vcpkg 'linted as JSON; its portfile was run by cmake, not vcpkg, and a program was built with the result'
}

nix_package() {
    begin 'Nix'
    nix-instantiate --parse flake.nix >"$work/log"
    attributes=$(NIX_STORE_DIR=$work/nix/store NIX_STATE_DIR=$work/nix/state NIX_LOG_DIR=$work/nix/log \
        nix-instantiate --eval --strict --json tests/recipes/package.nix)
    printf '%s\n' "$attributes" | python3 -c 'import json, sys
package = json.load(sys.stdin)
assert package["version"] == sys.argv[1], package["version"]
print(package["pname"], package["version"], *package["outputs"])' "$version"
    result Nix 'evaluated with the names that it uses of nixpkgs; not built'
}

archive=$work/rs2n-$version.tar.xz
begin "archive and recipes of $version"
XZ_OPT=-0 sh packaging/dist.sh "$archive"
RELEASE_URL=file://$work sh packaging/recipes.sh "$archive" "$work/recipes"
if grep -rn '@[A-Z0-9_]*@' "$work/recipes"; then exit 1; fi
create_cargo
rpm_packages
arch_package
conan_packages
alpine_package
homebrew_formula
vcpkg_port
nix_package
begin 'results'
cat "$work/results"
