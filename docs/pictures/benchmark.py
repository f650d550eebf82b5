"""Bars of the benchmark: the cost of each library in relation to rs2n, from benches/results/bench.json.

A bar is a time or an amount of memory, or the inverse of a rate, so that shorter is better. rs2n is 1.
"""

import json
import pathlib
import statistics
import sys

from svg import Picture

BENCHES = pathlib.Path(__file__).resolve().parents[2] / "benches"
sys.path.append(str(BENCHES))

from rows import LIBRARIES, ROWS, more_is_better  # noqa: E402
from table import description, numbers_of, wrapped  # noqa: E402

# Of each group: (name of the value, label, unit to print, its size in the unit of the results).
GROUPS = {
    "Handshakes, CPU time": [
        ("full_client_us", "Client, chain verified before", "µs", 1),
        ("first_client_us", "Client, chain not verified before", "µs", 1),
        ("full_server_us", "Server", "µs", 1),
        ("mutual_server_us", "Server, mutual TLS", "µs", 1),
        ("resumed_server_us", "Server, resumed", "µs", 1),
    ],
    "Data transfer in memory": [
        ("send_default_GBps", "Send, records of the default size", "GB/s", 1),
        ("send_full_GBps", "Send, full records", "GB/s", 1),
        ("recv_default_GBps", "Receive, records of the default size", "GB/s", 1),
        ("recv_full_GBps", "Receive, full records", "GB/s", 1),
        ("round_trip_1_ns", "1 byte there and back", "µs", 1000),
    ],
    "Unix socket, CPU time for 1 GB": [
        ("socket_send_ms_per_GB", "Sender", "ms", 1),
        ("socket_recv_ms_per_GB", "Receiver", "ms", 1),
    ],
    "Memory of an idle connection": [
        ("heap_idle_client_bytes", "Client", "kB", 1000),
        ("heap_idle_server_bytes", "Server", "kB", 1000),
    ],
}
SHORT = {
    "Handshakes, CPU time": ["full_client_us", "full_server_us"],
    "Data transfer in memory": ["send_full_GBps", "recv_full_GBps"],
    "Memory of an idle connection": ["heap_idle_server_bytes"],
}
DRAWN = ("rs2n", "s2n-tls", "boringssl", "openssl", "gnutls")
COLOURS = {
    "rs2n": ("#c2410c", "#f0883e"),
    "s2n-tls": ("#2f6f9f", "#58a6ff"),
    "boringssl": ("#4d8b4a", "#56d364"),
    "openssl": ("#8a6bb1", "#d2a8ff"),
    "gnutls": ("#7d858d", "#9da7b3"),
}

LEFT = 96
LENGTH = 220
BAR = 15
# Longer bars are cut.
LIMIT = 4.0


def draw():
    return chart(GROUPS, "Cost of TLS libraries in relation to rs2n")


def draw_short():
    groups = {title: [row for row in GROUPS[title] if row[0] in names] for title, names in SHORT.items()}
    return chart(groups, "Cost of TLS libraries in relation to rs2n, in short")


def chart(groups, title):
    result = json.loads((BENCHES / "results/bench.json").read_text())
    units = {row[0]: row[2] for rows in ROWS.values() for row in rows}
    picture = Picture(title, "", 0)
    picture.raw(f"<style>{colours()}</style>")
    picture.text(16, 28, "Shorter is better; rs2n is 1", "title")
    y = 34
    facts = []
    for heading, rows in groups.items():
        y += 26
        picture.text(16, y, heading, "strong")
        for name, label, unit, size in rows:
            medians = medians_of(result, name)
            y = bars(picture, y, label, medians, units[name], unit, size)
            facts.append(f"{heading}, {label.lower()}: {sentence(medians, unit, size)}.")
    y += 6
    for line in wrapped(description(result), 62):
        y += 17
        picture.text(16, y, line, "small", ink="muted")
    picture.height = y + 16
    picture.description = " ".join(facts)
    return picture


def medians_of(result, name):
    numbers = {library: numbers_of(result, library, name) for library in DRAWN}
    return {library: statistics.median(values) for library, values in numbers.items() if values}


def bars(picture, y, label, medians, given, unit, size):
    """A label, and the bars of the libraries below it. Returns the lower end."""
    y += 20
    picture.text(16, y, label, "small", ink="muted")
    y += 6
    for library, median in medians.items():
        own = medians["rs2n"]
        cost = own / median if more_is_better(given) else median / own
        length = min(cost, LIMIT) * LENGTH / LIMIT
        kind = "small strong" if library == "rs2n" else "small"
        picture.text(LEFT - 8, y + 11.5, LIBRARIES[library], kind, "end")
        picture.raw(
            f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR - 3}" rx="2"'
            f' class="bar-{library}"/>'
        )
        if cost > LIMIT:
            picture.raw(
                f'<path d="M{LEFT + length - 14} {y + BAR - 3} l4 -{BAR - 3} h5 l-4 {BAR - 3} z" class="cut"/>'
            )
        value = amount(median, unit, size)
        if library != "rs2n":
            value = f"{cost:.{2 if cost < 9.995 else 0}f}× ({value})"
        picture.text(LEFT + length + 6, y + 11.5, value, kind)
        y += BAR
    return y


def amount(median, unit, size):
    value = median / size
    return f"{value:.{0 if value >= 99.5 else 1 if value >= 9.95 else 2}f} {unit}"


def sentence(medians, unit, size):
    return ", ".join(
        f"{LIBRARIES[library]} {amount(median, unit, size)}" for library, median in medians.items()
    )


def colours():
    rules = [
        "\n".join(f".bar-{library} {{ fill: {pair[scheme]} }}" for library, pair in COLOURS.items())
        for scheme in (0, 1)
    ]
    return (
        f"{rules[0]}\n.cut {{ fill: #ffffff }}\n@media (prefers-color-scheme: dark) {{\n{rules[1]}\n"
        ".cut { fill: #0d1117 }\n}"
    )
