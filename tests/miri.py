#!/usr/bin/env python3
"""Interprets unit tests with Miri, which detects undefined behaviour: accesses outside of an object or after its end,
uninitialized and misaligned values, references that are violated, data races, leaks.

usage: tests/miri.py TOOLCHAIN [--all] [MODULE...]

tests/miri/modules.txt lists the tests; those that are marked "all" are left out without --all. Each line must match a
test that passes; the end is the number of tests that passed and of those that were ignored.
"""

import concurrent.futures
import os
import re
import subprocess
import sys

LIST = 'tests/miri/modules.txt'
# Addresses are not made from integers; an access is aligned by its type's promise, not by the luck of an address.
FLAGS = '-Zmiri-strict-provenance -Zmiri-symbolic-alignment-check'
# In how many orders the tests with threads are run
SEEDS = 4
TARGET = os.path.join(os.environ.get('CARGO_TARGET_DIR', 'target'), 'miri')

# Source and features of each package: those that it has when both are tested
PACKAGES = {'rs2n': ('src', []), 'rs2n-core': ('core/src', ['--features', 'internal-test'])}


def main(toolchain, selected):
    with_all = '--all' in selected
    selected = [name for name in selected if name != '--all']
    rows = [row for row in read_list(with_all) if not selected or any(row[1].startswith(name) for name in selected)]
    if not rows:
        sys.exit(f'no such modules in {LIST}')
    subprocess.run(['cargo', f'+{toolchain}', 'miri', 'setup', '--quiet'], check=True)

    # Two at a time, since most of the time is that of one thread.
    parts = [(package, threads) for threads in [False, True] for package in PACKAGES]
    names = {part: [row[1] for row in rows if (row[0], row[2]) == part] for part in parts}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(interpret, toolchain, part, names[part]) for part in parts if names[part]]
        counts = [future.result() for future in futures]
    failed = [message for _, _, message in counts if message]
    if failed:
        sys.exit('\n'.join(failed))
    passed, ignored = (sum(count[at] for count in counts) for at in [0, 1])
    print(f'Miri: {passed} tests passed, {ignored} ignored; each of those with threads in {SEEDS} orders')


def read_list(with_all):
    """Rows of a package, a module, and whether its tests use threads."""
    with open(LIST, encoding='utf-8') as lines:
        words = [line.split() for line in lines if line.strip() and not line.startswith('#')]
    return [(row[0], row[1], row[2:] == ['threads']) for row in words if with_all or row[2:] != ['all']]


def tests_of(source):
    """The unit tests of a package. Their names are searched here, and not by the harness, which is interpreted too."""
    for folder, _, files in sorted(os.walk(source)):
        for file in sorted(files):
            path = os.path.join(folder, file)
            module = os.path.relpath(path, source).removesuffix('.rs').removesuffix('/mod').replace('/', '::')
            with open(path, encoding='utf-8') as text:
                for indent, name in re.findall(r'^( *)#\[test\]\n(?: *#\[.*\n)* *fn (\w+)', text.read(), re.MULTILINE):
                    yield f'{module}::tests::{name}' if indent else f'{module}::{name}'


def command(toolchain):
    return ['cargo', f'+{toolchain}', 'miri', 'test', '--locked', '--lib', '--target-dir', TARGET,
            # The tests are interpreted; the machine code is that of build scripts and macros.
            '--config', 'profile.dev.package."*".opt-level=0', *without_c_code(toolchain)]


def without_c_code(toolchain):
    """The settings by which AWS-LC is not compiled: that of a library that exists, which Miri does not link."""
    version = subprocess.run(['cargo', 'pkgid', 'aws-lc-sys'], stdout=subprocess.PIPE, text=True, check=True).stdout
    links = 'aws_lc_' + re.search(r'([0-9.]+)$', version.strip())[1].replace('.', '_')
    verbose = subprocess.run(['rustc', f'+{toolchain}', '-vV'], stdout=subprocess.PIPE, text=True, check=True).stdout
    host = re.search(r'^host: (.*)$', verbose, re.MULTILINE)[1]
    key = f'target.{host}.{links}'
    return ['--config', f'{key}.rustc-cfg=["universal"]', '--config', f'{key}.include="none"']


def interpret(toolchain, part, names):
    """Runs the tests of modules. Returns how many passed, how many were ignored, and what failed."""
    package, threads = part
    source, features = PACKAGES[package]
    tests = [test for test in tests_of(source) if any(test.startswith(name) for name in names)]
    flags = FLAGS + (f' -Zmiri-many-seeds=0..{SEEDS}' if threads else '')
    outcomes = {}
    arguments = ['--package', package, *features, '--', '--test-threads=1', '--exact', *tests]
    with subprocess.Popen(command(toolchain) + arguments, env=dict(os.environ, MIRIFLAGS=flags), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as run:
        for line in run.stdout:
            print(f'{package}: {line.rstrip()}', flush=True)
            # Lines of several seeds may be mixed
            outcomes.update(re.findall(r'test (\S+)(?: - should panic)? \.\.\. (ok|ignored)', line))
    passed = [test for test, outcome in outcomes.items() if outcome == 'ok']
    if run.returncode != 0:
        return 0, 0, f'Miri: a test of {package} failed'
    for test in tests:
        if test not in outcomes:
            return 0, 0, f'Miri: {test} of {package} did not run'
    for name in names:
        if not any(test.startswith(name) for test in passed):
            return 0, 0, f'{LIST}: no test of {name} in {package} has passed'
    return len(passed), len(outcomes) - len(passed), None


if __name__ == '__main__':
    os.chdir(os.path.join(os.path.dirname(__file__), '..'))
    main(sys.argv[1], sys.argv[2:])
