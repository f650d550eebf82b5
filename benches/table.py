#!/usr/bin/env python3
"""Collects the results of the benchmarks, and makes the tables of them.

usage: table.py collect bench|scale FOLDER PROGRAMS
                                            prints the results of the files in FOLDER as JSON
       table.py markdown RESULTS.json       prints them as tables
       table.py replace PAGE.md NAME RESULTS.json
                                            replaces the tables in a page, between the comments
                                            `<!-- NAME -->` and `<!-- end of NAME -->`
"""

import collections
import datetime
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys

from rows import LIBRARIES, SAME, TABLES

HERE = pathlib.Path(__file__).resolve().parent


def collect(tables, folder, programs):
    values = {}
    for name in LIBRARIES:
        path = pathlib.Path(folder) / name
        if path.exists():
            values[name] = read_values(path)
    rounds = max(len(numbers) for of_library in values.values() for numbers in of_library.values())
    result = {
        "tables": tables,
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "machine": machine(),
        "versions": versions(pathlib.Path(programs)),
        "rounds": rounds,
        "values": values,
    }
    print(json.dumps(result, indent=1))


def read_values(path):
    values = collections.defaultdict(list)
    for row in path.read_text().splitlines():
        name, value = row.split()
        values[name].append(float(value))
    return values


def machine():
    cpu = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.*)", cpu, re.M)
    flags = re.search(r"^flags\s*: (.*)", cpu, re.M)
    flags = flags[1].split() if flags else []
    features = [name for name in ("vaes", "avx2", "avx512f") if name in flags]
    memory = re.search(r"MemTotal: *(\d+)", pathlib.Path("/proc/meminfo").read_text())[1]
    return {
        "cpu": " ".join([model[1] if model else platform.machine(), *features]),
        "cores": len(os.sched_getaffinity(0)),
        "memory_GiB": round(int(memory) / 1024**2, 1),
        "kernel": platform.release().split("-")[0],
    }


def output_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def versions(programs):
    manifest = (HERE / "../Cargo.toml").read_text()
    reference = (HERE / "reference/Cargo.toml").read_text()
    boringssl = (HERE / "boringssl/Cargo.toml").read_text()
    crate = re.search(r's2n-tls-sys = "=(.*)"', reference)[1]
    boring = re.search(r'boring-sys = "=(.*)"', boringssl)[1]
    found = {
        "rs2n": re.search(r'^version = "(.*)"', manifest, re.M)[1],
        "s2n-tls": f"the crate s2n-tls-sys {crate}",
        "boringssl": f"the crate boring-sys {boring}",
        "rustc": output_of("rustc", "--version").split()[1],
    }
    for name in ("openssl", "gnutls"):
        if (programs / f"{name}-rows").exists():
            version = output_of(str(programs / f"{name}-rows"), "version")
            found[name] = " ".join(version.split()[1:2])
    return found


def description(result):
    machine = result["machine"]
    versions = result["versions"]
    names = [f"{LIBRARIES[name]} {versions[name]}" for name in result["values"] if name in versions]
    return (
        f"{result['date']}, {machine['cpu']}, {machine['cores']} cores, {machine['memory_GiB']} GiB,"
        f" Linux {machine['kernel']}; {', '.join(names)}."
        + (f" Medians of {result['rounds']} rounds." if result["rounds"] > 1 else "")
    )


def numbers_of(result, library, name):
    values = result["values"].get(library, {})
    if name not in values and library not in ("rs2n", "s2n-tls"):
        name = SAME.get(name, name)
    return values.get(name)


def shown(number, decimals):
    return f"{number:,.{decimals}f}"


def cell(numbers, decimals):
    if not numbers:
        return ""
    text = shown(statistics.median(numbers), decimals)
    low, high = (shown(end(numbers), decimals) for end in (min, max))
    return text if low == high else f"{text} ({low}..{high})"


def ratio(numbers, others):
    if not numbers or not others or statistics.median(others) == 0:
        return ""
    return f"{statistics.median(numbers) / statistics.median(others):.2f}"


def tables(result):
    """All tables, as Markdown."""
    lines = [*wrapped(description(result)), ""]
    for title, rows in TABLES[result["tables"]].items():
        rows = [row for row in rows if numbers_of(result, "rs2n", row[0])]
        libraries = [
            name
            for name in LIBRARIES
            if any(numbers_of(result, name, row[0]) for row in rows)
        ]
        if not rows:
            continue
        header = [title, "unit", *(LIBRARIES[name] for name in libraries), "rs2n to s2n-tls"]
        if "floor" in libraries:
            header.append("rs2n to the AEAD")
        lines += ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
        for name, label, unit, decimals in rows:
            all_numbers = {library: numbers_of(result, library, name) for library in libraries}
            cells = [label, unit, *(cell(numbers, decimals) for numbers in all_numbers.values())]
            cells.append(ratio(all_numbers["rs2n"], all_numbers.get("s2n-tls")))
            if "floor" in libraries:
                cells.append(ratio(all_numbers["rs2n"], all_numbers["floor"]))
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def wrapped(text, width=110):
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def replace(page, name, result):
    path = pathlib.Path(page)
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    text = path.read_text()
    before, rest = text.split(begin)
    _, after = rest.split(end)
    path.write_text(f"{before}{begin}\n{tables(result)}\n{end}{after}")


def main(command, *arguments):
    if command == "collect":
        collect(*arguments)
    elif command == "markdown":
        print(tables(json.loads(pathlib.Path(arguments[0]).read_text())))
    elif command == "replace":
        page, name, results = arguments
        replace(page, name, json.loads(pathlib.Path(results).read_text()))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*(sys.argv[1:] or [""]))
