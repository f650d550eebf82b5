#!/bin/sh
# Tests the Python package: lints it, installs the wheel in a clean virtual environment of the system's Python and runs
# the tests, and does the same in a new Debian system of a later release, with its Python.
#
# usage: python/test.sh BUILD
#
# BUILD has what `make wheel` has built, with the same SOURCE_DATE_EPOCH. Requires root and a Debian mirror. The
# system is kept in the target folder for the next run.
set -eu
build=$(realpath "$1")
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
tools=$(realpath -m "${CARGO_TARGET_DIR:-target}")/tools
SUITE=trixie
root=$tools/$SUITE
[ "$(id -u)" -eq 0 ] || { echo 'only root can install a new Debian system' >&2; exit 1; }

wheel=$(ls "$build"/wheels/rs2n-*.whl)
pytest='pytest==9.2.0'
newest=cffi==2.1.1

dir=$(mktemp -d)
trap 'wait; rm -rf "$dir"' EXIT

# A system is complete when its last file is written.
install_system() {
    [ ! -e "$root/complete" ] || return 0
    rm -rf "$root"
    mkdir -p "$root"
    debootstrap --variant=minbase --include=python3,python3-venv "$SUITE" "$root" \
        && touch "$root/complete"
}
install_system >"$dir/debootstrap.log" 2>&1 &
system=$!

echo 'lints'
sh python/venv.sh "$tools/python-lints" "$PYTHON" mypy==2.4.1 ruff==0.17.6 cffi==2.1.1 "$pytest"
lints=$tools/python-lints/bin
"$lints/ruff" format --check python
"$lints/ruff" check python
(cd python && "$lints/mypy" --cache-dir "$dir/mypy")

echo 'a second build gives the same wheel'
mkdir "$dir/again"
ln "$build/libs2n.a" "$build/private-libs" "$dir/again" 2>/dev/null \
    || cp "$build/libs2n.a" "$build/private-libs" "$dir/again"
sh python/wheel.sh "$dir/again" >/dev/null
cmp "$wheel" "$dir"/again/wheels/*.whl

sh tests/certs/make.sh "$dir/certs"
export RS2N_CERTS="$dir/certs"
# Not the folder of the sources, from which Python would import the package
mkdir "$dir/package"
cp -r python/tests python/README.md python/pyproject.toml "$dir/package"

echo "$("$PYTHON" --version): the wheel in a clean environment"
"$PYTHON" -m venv "$dir/venv"
# The oldest version of cffi that the package permits
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check "$wheel" "$pytest" cffi==1.17.1
(cd "$dir/package" && timeout 300 "$dir/venv/bin/python" -m pytest -q -p no:cacheprovider)

echo "a new Debian system: $SUITE"
wait "$system" || { cat "$dir/debootstrap.log" >&2; exit 1; }
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"; }
version=$(inside python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
# The packages are downloaded here: the system has no settings of pip, and installs without a network.
mkdir "$dir/wheels"
cp "$wheel" "$dir/wheels"
"$dir/venv/bin/pip" download --quiet --disable-pip-version-check --only-binary :all: --python-version "$version" \
    --dest "$dir/wheels" "$wheel" "$pytest" "$newest"
rm -rf "$root/tmp/package"
cp -r "$dir/package" "$root/tmp/package"
cp -r "$dir/certs" "$dir/wheels" "$root/tmp/package"

cat >"$root/tmp/package/run.sh" <<'END'
set -eu
cd /tmp/package
python3 -m venv venv
venv/bin/pip install --quiet --no-index --find-links wheels rs2n pytest
echo "$(venv/bin/python --version): the wheel in a clean environment"
RS2N_CERTS=/tmp/package/certs timeout 300 venv/bin/python -m pytest -q -p no:cacheprovider
END
# shellcheck disable=SC2016 # of the inner shell
unshare --mount sh -c 'mount -t proc proc "$1/proc" && shift && exec "$@"' sh "$root" \
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 sh /tmp/package/run.sh
rm -rf "$root/tmp/package"
