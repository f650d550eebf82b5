#!/usr/bin/env python3
"""Checks the site in a browser: `check.py FOLDER SCREENSHOTS`.

Every page is opened in Chromium, wide and narrow, in the light and in the dark scheme. The checks find what a
reader would see: cut text and tables, dead links, low contrast. First each check must find its fault in the
pages of the folder `faults`, which have one each; so a check that finds nothing is no success.
"""

import collections
import concurrent.futures
import os
import pathlib
import sys
import time

import filters
import static
from browser import Browser
from server import serve

HERE = pathlib.Path(__file__).resolve().parent
# Pages of each kind: they are audited with axe-core as well, which takes seconds a page, and their screenshots
# are kept.
PICTURED = [
    "index.html",
    "compatibility.html",
    "policies.html",
    "benchmarks.html",
    "guide/introduction.html",
    "guide/io.html",
    "guide/performance.html",
    "reference/index.html",
    "reference/group__blinding.html",
    "reference/names.html",
]
PROCESSES = 2


def names(folder):
    """The pages of the site. toc.html is a part of the guide's pages, for browsers without scripts."""
    pages = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.html"))
    return [page for page in pages if page != "guide/toc.html"]


def check_pages(folder, pages, screenshots, audit_all=False):
    """The faults of pages: pairs of a page and a fault."""
    found = []
    with serve(folder) as base, Browser(base) as browser:
        for page in pages:
            is_pictured = page in PICTURED
            faults = browser.check(page, is_pictured or audit_all, screenshots if is_pictured else None)
            found += [(page, fault) for fault in faults]
    return found


def check_site(folder, screenshots):
    pages = names(folder)
    found = static.check(folder, pages)
    # Large pages first, so that the processes end together.
    by_size = sorted(pages, key=lambda page: -(folder / page).stat().st_size)
    with concurrent.futures.ProcessPoolExecutor(PROCESSES) as pool:
        parts = [by_size[first::PROCESSES] for first in range(PROCESSES)]
        for part in pool.map(check_pages, [folder] * PROCESSES, parts, [screenshots] * PROCESSES):
            found += part
    with serve(folder) as base, Browser(base) as browser:
        found += filters.check(browser) + filters.check_files(browser, folder)
    return pages, found


def check_faults():
    """Each page of the folder has the faults that its first lines name, and no other is found."""
    folder = HERE / "faults"
    pages = names(folder)
    found = collections.defaultdict(set)
    for page, fault in static.check(folder, pages) + check_pages(folder, pages, None, audit_all=True):
        found[page].add(fault)
    wrong = []
    for page in pages:
        lines = (folder / page).read_text().splitlines()
        expected = [line[5:-4] for line in lines if line.startswith("<!-- ") and line.endswith(" -->")]
        wrong += [
            (page, f"not found: {text}")
            for text in expected
            if not any(text in fault for fault in found[page])
        ]
        wrong += [
            (page, f"found, but not a fault of the page: {fault}")
            for fault in found[page]
            if not any(text in fault for text in expected)
        ]
    return pages, wrong


def main(folder, screenshots):
    folder = pathlib.Path(folder).resolve()
    screenshots = pathlib.Path(screenshots).resolve()
    screenshots.mkdir(parents=True, exist_ok=True)
    for old in screenshots.glob("*.png"):
        old.unlink()
    began = time.monotonic()
    fixtures, wrong = check_faults()
    pages, found = ([], []) if wrong else check_site(folder, screenshots)
    for page, fault in wrong + found:
        print(f"{page}: {fault}")
    print(
        f"{len(fixtures)} pages with faults, {len(pages)} pages of the site at 1300 and 420 pixels, light and"
        f" dark: {len(wrong + found)} faults, {time.monotonic() - began:.0f} s"
    )
    sys.exit(1 if wrong or found else 0)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    main(*sys.argv[1:])
