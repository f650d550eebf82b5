#!/usr/bin/env python3
"""Draws the pictures of the documentation: `draw.py FOLDER` writes them there as SVG files.

`make pictures` writes docs/guide/src/pictures, and tests/pictures.rs compares. svg.py has the style of all; the other
files have a picture each.
"""

import pathlib
import sys

import benchmark
import blinding
import closing
import functions
import layers
import loop
import recording
import records
import zones

PICTURES = {
    "benchmark": benchmark.draw,
    "benchmark-short": benchmark.draw_short,
    "blinding": blinding.draw,
    "closing": closing.draw,
    "functions": functions.draw,
    "layers": layers.draw,
    "loop": loop.draw,
    "recording": recording.draw,
    "records": records.draw,
    "zones": zones.draw,
}


def main(folder):
    for name, draw in PICTURES.items():
        (folder / f"{name}.svg").write_text(draw().svg())


main(pathlib.Path(sys.argv[1]))
