"""Compares the instruction counts of each path: those of all its classes must be equal.

usage: compare.py FOLDER-OF-CALLGRIND-OUTPUT
"""

import collections
import pathlib
import re
import sys

# The comparison that leaks: see counts.c.
CONTROL = "control"
WARM_UP = "(warm-up)"


def counts_of(folder):
    """Returns the counts by path and class."""
    paths = collections.defaultdict(dict)
    for file in pathlib.Path(folder).iterdir():
        text = file.read_text()
        dump = re.search(r"^desc: Trigger: Client Request: (.*)/(-?\d+)$", text, re.MULTILINE)
        if dump is None or dump[1].startswith(WARM_UP):
            continue
        path, number = dump[1], int(dump[2])
        count = re.search(r"^(?:summary|totals): (\d+)$", text, re.MULTILINE)
        assert number not in paths[path], f"{path}: two counts of class {number}"
        paths[path][number] = int(count[1])
    return paths


def main(folder):
    paths = counts_of(folder)
    failed = []
    for path, counts in sorted(paths.items()):
        assert sorted(counts) == list(range(len(counts))), f"{path}: classes are missing"
        low, high = min(counts.values()), max(counts.values())
        span = str(low) if low == high else f"{low} to {high}"
        print(f"{len(counts):3} classes, {span} instructions: {path}")
        if (low != high) != (path == CONTROL):
            failed.append((path, counts))
    assert CONTROL in paths and len(paths) > 1, "no counts"
    for path, counts in failed:
        if path == CONTROL:
            print("FAILED: the control, which leaks, has equal counts")
        else:
            print(f"FAILED: {path}: the number of instructions depends on the class: {counts}")
    print(f"{len(paths) - 1} paths, {sum(map(len, paths.values()))} classes")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
