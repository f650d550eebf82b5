"""The start page."""

import re

from benchmarks import TABLES, median, plot, results
from markup import c_code, escape
from page import template
from sources import code_block, functions, policies, text_of, version

# Chapters, and pages of the project that the guide contains
MORE = [
    ("from-openssl", "Migrating from OpenSSL", "Objects, loops and traps, beside those of libssl."),
    ("project/python/README", "Python", "The package rs2n, in the manner of the standard module ssl."),
    ("project/docs/TOOLS", "Command-line tools", "rs2nc and rs2nd, a client and a server."),
    ("project/examples-c/README", "Examples", "Complete programs in C, by subject."),
    ("project/docs/PACKAGING", "Packaging", "For distributions: variables, files, recipes."),
]

PICTURES = [
    (
        "README.md",
        "recording.svg",
        'The <a href="guide/project/README.html#demo-and-tests">demo</a>: a client and a server in C.',
    ),
    (
        "docs/guide/src/security.md",
        "zones.svg",
        'Where memory errors are possible: <a href="guide/security.html">Security</a>.',
    ),
]


def percent(result, name, inverse=False):
    """The cost of rs2n in relation to s2n-tls, in percent."""
    ours, theirs = (median(result, library, name) for library in ("rs2n", "s2n-tls"))
    return round(100 * (theirs / ours if inverse else ours / theirs))


def facts():
    bench, scale = results("bench"), results("scale")
    handshake = percent(bench, "full_client_us")
    faster = [percent(bench, f"{way}_default_GBps") - 100 for way in ("send", "recv")]
    idle, idle_theirs = (
        median(scale, library, "idle_client_bytes") / 1000 for library in ("rs2n", "s2n-tls")
    )
    of_api = [function for function in functions() if function.status != "extension"]
    works = sum(function.status == "works" for function in of_api)
    return [
        (f"{works} of {len(of_api)}", "functions work; the others fail with an error", "compatibility.html"),
        (
            f"{handshake} %",
            "of s2n-tls' CPU time for a handshake with a chain that was verified before",
            "benchmarks.html#bench",
        ),
        (
            f"+{min(faster)} to {max(faster)} %",
            "data per CPU time, sending and receiving",
            "benchmarks.html#bench",
        ),
        (
            f"{idle:.1f} kB",
            f"of memory for an idle client, instead of {idle_theirs:.0f} kB",
            "benchmarks.html#scale",
        ),
    ]


def pictures(folder):
    """The pictures of the README and of the guide, with their texts."""
    figures = []
    for page, name, caption in PICTURES:
        alt = re.search(rf"!\[(.*?)\]\([^)]*{re.escape(name)}\)", text_of(page))[1]
        path = f"guide/pictures/{name}"
        if not (folder / path).exists():
            raise SystemExit(f"{path} is missing")
        figures.append(
            f'<figure><img src="{path}" width="550" alt="{escape(alt)}">'
            f"<figcaption>{caption}</figcaption></figure>"
        )
    return "\n".join(figures)


def state():
    """The heading of the first section in the list of changes."""
    heading = re.search(r"^## (.*)$", text_of("CHANGELOG.md"), re.M)[1]
    return "a development state" if "not yet released" in heading else "the release"


def shell(part):
    """The first block of commands below a heading of the README, or the one that begins with a text."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text_of("README.md"), re.M | re.S)
    return escape(next(block for block in blocks if block.startswith(part)))


def hero_plot():
    """The plot beside the title: a handshake as a client of a server that it knows."""
    bench = results("bench")
    row = next(row for rows in TABLES["bench"].values() for row in rows if row[0] == "full_client_us")
    return plot(bench, row, "CPU time of a client's handshake, chain verified before").replace("h4>", "h2>")


def page(names, folder):
    of_api = [function for function in functions() if function.status != "extension"]
    works = sum(function.status == "works" for function in of_api)
    more = [
        f'<li><a href="guide/{name}.html">{title}</a> <span>{text}</span></li>' for name, title, text in MORE
    ]
    body = template(
        "start.html",
        state=state(),
        version=version(),
        works=works,
        total=len(of_api),
        refused=len(of_api) - works,
        facts="\n".join(
            f'<li><b>{number}</b><span><a class="plain" href="{to}">{text}</a></span></li>'
            for number, text, to in facts()
        ),
        plot=hero_plot(),
        pictures=pictures(folder),
        snippet=c_code(code_block("README.md", "get.c"), names),
        rust=re.search(r'^rust-version = "(.*)"', text_of("Cargo.toml"), re.M)[1],
        install=shell("make  "),
        replace=shell("LD_LIBRARY_PATH"),
        policies=len(policies()),
        more="\n".join(more),
    )
    return (
        "index",
        "rs2n: the s2n-tls C API as a memory-safe library",
        "The s2n-tls C API, implemented in Rust",
        body,
    )
