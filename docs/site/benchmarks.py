"""The page of the benchmarks: plots and tables of the results in benches/results."""

import json
import statistics
import sys

from markup import escape
from page import template
from sources import PROJECT

sys.path.insert(0, str(PROJECT / "benches"))
from rows import LIBRARIES, TABLES, more_is_better  # noqa: E402
from table import description, numbers_of, ratio, shown  # noqa: E402

INTRODUCTIONS = {
    "bench": "One connection, or a few",
    "scale": "Many certificates, connections and threads",
}


def results(name):
    return json.loads((PROJECT / f"benches/results/{name}.json").read_text())


def median(result, library, name):
    numbers = numbers_of(result, library, name)
    return statistics.median(numbers) if numbers else None


def bar(library, numbers, decimals, unit, largest):
    """A row of a plot: the median as a bar, with the smallest and the largest value."""
    middle = statistics.median(numbers)
    low, high = shown(min(numbers), decimals), shown(max(numbers), decimals)
    spread = "" if low == high else f" <em>({low}–{high})</em>"
    return (
        f'<tr><th scope="row">{LIBRARIES[library]}</th><td class="track"><div class="bar">'
        f'<i style="--v:{middle / largest:.4f};--c:var(--{library})"></i>'
        f"<span>{shown(middle, decimals)} {escape(unit)}{spread}</span></div></td></tr>"
    )


def plot(result, row, title=None):
    name, label, unit, decimals = row
    found = {library: numbers_of(result, library, name) for library in LIBRARIES}
    found = {library: numbers for library, numbers in found.items() if numbers}
    largest = max(statistics.median(numbers) for numbers in found.values())
    if largest == 0 or len(found) < 2:
        return ""
    better = "more is better" if more_is_better(unit) else "less is better"
    compared = ratio(found["rs2n"], found.get("s2n-tls"))
    compared = f"; rs2n to s2n-tls: {compared}" if compared else ""
    bars = "\n".join(bar(library, numbers, decimals, unit, largest) for library, numbers in found.items())
    title = title or label[:1].upper() + label[1:]
    return (
        f'<div class="plot"><h4>{escape(title)}</h4><p class="better">{escape(unit)}, {better}{compared}</p>\n'
        f'<table class="bars" aria-label="{escape(title)}"><tbody>\n{bars}\n</tbody></table></div>'
    )


def table(result, title, rows):
    """The medians as a table."""
    libraries = [name for name in LIBRARIES if any(numbers_of(result, name, row[0]) for row in rows)]
    head = "".join(f'<th scope="col">{LIBRARIES[name]}</th>' for name in libraries)
    lines = []
    for name, label, unit, decimals in rows:
        values = {library: numbers_of(result, library, name) for library in libraries}
        if not values["rs2n"]:
            continue
        cells = "".join(
            f'<td class="figure">{shown(statistics.median(numbers), decimals) if numbers else ""}</td>'
            for numbers in values.values()
        )
        compared = ratio(values["rs2n"], values.get("s2n-tls"))
        lines.append(
            f'<tr><th scope="row">{escape(label)}</th><td>{escape(unit)}</td>{cells}'
            f'<td class="figure">{compared}</td></tr>'
        )
    return (
        f'<div class="box"><table aria-label="{escape(title)}">'
        f'<thead><tr><th scope="col">measurement</th><th scope="col">unit</th>{head}'
        f'<th scope="col">rs2n to s2n-tls</th></tr></thead><tbody>\n'
        + "\n".join(lines)
        + "\n</tbody></table></div>"
    )


def part(name):
    result = results(name)
    drawn = [library for library in LIBRARIES if result["values"].get(library)]
    legend = "".join(f'<li style="--c:var(--{library})">{LIBRARIES[library]}</li>' for library in drawn)
    parts = [
        f'<h2 id="{name}">{INTRODUCTIONS[name]}</h2>\n<p class="muted">{escape(description(result))}</p>\n'
        f'<ul class="legend" aria-label="Libraries">{legend}</ul>'
    ]
    for title, rows in TABLES[result["tables"]].items():
        rows = [row for row in rows if numbers_of(result, "rs2n", row[0])]
        if rows:
            plots = "\n".join(filter(None, (plot(result, row) for row in rows)))
            parts.append(
                f'<h3>{escape(title)}</h3>\n<div class="plots">{plots}</div>\n'
                f"<details><summary>The values as a table</summary>{table(result, title, rows)}</details>"
            )
    return "\n".join(parts)


def page(_names, _folder):
    body = template("benchmarks.html", parts=part("bench") + "\n" + part("scale"))
    return (
        "benchmarks",
        "Benchmarks – rs2n",
        "Measurements of rs2n, s2n-tls, BoringSSL, OpenSSL and GnuTLS",
        body,
    )
