"""Runs the tests that reach a mutant, until one fails."""

import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from itertools import accumulate
from pathlib import Path

JOBS = int(os.environ.get("MUTANTS_JOBS", os.cpu_count()))


class Judge:
    """Tests, with the mutants that each reaches."""

    # Seconds of processor time in addition to those that the tests take without a mutant, times ten.
    ALLOWANCE = 10
    # The limit of real time is that of processor time, times this: the machine may be busy.
    PATIENCE = 5
    # Bytes of the address space.
    MEMORY = 4 << 30
    # Numbers of tests that one process runs: the first time, and at most.
    GROUP = (4, 50)

    def __init__(self, cache, identity, budget):
        """`budget`: seconds of the tests that are run for one mutant, besides those of its layer."""
        self.budget = budget
        self.seconds = {}
        self.tests = defaultdict(list)
        kept = json.loads(cache.read_text()) if cache.exists() else {}
        if kept.get("identity") == identity:
            self.seconds = kept["seconds"]
            self.tests |= {int(number): names for number, names in kept["tests"].items()}
        else:
            self.cover()
            cache.write_text(json.dumps({"identity": identity, "seconds": self.seconds, "tests": self.tests}))

    def cover(self):
        """Runs each test by itself, and records the mutants whose code it runs."""
        names = self.names()
        with ThreadPoolExecutor(JOBS) as pool, tempfile.TemporaryDirectory() as scratch:
            for name, (outcome, seconds, reached) in zip(names, pool.map(lambda name: self.reach(name, scratch), names)):
                if outcome != "missed":
                    print(f"the test {name} fails without a mutant: it is left out", flush=True)
                    continue
                self.seconds[name] = seconds
                for number in reached:
                    self.tests[number].append(name)
        for number, names in self.tests.items():
            names.sort(key=self.seconds.get)
        print(f"{len(self.seconds)} tests, {sum(self.seconds.values()):.0f} s", flush=True)

    def reach(self, name, scratch):
        path = Path(scratch) / re.sub(r"\W", "_", name)
        path.touch()
        began = time.monotonic()
        outcome, _ = self.start(self.command([name]), {"RS2N_REACHED": str(path)}, 300)
        # A program that uses a descriptor which it has closed may write to this file.
        lines = path.read_bytes().split()
        return outcome, time.monotonic() - began, {int(line) for line in lines if line.isdigit()}

    def run(self, mutants, report):
        """Reports the outcome of each mutant."""
        with ThreadPoolExecutor(JOBS) as pool:
            for done, (mutant, outcome) in enumerate(zip(mutants, pool.map(self.outcome, mutants)), 1):
                report(mutant, outcome)
                if outcome == "missed":
                    print(f"[{done}/{len(mutants)}] missed: {mutant.name}", flush=True)

    def outcome(self, mutant):
        """Runs the tests in groups that grow, the fastest tests first."""
        names = self.tests.get(mutant.number, [])
        # Most of the time of a fast test is the start of the process.
        start = min(self.seconds.values())
        sums = accumulate(self.seconds[name] - start for name in names)
        layer = mutant.file[mutant.file.index("src/") + 4:].split("/")[0] + "::"
        names = [name for name, seconds in zip(names, sums) if seconds <= self.budget or name.startswith(layer)]
        size, most = self.GROUP
        while names:
            group, names = names[:size], names[size:]
            outcome = self.start(self.command(group), {"RS2N_MUTANT": str(mutant.number)},
                                 self.ALLOWANCE + 10 * sum(self.seconds[name] for name in group))[0]
            if outcome != "missed":
                return outcome
            size = min(size * 3, most)
        return "missed"

    def start(self, command, variables, seconds):
        """Runs the tests; returns an outcome and the output."""
        limits = lambda: self.limit(int(seconds))
        process = subprocess.Popen(command, cwd=self.cwd, text=True, errors="replace",
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                                   env={**os.environ, **variables}, preexec_fn=limits, start_new_session=True)
        try:
            # Processor time has a limit too, which is reached first unless the machine is busy or the test waits.
            output = process.communicate(timeout=self.PATIENCE * seconds)[0]
        except subprocess.TimeoutExpired:
            return "timeout", ""
        finally:
            # Children of the test that it has not reaped.
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        if process.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
            return "timeout", output
        return "missed" if process.returncode == 0 else "caught", output

    def limit(self, seconds):
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (self.MEMORY, self.MEMORY))


class UnitTests(Judge):
    """The unit tests of a crate, which are in one executable."""

    def __init__(self, tree, package, quick):
        self.executable = tree.build_test(package)
        self.cwd = tree.path / ("core" if package == "rs2n-core" else ".")
        identity = f"{self.executable} {self.executable.stat().st_mtime_ns}"
        super().__init__(tree.path.parent / f"lib-{package}.json", identity, 8 if quick else float("inf"))

    def names(self):
        names = self.start([self.executable, "--list", "--format=terse"], {}, 60)[1]
        return [line.removesuffix(": test") for line in names.splitlines() if line.endswith(": test")]

    def command(self, names):
        return [self.executable, "--test-threads=1", "--exact", *names]


class Programs(Judge):
    """The programs in tests/c, and that of tests/null_arguments.rs.

    They run natively, and are linked with the library that has all mutants.
    """

    # Seconds of the programs that are run for one mutant: all, or with --quick.
    BUDGETS = (60, 20)
    ALLOWANCE = 5
    PATIENCE = 2
    GROUP = (1, 1)
    # Arguments after the folder of certificates, as in tests/c_programs.rs.
    ARGUMENTS = {
        "async_threads": ["16"],
        "capture": ["13", "{folder}/capture.pcap", "{folder}/capture.keys"],
        "encrypted_keys": ["{certs}/encrypted", "quick"],
        "shared_config": ["100"],
        "threads": ["2"],
    }
    # Two take minutes: every cut of a handshake, and the transfer of a gibibyte. The third maps more than `MEMORY`.
    LEFT_OUT = {"cut", "large", "pending"}

    def __init__(self, tree, _, quick):
        self.folder = self.cwd = tree.path.parent / "programs"
        self.headers = [tree.path / "include", tree.path / "tests/c", self.folder]
        self.folder.mkdir(exist_ok=True)
        library = tree.build_library()
        for name in ("libs2n.so", "libs2n.so.1"):
            shutil.copyfile(library, self.folder / name)
        self.certs = certificates(tree.path)
        self.error_table(tree.path / "tests/abi/errors.tsv")
        shutil.copyfile(tree.null_arguments(), self.folder / "null_arguments.c")
        self.sources = {path.stem: path for path in [*(tree.path / "tests/c").glob("*.c"), *self.folder.glob("*.c")]}
        identity = hashlib.sha256(library.read_bytes())
        for path in sorted([*(tree.path / "tests/c").iterdir(), *self.sources.values()]):
            identity.update(path.read_bytes())
        cache = tree.path.parent / f"{type(self).__name__}.json"
        super().__init__(cache, identity.hexdigest(), self.BUDGETS[quick])

    def names(self):
        names = sorted(set(self.sources) - self.LEFT_OUT)
        with ThreadPoolExecutor(JOBS) as pool:
            list(pool.map(self.compile, names))
        return names

    def compile(self, name):
        headers = [part for folder in self.headers for part in ("-I", folder)]
        subprocess.run(["gcc", "-std=gnu11", "-O1", "-pthread", *headers, self.sources[name], "-o", self.folder / name,
                        "-L", self.folder, "-ls2n", f"-Wl,-rpath,{self.folder}"], check=True)

    def command(self, names):
        [name] = names
        arguments = [one.format(certs=self.certs, folder=self.folder) for one in self.ARGUMENTS.get(name, [])]
        return [self.folder / name, self.certs, *arguments]

    def error_table(self, path):
        """Writes the table that errors.c includes, as tests/c_programs.rs does."""
        rows = [row.split("\t") for row in path.read_text().splitlines()[1:]]
        rows = [f"    {{ {number}, {kind}, \"{name}\", {json.dumps(message)} }}," for name, kind, number, message in rows]
        head = "static const struct { int number; int type; const char *name; const char *message; } ERRORS[] = {"
        (self.folder / "error_table.h").write_text("\n".join([head, *rows, "};", ""]))


class CheckedPrograms(Programs):
    """The same under valgrind, which finds leaks and uses of freed memory."""

    BUDGETS = (30, 10)
    ALLOWANCE = 20
    MEMORY = resource.RLIM_INFINITY

    def command(self, names):
        return ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=definite",
                "--errors-for-leak-kinds=definite", *super().command(names)]


def certificates(root):
    """Returns the folder of the certificates, which are made again each day: some are valid for days only."""
    folder = root.parent / "certs"
    script = hashlib.sha256((root / "tests/certs/make.sh").read_bytes()).hexdigest()
    mark = folder / f"made-{datetime.now(timezone.utc):%F}-{script[:16]}"
    if not mark.exists():
        shutil.rmtree(folder, ignore_errors=True)
        for arguments in (["make.sh", folder], ["encrypted_keys.sh", folder, folder / "encrypted"]):
            subprocess.run(["sh", root / "tests/certs" / arguments[0], *arguments[1:]], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        mark.touch()
    return folder
