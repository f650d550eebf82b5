#!/usr/bin/env python3
"""Draws the results of the benchmarks as bars: `picture.py RESULTS.json` prints an SVG picture.

A bar is the cost of a library in relation to rs2n: a time, or the inverse of a rate. rs2n is 1.
"""

import json
import pathlib
import statistics
import sys
from xml.sax.saxutils import escape

from rows import LIBRARIES, ROWS, more_is_better
from table import description, numbers_of, wrapped

BARS = [
    ("full_client_us", "Handshake, client, chain verified before"),
    ("first_client_us", "Handshake, client, chain not verified before"),
    ("full_server_us", "Handshake, server"),
    ("mutual_server_us", "Handshake of mutual TLS, server"),
    ("resumed_server_us", "Resumed handshake, server"),
    ("send_default_GBps", "Send, records of the default size"),
    ("send_full_GBps", "Send, full records"),
    ("recv_default_GBps", "Receive, records of the default size"),
    ("recv_full_GBps", "Receive, full records"),
    ("round_trip_1_ns", "1 byte there and back"),
    ("socket_send_ms_per_GB", "Unix socket, sender"),
    ("socket_recv_ms_per_GB", "Unix socket, receiver"),
    ("heap_idle_client_bytes", "Heap of an idle client"),
    ("heap_idle_server_bytes", "Heap of an idle server"),
]
DRAWN = ("rs2n", "s2n-tls", "boringssl", "openssl", "gnutls")

WIDTH = 860
LEFT = 320
RIGHT = 70
BAR = 11
GAP = 14
# Longer bars are cut, and have their number.
LIMIT = 4.0

STYLE = """
  text { font: 13px sans-serif; fill: #1f2328 }
  .small { font-size: 11px }
  .number { font-size: 11px; paint-order: stroke; stroke: #ffffff; stroke-width: 4px }
  .title { font-size: 16px; font-weight: bold }
  .page { fill: #ffffff; stroke: #d0d7de }
  .line { stroke: #57606a; stroke-dasharray: 3 3 }
  .rs2n { fill: #b3541e } .s2n-tls { fill: #2f6f9f } .boringssl { fill: #5a8f4e }
  .openssl { fill: #8a6bb1 } .gnutls { fill: #8c8c8c }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .number { stroke: #161b22 }
    .page { fill: #161b22; stroke: #30363d }
    .line { stroke: #8b949e }
    .rs2n { fill: #f0883e } .s2n-tls { fill: #58a6ff } .boringssl { fill: #7ee787 }
    .openssl { fill: #d2a8ff } .gnutls { fill: #b1bac4 }
  }
"""


def costs_of(result, name, unit):
    """The cost of each library in relation to rs2n."""
    medians = {}
    for library in DRAWN:
        numbers = numbers_of(result, library, name)
        if numbers:
            medians[library] = statistics.median(numbers)
    own = medians["rs2n"]
    return {
        library: own / value if more_is_better(unit) else value / own
        for library, value in medians.items()
    }


def text(x, y, content, kind="", anchor="start"):
    kind = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"{kind}>{escape(content)}</text>'


def legend(y):
    parts = []
    x = LEFT
    for library in DRAWN:
        parts.append(f'<rect x="{x}" y="{y - 10}" width="12" height="12" class="{library}"/>')
        parts.append(text(x + 17, y, LIBRARIES[library]))
        x += 32 + 8 * len(LIBRARIES[library])
    return parts


def group(y, label, costs):
    """The bars of a row, from `y` downwards."""
    scale = (WIDTH - LEFT - RIGHT) / LIMIT
    parts = [text(LEFT - 10, y + len(costs) * BAR / 2 + 4, label, anchor="end")]
    for library, cost in costs.items():
        length = min(cost, LIMIT) * scale
        title = f"<title>{escape(f'{label}: {LIBRARIES[library]} {cost:.2f}')}</title>"
        parts.append(
            f'<rect x="{LEFT}" y="{y:.0f}" width="{length:.1f}" height="{BAR - 1}"'
            f' class="{library}">{title}</rect>'
        )
        number = f"{cost:.2f}" if cost < LIMIT else f"… {cost:.1f}"
        parts.append(text(LEFT + length + 5, y + BAR - 2, number, "number"))
        y += BAR
    return parts, y


def picture(result):
    units = {row[0]: row[2] for rows in ROWS.values() for row in rows}
    parts = [text(20, 30, "Cost in relation to rs2n: shorter is better", "title"), *legend(56)]
    top = y = 76
    for name, label in BARS:
        if numbers_of(result, "rs2n", name):
            drawn, y = group(y, label, costs_of(result, name, units[name]))
            parts += drawn
            y += GAP
    one = LEFT + (WIDTH - LEFT - RIGHT) / LIMIT
    parts.insert(
        0,
        f'<line x1="{one:.1f}" y1="{top - 6}" x2="{one:.1f}" y2="{y - GAP + 4}" class="line"/>',
    )
    for line in wrapped(description(result), 130):
        y += 16
        parts.append(text(20, y, line, "small"))
    height = y + 16
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-label="Cost of TLS libraries in relation to rs2n">\n<style>{STYLE}</style>\n'
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="6" class="page"/>\n'
        f"{body}\n</svg>"
    )


print(picture(json.loads(pathlib.Path(sys.argv[1]).read_text())))
