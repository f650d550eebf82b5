#!/bin/sh
# Installs what was built, or removes it again. One list says what goes where, for both.
#
# usage: packaging/install.sh install|uninstall|list [COMPONENT...]
#
# Components are lib (what programs need to run), dev (what compilers need) and doc, which are meant
# unless some are named; and tools.
# The Makefile hands over in the environment where things are and where they go.
set -eu
action=$1
shift
wanted=${*:-lib dev doc}

tab=$(printf '\t')
here=$(dirname "$0")

# Each line: component, mode or `link`, what is installed (or the link's target), where.
list() {
    row() { printf '%s\t%s\t%s\t%s\n' "$@"; }
    row lib 755 "$BUILD/$LIBRARY" "$LIBDIR/$LIBRARY"
    row lib link "$LIBRARY" "$LIBDIR/$SONAME"
    row dev link "$SONAME" "$LIBDIR/libs2n.so"
    row dev 644 "$BUILD/libs2n.a" "$LIBDIR/libs2n.a"
    (cd include && find . -name '*.h' | sort) | while read -r header; do
        row dev 644 "include/${header#./}" "$INCLUDEDIR/${header#./}"
    done
    row dev 644 "$BUILD/s2n.pc" "$PKGCONFIGDIR/s2n.pc"
    for file in s2n-config.cmake s2n-config-version.cmake; do
        row dev 644 "$BUILD/$file" "$CMAKEDIR/$file"
    done
    awk '/^ / { for (i = 1; i <= NF; i++) print $i } END { print "libs2n" }' "$here/pages.txt" \
        | while read -r page; do
        row dev 644 "$BUILD/man/man3/$page.3" "$MANDIR/man3/$page.3"
    done
    for file in README.md CHANGELOG.md LICENSE packaging/THIRD-PARTY.txt \
        docs/COMPATIBILITY.md docs/policies.md; do
        row doc 644 "$file" "$DOCDIR/${file##*/}"
    done
    for file in docs/guide/src/*.md; do
        row doc 644 "$file" "$DOCDIR/guide/${file##*/}"
    done
    row tools 644 docs/TOOLS.md "$DOCDIR/TOOLS.md"
    for tool in rs2nc rs2nd; do
        row tools 755 "$BUILD/$tool" "$BINDIR/$tool"
        row tools 644 "$BUILD/$tool.1" "$MANDIR/man1/$tool.1"
        row tools 644 "$BUILD/$tool.bash" "$PREFIX/share/bash-completion/completions/$tool"
        row tools 644 "$BUILD/$tool.zsh" "${ZSHDIR:-$PREFIX/share/zsh/site-functions}/_$tool"
        row tools 644 "$BUILD/$tool.fish" "$PREFIX/share/fish/vendor_completions.d/$tool.fish"
    done
}

# The rows of the wanted components.
rows() {
    list | while IFS=$tab read -r component mode source destination; do
        case " $wanted " in
            *" $component "*) printf '%s\t%s\t%s\n' "$mode" "$source" "$destination" ;;
        esac
    done
}

# A path as it is written below its prefix ($2, named $3), so that both can move together.
below() {
    case $1 in
        "$2"/*) printf '%s/%s' "$3" "${1#"$2"/}" ;;
        *) printf '%s' "$1" ;;
    esac
}

# The way from the CMake files to another folder: relative, if both are below the prefix.
from_cmake() {
    case $CMAKEDIR:$1 in
        "$PREFIX"/*:"$PREFIX"/*)
            printf '%s/%s' '${_s2n_here}' "$(realpath -ms --relative-to="$CMAKEDIR" "$1")" ;;
        *) printf '%s' "$1" ;;
    esac
}

# Makes a file from its template: each @NAME@ is replaced.
fill() { # NAME
    awk '{
        rest = $0; line = ""
        while (match(rest, /@[A-Z_]+@/)) {
            line = line substr(rest, 1, RSTART - 1) ENVIRON["AT_" substr(rest, RSTART + 1, RLENGTH - 2)]
            rest = substr(rest, RSTART + RLENGTH)
        }
        print line rest
    }' "$here/$1.in" >"$BUILD/$1"
}

fill_templates() {
    export AT_VERSION="$VERSION" AT_PREFIX="$PREFIX" AT_PRIVATE_LIBS="$PRIVATE_LIBS" \
        AT_PC_LIBDIR="$(below "$LIBDIR" "$PREFIX" '${prefix}')" \
        AT_PC_INCLUDEDIR="$(below "$INCLUDEDIR" "$PREFIX" '${prefix}')" \
        AT_CMAKE_LIBDIR="$(from_cmake "$LIBDIR")" \
        AT_CMAKE_INCLUDEDIR="$(from_cmake "$INCLUDEDIR")" \
        AT_CMAKE_LIBS="$(printf '%s' "$PRIVATE_LIBS" | tr ' ' ';')" \
        AT_LIBRARY="$LIBRARY" AT_SONAME="$SONAME"
    fill s2n.pc
    fill s2n-config.cmake
    fill s2n-config-version.cmake
}

install_all() {
    fill_templates
    rows | while IFS=$tab read -r mode source destination; do
        destination=$DESTDIR$destination
        install -d "$(dirname "$destination")"
        case $mode in
            link) ln -sf "$source" "$destination" ;;
            *) install -m "$mode" "$source" "$destination" ;;
        esac
    done
}

# Folders that are ours go if nothing else is in them; those that others use too, such as that of the
# libraries, stay.
uninstall_all() {
    rows | while IFS=$tab read -r _ _ destination; do
        rm -f "$DESTDIR$destination"
    done
    for folder in "$INCLUDEDIR/s2n/unstable" "$INCLUDEDIR/s2n" "$CMAKEDIR" "$DOCDIR/guide" \
        "$DOCDIR"; do
        [ ! -d "$DESTDIR$folder" ] || rmdir --ignore-fail-on-non-empty "$DESTDIR$folder"
    done
}

case $action in
    install) install_all ;;
    uninstall) uninstall_all ;;
    list) rows | cut -f 3 ;;
    *) echo "usage: $0 install|uninstall|list [COMPONENT...]" >&2; exit 2 ;;
esac
