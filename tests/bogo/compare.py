"""Compares the output of the runner with the list of failures that are expected.

usage: compare.py RESULTS OUTPUT UNIMPLEMENTED
"""

import collections
import fnmatch
import re
import sys


def read_list(path):
    """Returns (pattern, reason) for each line; a reason is a comment above the patterns."""
    patterns, reason = [], []
    for line in open(path):
        line = line.strip()
        if line.startswith("#"):
            reason.append(line.lstrip("# "))
        elif not line:
            reason = []
        else:
            patterns.append((line, " ".join(reason)))
    return patterns


def main():
    expected = read_list(sys.argv[1])
    states = collections.defaultdict(set)
    for state, name in re.findall(r"^(PASSED|FAILED|UNIMPLEMENTED) \((.*)\)$", open(sys.argv[2]).read(), re.M):
        states[state].add(name)
    problems = [f"{pattern}: no reason" for pattern, reason in expected if not reason]
    listed = set()
    for pattern, _ in expected:
        matcher = re.compile(fnmatch.translate(pattern))
        failed = {name for name in states["FAILED"] if matcher.match(name)}
        listed |= failed
        passed = [name for name in states["PASSED"] if matcher.match(name)]
        problems += [f"{name}: in the list as {pattern}, and passed" for name in passed]
        if not failed:
            problems.append(f"{pattern}: in the list, and no test of it failed")
    problems += [f"{name}: failed, and is not in the list" for name in states["FAILED"] - listed]

    flags = collections.Counter(open(sys.argv[3]).read().split("\n")[:-1])
    print("unimplemented, by the first flag:")
    for flag, count in flags.most_common():
        print(f"{count:6}  {flag}")
    counts = {state: len(states[state]) for state in ("PASSED", "FAILED", "UNIMPLEMENTED")}
    print(f"{counts['PASSED']} passed, {counts['FAILED']} failed, {counts['UNIMPLEMENTED']} unimplemented")
    for problem in sorted(problems):
        print(problem)
    if not states["PASSED"]:
        problems.append("no test has passed")
    sys.exit(1 if problems else 0)


main()
