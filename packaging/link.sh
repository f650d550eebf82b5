#!/bin/sh
# Makes the libraries of the build output from those of cargo.
#
# usage: packaging/link.sh CARGO-OUTPUT BUILD SHARED-LIBRARY
#
# The static library of cargo is an archive of several hundred objects, and all their functions are global:
# those of AWS-LC and of the Rust standard library too, which another copy in the same program collides with,
# and which a plugin exports. Here the objects are linked to one, in which only the API is global.
#
# CC is the C compiler of the target; LD, OBJCOPY, NM and AR are found through it unless they are set. SONAME is
# the name of the shared library. LDFLAGS applies to the shared library if it is linked here.
set -eu
cargo_output=$1
build=$2
shared=$3

CC=${CC:-cc}
# Prints the path of a program of the compiler's binutils: those of the target if it is a cross compiler.
tool() { # NAME
    # shellcheck disable=SC2086 # CC can have options
    $CC -print-prog-name="$1"
}
LD=${LD:-$(tool ld)}
OBJCOPY=${OBJCOPY:-$(tool objcopy)}
NM=${NM:-$(tool nm)}
AR=${AR:-$(tool ar)}

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# Sections of groups, which linkers keep once per name, must not be shared with other libraries when the name
# is local; only GNU ld dissolves groups in a relocatable output.
if ! "$LD" --help 2>/dev/null | grep -q -e --force-group-allocation; then
    echo "the static library requires GNU ld of binutils 2.29 or later; $LD is another linker: set LD" >&2
    exit 1
fi

# Removes the bitcode of LLVM, which rustc adds to objects for link-time optimization. Tools with a plugin for
# another version of LLVM fail to read it.
"$OBJCOPY" --remove-section=.llvmbc --remove-section=.llvmcmd "$cargo_output/libs2n.a" "$dir/objects.a"

# The API, and the functions of our C files, which are hidden and become local.
"$NM" --extern-only --defined-only "$dir/objects.a" \
    | sed -n 's/^[0-9a-f]* [A-Z] \(r\{0,1\}s2n_.*\|S2N_.*\)$/--undefined=\1/p' >"$dir/roots"
"$LD" -r --gc-sections --force-group-allocation -o "$dir/linked.o" "@$dir/roots" "$dir/objects.a"
# References from removed sections remain in the symbol table, and weak ones would become strong.
"$NM" --undefined-only "$dir/linked.o" | awk '{ print $NF }' >"$dir/undefined"
# As cargo does for the shared library, debug information, here of the standard library, is kept if it is requested.
[ -n "${CARGO_PROFILE_RELEASE_DEBUG:-}" ] || strip=--strip-debug
"$OBJCOPY" ${strip:-} --strip-unneeded-symbols="$dir/undefined" --localize-hidden --wildcard \
    --keep-global-symbol='s2n_*' --keep-global-symbol='rs2n_*' --keep-global-symbol='S2N_*' \
    "$dir/linked.o" "$dir/s2n.o"
rm -f "$build/libs2n.a"
"$AR" rcD "$build/libs2n.a" "$dir/s2n.o"

# The libraries that a program has to link as well: rustc's list, with the static part of libgcc, which suits
# `-static`, in place of the shared one.
libraries=$(cat "$cargo_output/native-static-libs")
printf '%s\n' "$libraries" | sed 's/-lgcc_s/-lgcc_eh -lgcc/' >"$build/private-libs"

# The shared library of cargo, if it is complete: its linker must be lld (see build.rs), and targets that link
# statically by default, such as musl's of rustup, have none.
if "$NM" -D --defined-only "$cargo_output/libs2n.so" 2>/dev/null | grep -q ' s2n_errno$'; then
    cp "$cargo_output/libs2n.so" "$build/$shared"
    exit
fi

# Another one of the same object, by any linker.
"$NM" --extern-only --defined-only "$dir/s2n.o" \
    | awk 'BEGIN { print "{ global:" } { print $3 ";" } END { print "local: *; };" }' >"$dir/api.map"
# shellcheck disable=SC2086 # lists of options
$CC -shared -o "$build/$shared" "$dir/s2n.o" -nodefaultlibs -Wl,--as-needed $libraries -lgcc \
    -Wl,-soname,"$SONAME" -Wl,--version-script="$dir/api.map" -Wl,-z,nodelete,-z,relro,-z,now,-z,noexecstack \
    -Wl,--gc-sections,--build-id,--eh-frame-hdr -Wl,-z,defs ${LDFLAGS:-}
