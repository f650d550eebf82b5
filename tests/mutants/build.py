"""A copy of the repository in which all mutants are compiled at once."""

import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from schemata import Source, blamed

ROOT = Path(__file__).parent.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
CARGO = os.environ.get("CARGO", "cargo")
CARGO_MUTANTS_PATH = os.pathsep.join([os.environ["PATH"], str(TARGET / "tools/bin")])
# The code under test is optimized a little, because its tests run many times, and has no debug information. The
# dependencies are those of other builds.
PROFILE = b"".join(b"\n[profile.dev.package.%s]\ndebug = 0\nopt-level = 1\n" % package
                   for package in (b"rs2n-core", b"rs2n", b"mutants-switch"))


def cargo(*arguments, cwd=ROOT, path=os.environ["PATH"], check=True):
    return subprocess.run([CARGO, *map(str, arguments)], cwd=cwd, check=check, stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "PATH": path, "CARGO_TARGET_DIR": str(TARGET)})


class Tree:
    """The copy, with the files of the mutants rewritten."""

    def __init__(self, mutants):
        self.path = TARGET / "mutants/tree"
        self.mutants = defaultdict(list)
        for mutant in mutants:
            self.mutants[mutant.file].append(mutant)
        self.removed = set()
        # Numbers of the mutants that are in the code.
        self.applied = set()
        self.copy()
        for file in self.mutants:
            self.rewrite(file)

    def copy(self):
        """Copies what git tracks and what is new, but leaves files alone that are the same: they are not compiled again."""
        names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                               check=True, stdout=subprocess.PIPE, text=True).stdout.split("\0")
        names = {name for name in names if name and (ROOT / name).is_file()}
        for name in names - set(self.mutants):
            data = (ROOT / name).read_bytes()
            if name in ("Cargo.toml", "core/Cargo.toml"):
                switch = os.path.relpath(ROOT / "tests/mutants/switch", (ROOT / name).parent)
                data = data.replace(b"[dependencies]\n", b"[dependencies]\nmutants-switch = { path = \"%s\" }\n"
                                    % switch.encode(), 1)
                # In the file, so that the builds of the tests themselves have it.
                data += PROFILE if name == "Cargo.toml" else b""
            # Cargo adds the switch to this file.
            if name != "Cargo.lock" or not (self.path / name).exists():
                self.write(name, data)
                shutil.copymode(ROOT / name, self.path / name)
        for old in self.path.rglob("*.rs"):
            if str(old.relative_to(self.path)) not in names:
                old.unlink()

    def write(self, name, data):
        path = self.path / name
        if path.exists() and path.read_bytes() == data:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def rewrite(self, file):
        mutants = [mutant for mutant in self.mutants[file] if mutant.number not in self.removed]
        text, applied = Source((ROOT / file).read_text()).apply(mutants)
        self.applied -= {mutant.number for mutant in self.mutants[file]}
        self.applied |= applied
        self.write(file, text.encode())

    def build_test(self, package):
        """Builds the unit tests of a package; returns their path."""
        messages = self.build("test", "--no-run", "--package", package, "--lib")
        return Path([one["executable"] for one in messages if one.get("executable") and one["profile"]["test"]][-1])

    def build_library(self):
        """Builds the shared library; returns its path."""
        messages = self.build("build", "--package", "rs2n", "--lib")
        return Path(next(name for one in messages for name in one.get("filenames", []) if name.endswith("libs2n.so")))

    def null_arguments(self):
        """Returns the C program that tests/null_arguments.rs writes."""
        cargo("test", "--quiet", "--package", "rs2n", "--test", "null_arguments", cwd=self.path)
        return TARGET / "debug/tests-scratch/null-arguments/null_arguments.c"

    def build(self, command, *arguments):
        """Builds without the mutants that do not compile; returns cargo's messages."""
        while True:
            result = cargo(command, "--message-format=json", *arguments, cwd=self.path, check=False)
            messages = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
            if result.returncode == 0:
                return messages
            errors = [one["message"] for one in messages
                      if one["reason"] == "compiler-message" and one["message"]["level"].startswith("error")]
            removed = self.remove(errors)
            print(f"{arguments[-2]}: {removed} mutants do not compile", flush=True)
            if not removed:
                sys.exit("".join(one["rendered"] for one in errors[:5]) or f"cargo {command} failed")

    def remove(self, errors):
        """Removes the mutants to which errors are attributed; returns their number."""
        before = len(self.removed)
        for error in errors:
            for span in error["spans"]:
                file = str(Path(span["file_name"]))
                # Paths are relative to the workspace.
                if not span["is_primary"] or file not in self.mutants:
                    continue
                self.removed |= blamed((self.path / file).read_text(), span["byte_start"])
        for file in self.mutants:
            self.rewrite(file)
        return len(self.removed) - before
