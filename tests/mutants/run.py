"""Mutation testing of the library: see README.md.

usage: tests/mutants/run.py [--operators] [--c] [--valgrind] [--sample N] [--missed] [--quick] [--diff BASE] [FILE...]

Without files it takes all of `SCOPE`. Exits with 1 if a mutant survives that survivors.txt does not list.

  --operators   leaves out mutants that replace a whole function by a constant
  --c           judges what the unit tests do not notice by the C programs too
  --valgrind    the same, and what those do not notice by the C programs under valgrind
  --sample N    only N % of the mutants, always the same ones
  --missed      only mutants that the last run of their file has not caught
  --quick       for each mutant the tests of its layer, and of the others those of the first 8 seconds
  --diff BASE   only mutants of lines that differ from the revision BASE
"""

import argparse
import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import exported
from build import CARGO_MUTANTS_PATH, ROOT, TARGET, Tree, cargo
from judge import CheckedPrograms, Programs, UnitTests

HERE = Path(__file__).parent
SCOPE = [
    "core/src/verify", "core/src/x509", "core/src/record", "core/src/stream", "core/src/resumption",
    "core/src/handshake", "core/src/messages", "src/ffi", "src/sys",
]
OUTCOMES = ["caught", "unviable", "timeout", "missed"]
PACKAGES = ["rs2n-core", "rs2n"]


@dataclass
class Mutant:
    number: int
    file: str
    # The description without line numbers. Of several mutants with the same one, the second ends with " #2".
    text: str
    genre: str
    span: dict
    replacement: str

    @property
    def name(self):
        return f"{self.file}: {self.text}"


def package(file):
    return "rs2n-core" if file.startswith("core/") else "rs2n"


def listed(files, diff):
    """Returns the mutants of files, or those of them that a diff touches."""
    mutants = []
    for one in PACKAGES:
        own = [file for file in files if package(file) == one]
        if not own:
            continue
        arguments = ["mutants", "--list", "--json", "--package", one]
        arguments += [part for file in own for part in ("--file", file)]
        every = json.loads(cargo(*arguments, path=CARGO_MUTANTS_PATH).stdout or "[]")
        chosen = None
        if diff:
            chosen = json.loads(cargo(*arguments, "--in-diff", diff, path=CARGO_MUTANTS_PATH).stdout or "[]")
            chosen = {mutant["name"] for mutant in chosen}
        for file in own:
            added = [] if re.search(r"\btests\b|interpreted", file) else exported.mutants(file, (ROOT / file).read_text())
            every += added
            if diff:
                lines = changed(file, diff.read_text())
                chosen |= {mutant["name"] for mutant in added if mutant["span"]["start"]["line"] in lines}
        seen = Counter()
        order = {file: place for place, file in enumerate(files)}
        for mutant in sorted(every, key=lambda mutant: order[mutant["file"]]):
            file, text = mutant["file"], re.sub(r"^\S+ ", "", mutant["name"])
            seen[file, text] += 1
            if seen[file, text] > 1:
                text += f" #{seen[file, text]}"
            if chosen is None or mutant["name"] in chosen:
                mutants.append(Mutant(len(mutants), file, text, mutant["genre"], mutant["span"],
                                      mutant["replacement"]))
    return mutants


def changed(file, diff):
    """Returns the numbers of the lines of a file that a diff adds."""
    lines = set()
    current, number = None, 0
    for line in diff.splitlines():
        if line.startswith("+++ "):
            current = line.removeprefix("+++ b/")
        elif hunk := re.match(r"@@ -\S+ \+(\d+)", line):
            number = int(hunk[1])
        elif line.startswith((" ", "+")):
            if line[0] == "+" and current == file:
                lines.add(number)
            number += 1
    return lines


def survivors():
    """Returns the accepted survivors by their names."""
    lines = (HERE / "survivors.txt").read_text().splitlines()
    return {line for line in lines if line and line[0] not in "# "}


def record(file, arguments, counts):
    """Replaces the row of a file in results.tsv."""
    path = HERE / "results.tsv"
    head, *rows = path.read_text().splitlines()
    genre = "operators" if arguments.operators else "all"
    genre = f"{arguments.sample} % of {genre}" if arguments.sample else genre
    judge = "quick unit" if arguments.quick else "unit"
    judge += ", C under valgrind" if arguments.valgrind else ", C" if arguments.c else ""
    row = "\t".join([file, genre, judge, str(sum(counts.values())), *(str(counts[one]) for one in OUTCOMES)])
    rows = sorted([one for one in rows if one.split("\t")[0] != file] + [row])
    path.write_text("\n".join([head, *rows]) + "\n")


def files_of(arguments):
    places = arguments.files or SCOPE
    if arguments.diff:
        names = git("diff", "--name-only", "--diff-filter=d", arguments.diff, "--", *places)
    else:
        names = git("ls-files", "--", *places)
    # In the order of the arguments.
    order = lambda file: next(place for place, start in enumerate(places) if file.startswith(start))
    return sorted((file for file in names.splitlines() if file.endswith(".rs")), key=order)


def git(*arguments):
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].splitlines()[0])
    parser.add_argument("--operators", action="store_true")
    parser.add_argument("--c", action="store_true")
    parser.add_argument("--valgrind", action="store_true")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--missed", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--diff")
    parser.add_argument("files", nargs="*")
    arguments = parser.parse_args()

    store = TARGET / "mutants/outcomes.json"
    store.parent.mkdir(parents=True, exist_ok=True)
    diff = None
    if arguments.diff:
        diff = store.with_name("changes.diff")
        diff.write_text(git("diff", arguments.diff, "--", *SCOPE))
    mutants = listed(files_of(arguments), diff)
    if arguments.operators:
        mutants = [mutant for mutant in mutants if mutant.genre != "FnValue"]
    if arguments.sample:
        mutants = [mutant for mutant in mutants if crc32(mutant.name.encode()) % 100 < arguments.sample]
    # Outcomes of the last run, which --missed keeps.
    outcomes = json.loads(store.read_text()) if store.exists() else {}
    chosen = [one for one in mutants if not arguments.missed or outcomes.get(one.name, "missed") == "missed"]

    judges = [UnitTests]
    if arguments.c or arguments.valgrind:
        judges.append(Programs)
    if arguments.valgrind:
        judges.append(CheckedPrograms)
    # The mutants that the last judge has not judged yet, by their file.
    left = Counter()

    def report(mutant, outcome):
        outcomes[mutant.name] = outcome
        # The run may be interrupted at any time.
        store.with_suffix(".new").write_text(json.dumps(outcomes, indent=0))
        store.with_suffix(".new").replace(store)
        if mutant.file not in left:
            return
        left[mutant.file] -= 1
        if not left[mutant.file] and not arguments.diff:
            counts = Counter(outcomes[one.name] for one in mutants if one.file == mutant.file)
            record(mutant.file, arguments, counts)

    tree = Tree(chosen)
    for one in PACKAGES:
        own = [mutant for mutant in chosen if package(mutant.file) == one]
        if not own:
            continue
        for kind in judges:
            judge = kind(tree, one, arguments.quick)
            if kind is UnitTests:
                for mutant in own:
                    outcomes[mutant.name] = "missed" if mutant.number in tree.applied else "unviable"
            missed = [mutant for mutant in own if outcomes[mutant.name] == "missed"]
            if kind is judges[-1]:
                left.update(mutant.file for mutant in missed)
            judge.run(missed, report)

    known = survivors()
    by_file = defaultdict(Counter)
    new = []
    for mutant in mutants:
        by_file[mutant.file][outcomes[mutant.name]] += 1
        if outcomes[mutant.name] == "missed" and mutant.name not in known:
            new.append(f"{mutant.file}:{mutant.span['start']['line']}: {mutant.text}")
    for file, counts in by_file.items():
        print(file, ", ".join(f"{counts[one]} {one}" for one in OUTCOMES))
        if not arguments.diff:
            record(file, arguments, counts)
    for mutant in new:
        print(f"survives: {mutant}")
    sys.exit(1 if new else 0)


if __name__ == "__main__":
    main()
