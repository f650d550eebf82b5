"""Compares the tests that failed with those that are expected to: LIST LOG STATUS-OF-CARGO."""

import re
import sys

expected_file, log_file, status = sys.argv[1:]

with open(expected_file) as text:
    expected = set(re.findall(r"^\| `(\S+ \S+)` \|", text.read(), re.MULTILINE))

outcomes, program, begun, ended = {}, None, 0, 0
with open(log_file, errors="replace") as log:
    for line in log:
        if found := re.match(r"\s+Running .*/(\w+)-\w+\)$", line):
            program, begun = found[1], begun + 1
        elif found := re.match(r"test (\S+)(?: - should panic)? \.\.\. (\w+)$", line):
            outcomes[f"{program} {found[1]}"] = found[2]
        elif line.startswith("test result: "):
            ended += 1

failed = {name for name, outcome in outcomes.items() if outcome == "FAILED"}
passed = {name for name, outcome in outcomes.items() if outcome == "ok"}
complaints = [f"fails, and should not: {name}" for name in sorted(failed - expected)]
complaints += [f"is expected to fail, and passes: {name}" for name in sorted(expected & passed)]
complaints += [f"is expected to fail, and is no test: {name}" for name in sorted(expected - failed - passed)]
# Cargo fails if a test does, or if it could not run them all.
if not outcomes or begun != ended or (status != "0") != bool(failed):
    complaints.append(f"not all test programs came to their end: {begun} began, {ended} ended")
if complaints:
    with open(log_file, errors="replace") as log:
        sys.stdout.write(log.read())
    sys.exit("\n".join(complaints))
print(f"tests of the crates: {len(passed)} passed, {len(failed)} failed as expected")
