"""Fails if a path is not constant-time by the measured t-values, or if the control is not found to leak.

usage: check.py OUTPUT
"""

import pathlib
import re
import sys

# dudect: "definitely not constant time" above this.
LIMIT = 10
CONTROL = "control"


def main(output):
    text = pathlib.Path(output).read_text()
    values = {path: float(t) for path, t in re.findall(r"^bench (\S+) .*max t = ([-+][\d.]+),", text, re.MULTILINE)}
    expected = int(re.search(r"^running (\d+) bench", text, re.MULTILINE)[1])
    assert values and len(values) == expected, f"{len(values)} of {expected} paths have a value"
    failed = {path: t for path, t in values.items() if (abs(t) >= LIMIT) != (path == CONTROL)}
    for path, t in failed.items():
        print(f"FAILED: {path}: t = {t}, the limit is {LIMIT}")
    print(f"{len(values)} paths, {len(failed)} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
