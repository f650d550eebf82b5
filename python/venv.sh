#!/bin/sh
# Creates a virtual environment with packages of PyPI, unless it has them already.
#
# usage: python/venv.sh FOLDER PYTHON NAME==VERSION...
set -eu
folder=$1
python=$2
shift 2
[ "$(cat "$folder/installed" 2>/dev/null)" != "$python $*" ] || exit 0
rm -rf "$folder"
"$python" -m venv "$folder"
"$folder/bin/pip" install --quiet --disable-pip-version-check "$@"
echo "$python $*" >"$folder/installed"
