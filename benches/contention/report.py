#!/usr/bin/env python3
"""Summarizes the output of the program handshakes: writes of connections to memory that others use.

usage: report.py OUTPUT

A cache line counts if the connections of more than one thread write it.
"""

import bisect
import collections
import re
import subprocess
import sys

LINE = 64
# Places of a stack that are printed, with inlined functions
FRAMES = 5


class Symbols:
    """Names of functions and variables in the mapped files."""

    def __init__(self, rows):
        self.areas = []
        self.bases = {}
        for row in rows:
            found = re.match(r"map ([0-9a-f]+)-([0-9a-f]+) \S+ ([0-9a-f]+) \S+ \S+\s+(/.*)", row)
            if found:
                start, end, offset = (int(found[part], 16) for part in (1, 2, 3))
                self.areas.append((start, end, found[4]))
                if offset == 0:
                    self.bases.setdefault(found[4], start)
            elif self.areas and (found := re.match(r"map ([0-9a-f]+)-([0-9a-f]+) rw\S+ 0+ \S+ 0 *$", row)):
                # Variables that are zero at the beginning follow those of the file.
                start, end = int(found[1], 16), int(found[2], 16)
                if self.areas[-1][1] == start:
                    self.areas.append((start, end, self.areas[-1][2]))
        self.areas.sort()
        self.names = {}
        self.variables = {}

    def place(self, address):
        """The file that is mapped there, and the address in it."""
        index = bisect.bisect_right(self.areas, (address, 1 << 64)) - 1
        if index < 0 or address >= self.areas[index][1]:
            return None, address
        path = self.areas[index][2]
        return path, address - self.bases.get(path, 0)

    def resolve(self, addresses):
        """Finds the names of all functions with one run of addr2line for each file."""
        by_path = collections.defaultdict(list)
        for address in addresses:
            path, offset = self.place(address)
            if path:
                by_path[path].append((address, offset))
        for path, pairs in by_path.items():
            text = "\n".join(hex(offset) for _, offset in pairs)
            command = ["addr2line", "-e", path, "-f", "-C", "-i", "-a"]
            output = subprocess.run(command, input=text, capture_output=True, text=True).stdout
            frames = []
            for row in output.splitlines():
                if row.startswith("0x") and " " not in row:
                    frames.append([])
                else:
                    frames[-1].append(row)
            for (address, _), rows in zip(pairs, frames):
                self.names[address] = list(zip(rows[::2], rows[1::2]))

    def variable(self, address):
        """The static variable at an address."""
        path, offset = self.place(address)
        if path is None:
            return "heap"
        if path not in self.variables:
            output = subprocess.run(["nm", "-C", "-n", path], capture_output=True, text=True).stdout
            rows = re.findall(r"^([0-9a-f]+) [bBdD] (.*)$", output, re.M)
            self.variables[path] = [(int(start, 16), name) for start, name in rows]
        found = bisect.bisect_right(self.variables[path], (offset, "~")) - 1
        return short(self.variables[path][found][1]) if found >= 0 else path

    def stack(self, frames):
        """What a write does, and the functions of its stack, the innermost first."""
        rows = []
        for index, frame in enumerate(frames):
            rows += self.names.get(frame - (index > 0), [(hex(frame), "?")])
        operation = next(filter(None, (operation_of(name) for name, _ in rows[:8])), "write")
        places = [place.split(" (")[0] for _, place in rows if "/library/" not in place]
        own = [place.replace("/rs2n/", "") for place in places if place.startswith("/rs2n/")]
        foreign = [] if own and own[0] in places[0] else [re.sub(".*/crates/", "", places[0])]
        return operation, tuple((foreign + own)[:FRAMES])


def short(name):
    """A name without its hash and without the paths of its types."""
    name = re.sub("::h[0-9a-f]{16}$", "", name)
    return re.sub(r"\b(?:\w+::)+(?=\w)", "", name)


def operation_of(name):
    name = short(name)
    for pattern, operation in (
        (r"^drop_in_place<(.*)>$", r"drop of \1"),
        (r"^<(Arc<.*>|Weak<.*>) as Clone>::clone$", "clone of Arc"),
        (r"^(Mutex|RwLock)<.*>::(lock|read|write|try_lock)$", r"\1::\2"),
        (r"^<(\w*Guard)<.*Drop>::drop$", r"drop of \1"),
        (r"^Atomic<.*>::(\w+)$|^Atomic\w+::(\w+)$", r"atomic \1\2"),
    ):
        found = re.match(pattern, name)
        if found:
            return found.expand(operation)
    return None


def main():
    rows = open(sys.argv[1]).read().splitlines()
    symbols = Symbols(rows)
    handshakes = int(next(row.split()[1] for row in rows if row.startswith("handshakes ")))
    writes = [row.split()[1:] for row in rows if row.startswith("write ")]
    writes = [
        (int(thread), side, int(address, 16), tuple(int(frame, 16) for frame in frames))
        for thread, side, address, *frames in writes
    ]
    threads = collections.defaultdict(set)
    for thread, _, address, _ in writes:
        threads[address // LINE].add(thread)
    shared = [write for write in writes if len(threads[write[2] // LINE]) > 1]
    symbols.resolve({
        frame - (index > 0) for write in shared for index, frame in enumerate(write[3])
    })
    for side in ("client", "server"):
        print_side(side, [write for write in shared if write[1] == side], handshakes, symbols)


def print_side(side, writes, handshakes, symbols):
    by_line = collections.Counter(write[2] // LINE for write in writes)
    print(f"{side}: {len(writes) / handshakes:.2f} writes a handshake to {len(by_line)} shared lines")
    for line, count in by_line.most_common():
        print(f"\n  {symbols.variable(line * LINE + LINE - 1)}, cache line {line * LINE:#x}: "
              f"{count / handshakes:.2f} a handshake")
        stacks = collections.Counter(
            symbols.stack(write[3]) for write in writes if write[2] // LINE == line)
        for (operation, places), number in stacks.most_common():
            print(f"    {number / handshakes:.2f}  {operation}  {' < '.join(places)}")
    print()


main()
