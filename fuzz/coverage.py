#!/usr/bin/env python3
"""Writes the tables of COVERAGE.md: covered lines of each folder, and the files with the most uncovered lines.

usage: coverage.py SUMMARY PAGE

SUMMARY is the output of llvm-cov export --summary-only. The tables replace what is below the line BEGIN in the page.
"""

import collections
import json
import os
import sys

BEGIN = "<!-- The rest is written by fuzz/coverage.sh. -->"
HEADING = "# Coverage of the fuzz targets\n\n"
CRATES = ("src/", "core/src/", "tools/src/")
WORST = 40


def read(path):
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
    with open(path) as file:
        files = json.load(file)["data"][0]["files"]
    lines = {}
    for entry in files:
        name = entry["filename"].removeprefix(root)
        if name.startswith(CRATES):
            summary = entry["summary"]["lines"]
            lines[name] = (summary["covered"], summary["count"])
    return lines


def folder(name):
    parts = name.split("/")
    depth = 3 if name.startswith(("src/", "core/", "tools/")) else 2
    return "/".join(parts[:min(depth, len(parts) - 1)])


def row(name, covered, count):
    return f"| `{name}` | {count} | {covered} | {100 * covered / max(count, 1):.1f} % |"


def tables(lines):
    folders = collections.defaultdict(lambda: [0, 0])
    for name, (covered, count) in lines.items():
        for key in (folder(name), "all"):
            folders[key][0] += covered
            folders[key][1] += count
    head = ["lines | covered | |", "--: | --: | --: |"]
    text = ["", "| folder | " + head[0], "| --- | " + head[1]]
    text += [row(name, *folders[name]) for name in sorted(folders, key=lambda name: (name == "all", name))]
    worst = sorted(lines.items(), key=lambda entry: (entry[1][0] - entry[1][1], entry[0]))[:WORST]
    text += ["", "The files with the most lines that are not covered:", "", "| file | " + head[0], "| --- | " + head[1]]
    text += [row(name, *counts) for name, counts in worst]
    return "\n".join(text) + "\n"


def main():
    summary, page = sys.argv[1:]
    text = HEADING
    if os.path.exists(page):
        with open(page) as file:
            text, _ = file.read().split(BEGIN)
    with open(page, "w") as file:
        file.write(text + BEGIN + "\n" + tables(read(summary)))


main()
