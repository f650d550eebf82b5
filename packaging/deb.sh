#!/bin/sh
# Creates the Debian packages libs2n1, libs2n-dev, libs2n-doc and rs2n-tools from the build output.
#
# usage: packaging/deb.sh OUTPUT
#
# The Makefile sets the environment variables that packaging/install.sh reads. The packages are
# reproducible: dates are those of SOURCE_DATE_EPOCH. MAINTAINER overrides the maintainer of the control
# file.
set -eu
output=$(realpath -m "$1")
here=$(dirname "$0")
umask 022

command -v dpkg-shlibdeps >/dev/null || { echo "apt-get install dpkg-dev" >&2; exit 1; }
multiarch=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
changelog=$here/debian/changelog
version=$(dpkg-parsechangelog -l "$changelog" -S Version)
[ "${version%-*}" = "$VERSION" ] || { echo "$changelog is not for version $VERSION" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/debian"
cp "$changelog" "$here/debian/control" "$here/debian/libs2n1.symbols" "$work/debian/"

# Installs a component below the root of a package.
install_component() { # COMPONENT PACKAGE
    DESTDIR=$work/$2 PREFIX=/usr BINDIR=/usr/bin LIBDIR=/usr/lib/$multiarch INCLUDEDIR=/usr/include \
        PKGCONFIGDIR=/usr/lib/$multiarch/pkgconfig CMAKEDIR=/usr/lib/$multiarch/cmake/s2n \
        MANDIR=/usr/share/man DOCDIR=/usr/share/doc/$2 ZSHDIR=/usr/share/zsh/vendor-completions \
        sh "$here/install.sh" install "$1"
}

# Adds the documentation that every package has.
add_documentation() { # PACKAGE
    doc=$work/$1/usr/share/doc/$1
    mkdir -p "$doc"
    cp "$here/debian/copyright" "$doc/copyright"
    gzip -9n <"$changelog" >"$doc/changelog.Debian.gz"
    mkdir -p "$work/$1/usr/share/lintian/overrides"
    cp "$here/debian/lintian-overrides" "$work/$1/usr/share/lintian/overrides/$1"
    gzip -9n <CHANGELOG.md >"$doc/changelog.gz"
}

# Determines the dependencies of a package from its binaries.
dependencies() { # PACKAGE FILE...
    package=$1
    shift
    printf 'misc:Depends=\nmisc:Pre-Depends=\n' >"$work/$package.substvars"
    [ $# -eq 0 ] || (cd "$work" && dpkg-shlibdeps -O "$@") >>"$work/$package.substvars"
}

shared_library() {
    install_component lib libs2n1
    lib=usr/lib/$multiarch/$LIBRARY
    chmod 644 "$work/libs2n1/$lib"
    strip --strip-unneeded --remove-section=.comment --remove-section=.note "$work/libs2n1/$lib"
    mkdir -p "$work/libs2n1/DEBIAN"
    echo "libs2n ${SONAME##*.} libs2n1 (>= $VERSION)" >"$work/libs2n1/DEBIAN/shlibs"
    echo 'activate-noawait ldconfig' >"$work/libs2n1/DEBIAN/triggers"
    # Unversioned symbols, as in s2n-tls: all exist since the first package.
    (cd "$work" && dpkg-gensymbols -plibs2n1 -Plibs2n1 "-v$VERSION" -q)
    dependencies libs2n1 "libs2n1/$lib"
}

development() {
    install_component dev libs2n-dev
    install_component doc libs2n-dev
    strip --strip-debug --remove-section=.comment --enable-deterministic-archives \
        "$work/libs2n-dev/usr/lib/$multiarch/libs2n.a"
    # Installed under other names: the changes as changelog.gz, the licence in copyright.
    doc=$work/libs2n-dev/usr/share/doc/libs2n-dev
    rm "$doc/CHANGELOG.md" "$doc/LICENSE"
    dependencies libs2n-dev
}

reference() {
    install_component reference libs2n-doc
    dependencies libs2n-doc
}

tools() {
    install_component tools rs2n-tools
    strip --remove-section=.comment --remove-section=.note "$work"/rs2n-tools/usr/bin/*
    dependencies rs2n-tools rs2n-tools/usr/bin/rs2nc rs2n-tools/usr/bin/rs2nd
}

# Completes and builds a package. Large text files are compressed, as in Debian, except for HTML.
build() { # PACKAGE
    root=$work/$1
    add_documentation "$1"
    mkdir -p "$root/DEBIAN"
    find "$root/usr/share" -path '*/man/*' -type f -exec gzip -9n {} +
    find "$root/usr/share/doc" -type f -size +4k ! -name '*.gz' ! -name copyright \
        ! -path '*/reference/*' -exec gzip -9n {} +
    (cd "$root" && find usr -type f | LC_ALL=C sort | xargs md5sum >DEBIAN/md5sums)
    size=$(du -k -s --apparent-size "$root" | cut -f 1)
    (cd "$work" && dpkg-gencontrol "-p$1" "-P$1" "-T$1.substvars" "-DInstalled-Size=$size" \
        ${MAINTAINER:+"-DMaintainer=$MAINTAINER"})
    dpkg-deb --root-owner-group -Zxz --build "$root" "$output" >/dev/null
}

shared_library
development
reference
tools
mkdir -p "$output"
for package in libs2n1 libs2n-dev libs2n-doc rs2n-tools; do
    build "$package"
done
ls "$output"/*_"$version"_*.deb
