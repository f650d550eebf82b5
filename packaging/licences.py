#!/usr/bin/env python3
"""Generator of the lists of third-party licences in libs2n and the tools: as text in
packaging/THIRD-PARTY.txt, and for Debian in packaging/debian/copyright.

usage: packaging/licences.py [--check]

Build and test dependencies, including procedural macros, are not listed. A crate's content is fixed by
its version and Cargo.lock, so that the files are current as long as --check succeeds.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEXT = ROOT / "packaging/THIRD-PARTY.txt"
COPYRIGHT = ROOT / "packaging/debian/copyright"
TARGETS = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"]
# Order of preference for crates that offer a choice of licences.
CHOICE = ["Apache-2.0", "MIT", "ISC"]
# Licence files of components below a crate's root, whose text is not in the crate's main file.
PARTS = {"aws-lc-sys": ["aws-lc/third_party/fiat/LICENSE"]}
# Debian's names of licences.
DEBIAN_NAMES = {"MIT": "Expat"}

INTRODUCTION = """\
libs2n is licensed under the Apache License 2.0; see the file LICENSE. It contains the following work
of others. Their licences follow, each with the names of those that it is for.

Of crates that offer a choice of licences, the text of one is given. The licence of aws-lc-sys, AWS-LC,
has parts: for AWS-LC itself, for BoringSSL and OpenSSL, of which it was made, and for what it includes.

The library also contains the parts of Rust's standard library that it uses, of which the Rust toolchain
lists the licences: share/doc/rust/COPYRIGHT-library.html, MIT OR Apache-2.0 for the most part.
"""


def cargo(*args):
    command = [os.environ.get("CARGO", "cargo"), *args, "--locked"]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def linked(package):
    """Returns the names and versions of the crates that are linked into the package's targets."""
    crates = set()
    for target in TARGETS:
        tree = cargo("tree", "--package", package, "--edges=normal,no-proc-macro", "--prefix=none",
                     "--format={p}", "--target", target)
        crates |= {tuple(line.split()[:2]) for line in tree.splitlines()}
    return {(name, version.removeprefix("v")) for name, version in crates
            if not name.startswith("rs2n")}


class Crate:
    def __init__(self, package):
        self.name = package["name"]
        self.version = package["version"]
        self.expression = package["license"].replace("/", " OR ")
        self.authors = package["authors"]
        self.folder = Path(package["manifest_path"]).parent


def crates():
    """Returns the crates of the library, and those of the tools only."""
    packages = json.loads(cargo("metadata", "--format-version=1"))["packages"]
    found = {(package["name"], package["version"]): Crate(package) for package in packages}
    library = linked("rs2n")
    tools = linked("rs2n-tools") - library
    return [found[key] for key in sorted(library)], [found[key] for key in sorted(tools)]


def licence_files(crate):
    pattern = re.compile(r"(LICEN[CS]E|COPYING|NOTICE|COPYRIGHT)", re.IGNORECASE)
    files = (file for file in crate.folder.iterdir() if file.is_file() and pattern.match(file.name))
    return sorted(files)


def chosen(crate):
    """Returns the licence files of a crate: those of the preferred licence if there is a choice."""
    files = licence_files(crate)
    if " OR " in crate.expression and " AND " not in crate.expression:
        for licence in CHOICE:
            word = licence.split("-")[0].upper()
            named = [file for file in files if word in file.name.upper()]
            if licence in crate.expression and named:
                return named + [file for file in files if "NOTICE" in file.name.upper()]
    return files


def texts(crate):
    files = chosen(crate) + [crate.folder / part for part in PARTS.get(crate.name, [])]
    if not files and "Apache-2.0" in crate.expression and "AND" not in crate.expression:
        files = [ROOT / "LICENSE"]
    if not files:
        sys.exit(f"{crate.name} has no text of its licence {crate.expression}")
    return [file.read_text() for file in files]


def text(library, tools):
    lines = [INTRODUCTION]
    users = {}  # by text with normalized spaces: the licence text, and the crates that use it
    for crate in library + tools:
        if tools and crate is tools[0]:
            lines += ["", "Only the tools, rs2nc and rs2nd, contain these:", ""]
        lines.append(f"{crate.name} {crate.version}: {crate.expression}")
        for licence in texts(crate):
            _, names = users.setdefault(" ".join(licence.split()), (licence, []))
            names.append(crate.name)
    for licence, names in users.values():
        lines += ["", "=" * 80, ", ".join(names), "=" * 80, "", licence.strip("\n")]
    return "\n".join(line.rstrip() for line in "\n".join(lines).splitlines()) + "\n"


def holders(crate):
    """Returns the copyright holders: those in the licence files, or else the crate's authors."""
    pattern = re.compile(r"^\W*copyright\s+(?:\(c\)\s*|©\s*)?((?:\d{4}|Amazon|The ).*)$",
                         re.IGNORECASE | re.MULTILINE)
    found = []
    for file in licence_files(crate):
        found += [" ".join(line.split()).rstrip(".") for line in pattern.findall(file.read_text())]
    # Without duplicates, in order.
    return list(dict.fromkeys(found)) or crate.authors or [f"The contributors to {crate.name}"]


def debian_licence(expression):
    """Converts a licence expression to Debian's syntax, without parentheses: a choice in parentheses is
    resolved by preference. Alternatives outside the order of preference are omitted."""
    def words(part):
        options = part.strip("() ").split(" OR ")
        options = [option for option in options if option in CHOICE] or options
        return [DEBIAN_NAMES.get(option, option) for option in options]

    parts = [words(part) for part in expression.split(" AND ")]
    if len(parts) == 1:
        return " or ".join(parts[0])
    needed = [part[0] for part in parts if len(part) == 1]
    needed += [part[0] for part in parts if not set(part) & set(needed)]
    return " and ".join(dict.fromkeys(needed))


def debian_copyright(all_crates):
    """Returns the copyright file of Debian Policy 12.5. The source archive has the crates in vendor/."""
    stanzas = ["Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
               "Upstream-Name: rs2n\n",
               "Files: *\nCopyright: 2025-2026 The rs2n project\nLicense: Apache-2.0\n"]
    used = {"Apache-2.0"}
    for crate in all_crates:
        licence = debian_licence(crate.expression)
        used |= set(re.split(" or | and ", licence))
        names = "\n           ".join(holders(crate))
        stanzas.append(f"Files: vendor/{crate.name}-{crate.version}/*\n"
                       f"Copyright: {names}\nLicense: {licence}\n")
    for stanza in (ROOT / "packaging/debian/licences.dep5").read_text().split("\n\n"):
        name = stanza.split("\n")[0].removeprefix("License: ")
        if name in used:
            stanzas.append(stanza.rstrip("\n") + "\n")
            used.remove(name)
    if used:
        sys.exit(f"packaging/debian/licences.dep5 lacks {', '.join(sorted(used))}")
    return "\n".join(stanzas)


def main():
    library, tools = crates()
    for path, content in [(TEXT, text(library, tools)), (COPYRIGHT, debian_copyright(library + tools))]:
        if sys.argv[1:] != ["--check"]:
            path.write_text(content)
        elif path.read_text() != content:
            sys.exit(f"{path.relative_to(ROOT)} is not current: run `make licences`")


main()
