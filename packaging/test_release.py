#!/usr/bin/env python3
"""Tests the files of `make release`: checksums, bills of materials, and the crates that the binaries record.

usage: packaging/test_release.py FOLDER
"""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zlib
from pathlib import Path

ROOT = Path(__file__).parent.parent
# The parts that an advisory would most likely name: their absence would be an error of the lists.
EXPECTED = {'rustls', 'rustls-webpki', 'aws-lc-sys', 'x509-parser'}


def main(folder):
    locked = {(package['name'], package['version']): package.get('checksum')
              for package in tomllib.loads((ROOT / 'Cargo.lock').read_text())['package']}
    version = tomllib.loads((ROOT / 'Cargo.toml').read_text())['package']['version']

    check_sums(folder)
    bills = {name: check_bill(folder, name, version, locked) for name in ('rs2n', 'rs2n-tools')}
    binaries = only(folder, f'rs2n-{version}-*-*.tar.xz')
    with tempfile.TemporaryDirectory() as work, tarfile.open(binaries) as archive:
        archive.extractall(work)
        tree = only(Path(work), '*')
        check_recorded(tree / f'lib/libs2n.so.{version}', bills['rs2n'], locked)
        for tool in ('rs2nc', 'rs2nd'):
            check_recorded(tree / 'bin' / tool, bills['rs2n-tools'], locked)

    notes = (folder / f'CHANGES-{version}.md').read_text()
    assert notes.startswith('### ') and '\n## ' not in notes, notes[:100]
    check_recipes(only(folder, '*-recipes.tar.gz'), folder / f'rs2n-{version}.tar.xz')


def only(folder, pattern):
    found = list(folder.glob(pattern))
    assert len(found) == 1, (pattern, found)
    return found[0]


def check_sums(folder):
    listed = {}
    for line in (folder / 'SHA256SUMS').read_text().splitlines():
        digest, name = line.split('  ')
        listed[name] = digest
    present = {path.name: sha256(path) for path in folder.iterdir() if path.name != 'SHA256SUMS'}
    assert listed == present, (listed, present)
    print(f'SHA256SUMS: {len(present)} files')


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_bill(folder, package, version, locked):
    """Compares a bill with Cargo.lock, and returns its crates."""
    text = only(folder, f'{package}-{version}-*.cdx.json').read_text()
    assert '/tmp/' not in text and str(ROOT) not in text, 'the bill contains a path of the build'
    bill = json.loads(text)
    assert (bill['bomFormat'], bill['specVersion']) == ('CycloneDX', '1.5')
    described = bill['metadata']['component']
    assert (described['name'], described['version']) == (package, version)
    crates = set()
    for component in bill['components']:
        crate = component['name'], component['version']
        digests = [entry['content'] for entry in component.get('hashes', []) if entry['alg'] == 'SHA-256']
        assert digests == [locked[crate]] if locked[crate] else digests == [], crate
        crates.add(crate)
    assert EXPECTED <= {name for name, _ in crates}, crates
    print(f'{package}: {len(crates)} crates')
    return crates


def check_recorded(binary, bill, locked):
    """Compares the crates in a binary's section .dep-v0 with Cargo.lock and with the bill."""
    with tempfile.NamedTemporaryFile() as section:
        subprocess.run(['objcopy', '--dump-section', f'.dep-v0={section.name}', str(binary), '/dev/null'],
                       check=True)
        packages = json.loads(zlib.decompress(Path(section.name).read_bytes()))['packages']
    recorded = {(package['name'], package['version']) for package in packages}
    assert recorded <= set(locked), recorded - set(locked)
    assert EXPECTED <= {name for name, _ in recorded}, recorded
    linked = {(package['name'], package['version']) for package in packages
              if package.get('kind', 'runtime') == 'runtime' and not package.get('root')}
    assert linked <= bill, linked - bill
    print(f'{binary.name}: {len(recorded)} crates, {len(linked)} of them linked')


def check_recipes(archive, source):
    digests = {sha256(source), hashlib.sha512(source.read_bytes()).hexdigest()}
    with tarfile.open(archive) as recipes:
        texts = {member.name.partition('/')[2]: recipes.extractfile(member).read().decode()
                 for member in recipes if member.isfile()}
    with_digest = {name for name, text in texts.items() if any(digest in text for digest in digests)}
    assert with_digest == {'alpine/APKBUILD', 'arch/PKGBUILD', 'conan/conandata.yml', 'homebrew/rs2n.rb',
                           'vcpkg/portfile.cmake'}, with_digest
    print(f'recipes: {len(texts)} files')


if __name__ == '__main__':
    main(Path(sys.argv[1]))
