#!/usr/bin/env python3
"""Builds the site: `build.py MDBOOK FOLDER` writes it to FOLDER, which can be published anywhere.

The guide is built by mdbook, the reference by Doxygen; the other pages are made of the tables that tests
compare with the library, and of the results of the benchmarks. The pages link to each other by relative paths,
and load nothing from outside of the folder.
"""

import pathlib
import shutil
import sys

import benchmarks
import compatibility
import guide
import policies
import reference
import start
from page import HERE, header, render


def main(mdbook, folder):
    stage = folder.with_name(folder.name + "-sources")
    for path in (folder, stage):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
    shutil.copytree(HERE / "assets", folder / "assets")
    (folder / "reference").mkdir()
    names = reference.build(folder / "reference", stage, header("reference", "$relpath^../"))
    names = {name: f"reference/{target}" for name, target in names.items()}
    guide.build(mdbook, folder / "guide", stage, names)
    for module in (start, compatibility, policies, benchmarks):
        name, title, description, body = module.page(names, folder)
        (folder / f"{name}.html").write_text(render(name, title, description, body))


main(sys.argv[1], pathlib.Path(sys.argv[2]).resolve())
