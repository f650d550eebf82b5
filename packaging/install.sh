#!/bin/sh
# Installs or uninstalls the build output. Both use the same list of files.
#
# usage: packaging/install.sh install|uninstall|list [COMPONENT...]
#
# Components: lib (runtime), dev (development files) and doc, which are the default; reference (HTML), and
# tools.
# The Makefile sets the source and destination folders in the environment.
set -eu
action=$1
shift
components=${*:-lib dev doc}

tab=$(printf '\t')
here=$(dirname "$0")
# The files that are generated from templates. Not in BUILD: root leaves no files there.
filled=$(mktemp -d)
trap 'rm -rf "$filled"' EXIT

# Prints the list. Each line: component, mode or `link`, source (or the link's target), destination.
list() {
    row() { printf '%s\t%s\t%s\t%s\n' "$@"; }
    row lib 755 "$BUILD/$LIBRARY" "$LIBDIR/$LIBRARY"
    row lib link "$LIBRARY" "$LIBDIR/$SONAME"
    row dev link "$SONAME" "$LIBDIR/libs2n.so"
    row dev 644 "$BUILD/libs2n.a" "$LIBDIR/libs2n.a"
    (cd include && find . -name '*.h' | sort) | while read -r header; do
        row dev 644 "include/${header#./}" "$INCLUDEDIR/${header#./}"
    done
    row dev 644 "$filled/s2n.pc" "$PKGCONFIGDIR/s2n.pc"
    for file in s2n-config.cmake s2n-config-version.cmake; do
        row dev 644 "$filled/$file" "$CMAKEDIR/$file"
    done
    awk '/^ / { for (i = 1; i <= NF; i++) print $i } END { print "libs2n" }' "$here/pages.txt" \
        | while read -r page; do
        row dev 644 "$BUILD/man/man3/$page.3" "$MANDIR/man3/$page.3"
    done
    for file in README.md CHANGELOG.md LICENSE packaging/THIRD-PARTY.txt \
        docs/COMPATIBILITY.md docs/VERSIONING.md docs/policies.md; do
        row doc 644 "$file" "$DOCDIR/${file##*/}"
    done
    for file in docs/guide/src/*.md; do
        row doc 644 "$file" "$DOCDIR/guide/${file##*/}"
    done
    # The names of the pages are Doxygen's. After `make clean`, those that are installed are uninstalled.
    row reference 644 "$BUILD/reference/index.html" "$DOCDIR/reference/index.html"
    pages=$BUILD/reference
    [ -d "$pages" ] || pages=$DESTDIR$DOCDIR/reference
    [ ! -d "$pages" ] || (cd "$pages" && find . -type f ! -path ./index.html | sort) | while read -r page; do
        row reference 644 "$BUILD/reference/${page#./}" "$DOCDIR/reference/${page#./}"
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

# Prints the rows of the selected components.
rows() {
    list | while IFS=$tab read -r component mode source destination; do
        case " $components " in
            *" $component "*) printf '%s\t%s\t%s\n' "$mode" "$source" "$destination" ;;
        esac
    done
}

# Replaces the prefix $2 of the path $1 by the variable $3, so that the prefix is relocatable.
below() {
    case $1 in
        "$2"/*) printf '%s/%s' "$3" "${1#"$2"/}" ;;
        *) printf '%s' "$1" ;;
    esac
}

# Prints the path from the CMake files to another folder: relative if both are below the prefix.
from_cmake() {
    case $CMAKEDIR:$1 in
        "$PREFIX"/*:"$PREFIX"/*)
            printf '%s/%s' '${_s2n_here}' "$(realpath -ms --relative-to="$CMAKEDIR" "$1")" ;;
        *) printf '%s' "$1" ;;
    esac
}

# Generates a file from its template, whose @NAME@ placeholders are replaced.
fill() { # NAME
    awk '{
        rest = $0; line = ""
        while (match(rest, /@[A-Z_]+@/)) {
            line = line substr(rest, 1, RSTART - 1) ENVIRON["AT_" substr(rest, RSTART + 1, RLENGTH - 2)]
            rest = substr(rest, RSTART + RLENGTH)
        }
        print line rest
    }' "$here/$1.in" >"$filled/$1"
}

fill_templates() {
    # A missing file is reported with the others that were not built.
    private=$(cat "$BUILD/private-libs" 2>/dev/null || true)
    export AT_VERSION="$VERSION" AT_PREFIX="$PREFIX" AT_PRIVATE_LIBS="$private" \
        AT_PC_LIBDIR="$(below "$LIBDIR" "$PREFIX" '${prefix}')" \
        AT_PC_INCLUDEDIR="$(below "$INCLUDEDIR" "$PREFIX" '${prefix}')" \
        AT_CMAKE_LIBDIR="$(from_cmake "$LIBDIR")" \
        AT_CMAKE_INCLUDEDIR="$(from_cmake "$INCLUDEDIR")" \
        AT_CMAKE_LIBS="$(printf '%s' "$private" | tr ' ' ';')" \
        AT_LIBRARY="$LIBRARY" AT_SONAME="$SONAME"
    fill s2n.pc
    fill s2n-config.cmake
    fill s2n-config-version.cmake
}

# Fails if a file that is to be installed was not built.
check_built() {
    rows | while IFS=$tab read -r mode source _; do
        if [ "$mode" != link ] && [ ! -e "$source" ]; then
            goal=
            case " $components " in
                *' tools '*) goal=' tools' ;;
                *' reference '*) goal=' reference' ;;
            esac
            echo "$source is missing. Build first, not as root: make$goal" >&2
            exit 1
        fi
    done
}

# Fails if a folder cannot be written to.
check_writable() {
    rows | while IFS=$tab read -r _ _ destination; do
        folder=$DESTDIR$destination
        while [ ! -e "$folder" ]; do
            folder=$(dirname "$folder")
        done
        if [ -d "$folder" ] && [ ! -w "$folder" ]; then
            echo "no permission to write to $folder. Install as root (sudo make install)," \
                "or to another folder (make install PREFIX=\$HOME/tls)" >&2
            exit 1
        fi
    done
}

install_all() {
    fill_templates
    check_built
    check_writable
    rows | while IFS=$tab read -r mode source destination; do
        destination=$DESTDIR$destination
        install -d "$(dirname "$destination")"
        case $mode in
            link) ln -sf "$source" "$destination" ;;
            *) install -m "$mode" "$source" "$destination" ;;
        esac
    done
}

# Removes folders that only this package uses if they are empty. Shared folders, such as that of the
# libraries, are kept.
uninstall_all() {
    rows | while IFS=$tab read -r _ _ destination; do
        rm -f "$DESTDIR$destination"
    done
    for folder in "$INCLUDEDIR/rs2n" "$INCLUDEDIR/s2n/unstable" "$INCLUDEDIR/s2n" "$CMAKEDIR" \
        "$DOCDIR/guide" "$DOCDIR/reference/search" "$DOCDIR/reference" "$DOCDIR"; do
        [ ! -d "$DESTDIR$folder" ] || rmdir --ignore-fail-on-non-empty "$DESTDIR$folder"
    done
}

case $action in
    install) install_all ;;
    uninstall) uninstall_all ;;
    list) rows | cut -f 3 ;;
    *) echo "usage: $0 install|uninstall|list [COMPONENT...]" >&2; exit 2 ;;
esac
