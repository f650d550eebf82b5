#!/usr/bin/env python3
"""Draws the pictures of the documentation: `draw.py FOLDER` writes them there as SVG files.

`make pictures` writes docs/guide/src/pictures, and tests/pictures.rs compares. svg.py has the style of all; the other
files have a picture each.
"""

import pathlib
import sys

import async_key
import benchmark
import blinding
import callbacks
import closing
import functions
import layers
import loop
import recording
import records
import replay
import ticket_keys
import zones

PICTURES = {
    "async-key": async_key.draw,
    "benchmark": benchmark.draw,
    "benchmark-short": benchmark.draw_short,
    "blinding": blinding.draw,
    "callbacks": callbacks.draw,
    "closing": closing.draw,
    "functions": functions.draw,
    "layers": layers.draw,
    "loop": loop.draw,
    "recording": recording.draw,
    "records": records.draw,
    "replay": replay.draw,
    "ticket-keys": ticket_keys.draw,
    "zones": zones.draw,
}


def main(folder):
    for name, draw in PICTURES.items():
        (folder / f"{name}.svg").write_text(draw().svg())


main(pathlib.Path(sys.argv[1]))
