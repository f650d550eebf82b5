#!/usr/bin/env python3
"""Mutation testing of the library, file by file: see README.md.

usage: tests/mutants/run.py [--operators] [--c] [--diff BASE] [FILE...]

Without files it takes all of `SCOPE`, which takes days. A file is mutated in place, and must have no uncommitted
changes: `git checkout FILE` restores it if the run is killed. Exits with 1 if a mutant survives that survivors.txt
does not list.

  --operators   leaves out mutants that replace a whole function by a constant
  --c           judges what the unit tests do not notice by the C programs too
  --diff BASE   only mutants of lines that differ from the revision BASE
"""

import argparse
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
CARGO = os.environ.get("CARGO", "cargo")

SCOPE = [
    "core/src/verify", "core/src/x509", "core/src/record", "core/src/stream", "core/src/resumption",
    "core/src/handshake", "core/src/messages", "src/ffi", "src/sys",
]
# Mutants that replace the body of a function.
VALUES = r"^\S+ replace .+ -> .+ with |^\S+ replace \S+ with \(\)$"
OUTCOMES = ["caught", "unviable", "timeout", "missed"]


def package(file):
    return "rs2n-core" if file.startswith("core/") else "rs2n"


def module(file):
    """Returns the path of a file's module, and that of its layer."""
    parts = file[file.index("src/") + 4:].removesuffix(".rs").removesuffix("/mod").split("/")
    return "::".join(parts) + "::", parts[0] + "::"


def judges(file, with_c):
    """Returns arguments of `cargo test` for each pass, fast ones first."""
    own, layer = module(file)
    passes = [["--lib", layer], ["--lib"]]
    if own != layer and "#[cfg(test)]" in (ROOT / file).read_text():
        passes.insert(0, ["--lib", own])
    if with_c:
        passes.append(["--package=rs2n", "--test=c_programs"])
    return passes


def cargo_mutants(*arguments, **options):
    path = os.pathsep.join([os.environ["PATH"], str(TARGET / "tools/bin")])
    return subprocess.run([CARGO, "mutants", *arguments], cwd=ROOT, env={**os.environ, "PATH": path}, **options)


def listed(file):
    """Returns the mutants of a file by the names that cargo-mutants gives them, with names without line numbers.

    Mutants with the same text are numbered: the second one ends with " #2".
    """
    found = cargo_mutants("--list", "--json", "--package", package(file), "--file", file,
                          check=True, stdout=subprocess.PIPE)
    seen = Counter()
    names = {}
    for mutant in json.loads(found.stdout or "[]"):
        text = re.sub(r"^\S+ ", "", mutant["name"])
        seen[text] += 1
        names[mutant["name"]] = text if seen[text] == 1 else f"{text} #{seen[text]}"
    return names


def survivors():
    """Returns the accepted survivors: pairs of a file and a mutant."""
    lines = (HERE / "survivors.txt").read_text().splitlines()
    return {tuple(line.split(": ", 1)) for line in lines if line and line[0] not in "# "}


def run(file, arguments, filters):
    """Runs the passes, each on what the one before it has not caught; returns the outcome of each mutant."""
    output = TARGET / "mutants" / file.replace("/", "_")
    output.mkdir(parents=True, exist_ok=True)
    outcomes = {}
    for number, judge in enumerate(judges(file, arguments.c)):
        options, names = [part for part in judge if part[0] == "-"], [part for part in judge if part[0] != "-"]
        result = cargo_mutants(
            "--in-place", "--baseline=skip", "--timeout=300", "--build-timeout=900", "--no-shuffle", "--colors=never",
            "--caught", "--unviable", "--package", package(file), "--file", file, "--output", output, *filters,
            *(["--iterate"] if number else []), *(f"--cargo-arg={option}" for option in options), "--", *names)
        # 0: all caught, 2: some missed, 3: timeouts.
        if result.returncode not in (0, 2, 3):
            sys.exit(f"cargo mutants failed with {result.returncode}")
        for outcome in OUTCOMES:
            for name in (output / "mutants.out" / f"{outcome}.txt").read_text().splitlines():
                outcomes[name] = outcome
        if "missed" not in outcomes.values():
            break
    return outcomes


def record(file, arguments, counts):
    """Replaces the row of a file in results.tsv."""
    path = HERE / "results.tsv"
    head, *rows = path.read_text().splitlines()
    genre = "operators" if arguments.operators else "all"
    judge = "unit, C" if arguments.c else "unit"
    row = "\t".join([file, genre, judge, str(sum(counts.values())), *(str(counts[one]) for one in OUTCOMES)])
    rows = sorted([one for one in rows if one.split("\t")[0] != file] + [row])
    path.write_text("\n".join([head, *rows]) + "\n")


def files_of(arguments):
    if arguments.diff:
        changed = git("diff", "--name-only", "--diff-filter=d", arguments.diff, "--", *(arguments.files or SCOPE))
        return [file for file in changed.splitlines() if file.endswith(".rs")]
    tracked = git("ls-files", "--", *(arguments.files or SCOPE))
    return [file for file in tracked.splitlines() if file.endswith(".rs")]


def git(*arguments):
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].splitlines()[0])
    parser.add_argument("--operators", action="store_true")
    parser.add_argument("--c", action="store_true")
    parser.add_argument("--diff")
    parser.add_argument("files", nargs="*")
    arguments = parser.parse_args()
    filters = ["--exclude-re", VALUES] if arguments.operators else []
    if arguments.diff:
        (TARGET / "mutants").mkdir(parents=True, exist_ok=True)
        diff = TARGET / "mutants/changes.diff"
        diff.write_text(git("diff", arguments.diff, "--", *SCOPE))
        filters += ["--in-diff", diff]
    known = survivors()
    new = []
    for file in files_of(arguments):
        names = listed(file)
        if not names:
            continue
        if git("status", "--porcelain", "--", file):
            sys.exit(f"{file} has uncommitted changes")
        outcomes = run(file, arguments, filters)
        counts = Counter(outcomes.values())
        print(file, ", ".join(f"{counts[one]} {one}" for one in OUTCOMES), flush=True)
        missed = {names[name] for name, outcome in outcomes.items() if outcome == "missed"}
        new += [f"{file}: {name}" for name in sorted(missed) if (file, name) not in known]
        if not arguments.diff:
            record(file, arguments, counts)
    for mutant in new:
        print(f"survives: {mutant}")
    sys.exit(1 if new else 0)


if __name__ == "__main__":
    main()
