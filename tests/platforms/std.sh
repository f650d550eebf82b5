#!/bin/sh
# Prints the settings with which cargo has the standard library of a target: none if the toolchain has it, as
# after `rustup target add TARGET`. Otherwise cargo builds it from the source: that of the toolchain, as after
# `rustup component add rust-src`, or of Debian's package rust-src, if a suite has the version of the installed rustc.
#
# usage: eval "$(tests/platforms/std.sh TARGET)"
#
# The source and a toolchain with it are below the build folder. Nothing is installed.
set -eu
target=$1
cd "$(dirname "$0")/../.."

libdir=$(rustc --print target-libdir --target "$target")
if ls "$libdir"/libstd-*.rlib >/dev/null 2>&1; then
    exit
fi

# A stable cargo and rustc build the standard library only as if they were a nightly build.
build='export RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std,panic_unwind'
sysroot=$(rustc --print sysroot)
if [ -e "$sysroot/lib/rustlib/src/rust/library/Cargo.lock" ]; then
    echo "$build"
    exit
fi

version=$(rustc --version | cut -d ' ' -f 2)
tools=$(realpath -m "${CARGO_TARGET_DIR:-target}")/tools
dir=$tools/rust-$version
mkdir -p "$dir"
exec 9>"$tools/std.lock"
flock 9

give_up() {
    echo "no standard library of Rust $version for $target: rustup target add $target" >&2
    echo "($1)" >&2
    exit 1
}

mirror() {
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | head -n 1
}

# Downloads Debian's package of the source. Its suites are others than that of this machine, whose lists of
# packages are therefore left alone.
download_source() {
    command -v apt-get >/dev/null || give_up 'this is no Debian, from whose package rust-src it can be built'
    mirror=$(mirror)
    if [ -z "$mirror" ] && [ "$(id -u)" -eq 0 ]; then
        apt-get update -qq >&2
        mirror=$(mirror)
    fi
    key=/usr/share/keyrings/debian-archive-keyring.gpg
    [ -n "$mirror" ] && [ -e "$key" ] || give_up 'apt has no mirror of Debian: apt-get update'
    apt=$dir/apt
    mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial"
    for suite in trixie-backports sid; do
        echo "deb [signed-by=$key] $mirror $suite main"
    done >"$apt/sources.list"
    touch "$apt/status"
    cat >"$apt/apt.conf" <<CONF
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "-";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
APT::Sandbox::User "root";
CONF
    export APT_CONFIG="$apt/apt.conf"
    apt-get update -qq >&2 || give_up 'the lists of Debian could not be fetched'
    package=$(apt-cache madison rust-src | awk -v version="$version" 'index($3, version "+") == 1 { print $3; exit }')
    [ -n "$package" ] || give_up "Debian has no package rust-src of this version"
    (cd "$apt" && apt-get download -qq "rust-src=$package") >&2
    dpkg-deb --extract "$apt"/rust-src_*.deb "$dir/source"
    rm -rf "$apt"
}

if [ ! -e "$dir/complete" ]; then
    rm -rf "$dir/source" "$dir/sysroot"
    download_source
    # The installed toolchain, by links, and the source where cargo expects it.
    host=$(rustc -vV | sed -n 's/^host: //p')
    mkdir -p "$dir/sysroot/lib/rustlib/src/rust"
    ln -s "$sysroot/lib/rustlib/$host" "$dir/sysroot/lib/rustlib/$host"
    ln -s "$dir"/source/usr/src/rustc-*/library "$dir/sysroot/lib/rustlib/src/rust/library"
    printf '#!/bin/sh\nexec "%s/bin/rustc" --sysroot "%s/sysroot" "$@"\n' "$sysroot" "$dir" >"$dir/rustc"
    chmod +x "$dir/rustc"
    touch "$dir/complete"
fi

echo "$build RUSTC='$dir/rustc'"
