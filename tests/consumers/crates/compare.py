"""Compares the failed tests with the expected failures.

usage: compare.py LIST LOG CARGO-STATUS
"""

import re
import sys

expected_file, log_file, status = sys.argv[1:]

with open(expected_file) as text:
    expected = set(re.findall(r"^\| `(\S+ \S+)` \|", text.read(), re.MULTILINE))

outcomes, program, started, finished = {}, None, 0, 0
with open(log_file, errors="replace") as log:
    for line in log:
        if found := re.match(r"\s+Running .*/(\w+)-\w+\)$", line):
            program, started = found[1], started + 1
        elif found := re.match(r"test (\S+)(?: - should panic)? \.\.\. (\w+)$", line):
            outcomes[f"{program} {found[1]}"] = found[2]
        elif line.startswith("test result: "):
            finished += 1

failed = {name for name, outcome in outcomes.items() if outcome == "FAILED"}
passed = {name for name, outcome in outcomes.items() if outcome == "ok"}
errors = [f"unexpected failure: {name}" for name in sorted(failed - expected)]
errors += [f"unexpected success: {name}" for name in sorted(expected & passed)]
errors += [f"expected failure of an unknown test: {name}" for name in sorted(expected - failed - passed)]
# Cargo fails if a test fails, or if it could not run all tests.
if not outcomes or started != finished or (status != "0") != bool(failed):
    errors.append(f"incomplete test programs: {started} started, {finished} finished")
if errors:
    with open(log_file, errors="replace") as log:
        sys.stdout.write(log.read())
    sys.exit("\n".join(errors))
print(f"tests of the crates: {len(passed)} passed, {len(failed)} failed as expected")
