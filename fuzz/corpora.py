#!/usr/bin/env python3
"""Packs a minimized corpus.

usage: corpora.py CONTROL MAXIMUM SEEDS OUTPUT

CONTROL is the control file of the engine's -merge=1, which has the code that each input covers. Inputs are chosen
until all code is covered: each time the one with the most new code for its size. What the folder SEEDS covers counts
as covered, because the targets generate it. At most MAXIMUM bytes are packed, so that what covers most comes first.
The archive depends on the inputs only.
"""

import gzip
import hashlib
import io
import os
import sys
import tarfile


def read_control(path):
    """Returns the covered code of each file."""
    with open(path) as file:
        lines = file.read().splitlines()
    count = int(lines[0])
    files = lines[2:2 + count]
    covered = {}
    for line in lines[2 + count:]:
        words = line.split()
        if words and words[0] == "COV":
            covered[files[int(words[1])]] = set(words[2:])
    return covered


def choose(covered, sizes, known, maximum):
    """Returns the files to pack, in the order in which they were chosen."""
    known = set(known)
    rest = {path: code - known for path, code in covered.items()}
    chosen, total = [], 0
    while True:
        rest = {path: code for path, code in ((path, code - known) for path, code in rest.items()) if code}
        fitting = [path for path in rest if total + sizes[path] <= maximum]
        if not fitting:
            return chosen
        best = max(fitting, key=lambda path: (len(rest[path]) / (sizes[path] + 16), path))
        chosen.append(best)
        total += sizes[best]
        known |= rest.pop(best)


def pack(paths, output):
    contents = {}
    for path in paths:
        with open(path, "rb") as file:
            content = file.read()
        contents[hashlib.sha1(content).hexdigest()] = content
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in sorted(contents.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    os.makedirs(os.path.dirname(output), exist_ok=True)
    with open(output, "wb") as file:
        file.write(gzip.compress(archive.getvalue(), 9, mtime=0))
    return len(contents)


def main():
    control, maximum, seeds, output = sys.argv[1:]
    covered = read_control(control)
    sizes = {path: os.path.getsize(path) for path in covered}
    seeds = os.path.abspath(seeds) + os.sep
    known = set()
    for path, code in covered.items():
        if os.path.abspath(path).startswith(seeds):
            known |= code
    others = {path: code for path, code in covered.items() if not os.path.abspath(path).startswith(seeds)}
    chosen = choose(others, sizes, known, int(maximum))
    count = pack(chosen, output)
    print(f"{output}: {count} of {len(covered)} inputs, {os.path.getsize(output)} bytes")


main()
