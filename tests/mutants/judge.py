"""Runs the tests that reach a mutant, until one fails."""

import json
import os
import re
import resource
import signal
import subprocess
import tempfile
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path

JOBS = int(os.environ.get("MUTANTS_JOBS", os.cpu_count()))
# Seconds of processor time in addition to those that the tests take without a mutant, times ten.
ALLOWANCE = 10
MEMORY = 4 << 30


class Judge:
    """The tests of a binary, with the mutants that each reaches."""

    def __init__(self, tree, package, name, quick):
        self.executable = tree.executable
        self.cwd = tree.path / ("core" if package == "rs2n-core" else ".")
        self.limited = name == "lib"
        # Seconds of the tests that are run for one mutant, besides those of its layer.
        self.budget = 8 if quick else float("inf")
        self.seconds = {}
        self.tests = defaultdict(list)
        cache = tree.path.parent / f"{name}-{package}.json"
        identity = f"{self.executable} {Path(self.executable).stat().st_mtime_ns}"
        kept = json.loads(cache.read_text()) if cache.exists() else {}
        if kept.get("identity") == identity:
            self.seconds = kept["seconds"]
            self.tests |= {int(number): names for number, names in kept["tests"].items()}
        else:
            self.cover()
            cache.write_text(json.dumps({"identity": identity, "seconds": self.seconds, "tests": self.tests}))

    def cover(self):
        """Runs each test by itself, and records the mutants whose code it runs."""
        names = self.start(["--list", "--format=terse"], {}, 60)[1]
        names = [line.removesuffix(": test") for line in names.splitlines() if line.endswith(": test")]
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
        outcome, _ = self.start(["--exact", name], {"RS2N_REACHED": str(path)}, 300)
        return outcome, time.monotonic() - began, {int(line) for line in path.read_text().split()}

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
        size = 4
        while names:
            group, names = names[:size], names[size:]
            outcome = self.start(["--exact", *group], {"RS2N_MUTANT": str(mutant.number)},
                                 ALLOWANCE + 10 * sum(self.seconds[name] for name in group))[0]
            if outcome != "missed":
                return outcome
            size = min(size * 3, 50)
        return "missed"

    def start(self, arguments, variables, seconds):
        """Runs the tests; returns an outcome and the output."""
        limits = lambda: self.limit(int(seconds))
        process = subprocess.Popen([self.executable, "--test-threads=1", *arguments], cwd=self.cwd, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                                   env={**os.environ, **variables}, preexec_fn=limits, start_new_session=True)
        try:
            # Processor time has a limit too, which is reached first unless the machine is busy or the test waits.
            output = process.communicate(timeout=5 * seconds)[0]
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
        if self.limited:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
