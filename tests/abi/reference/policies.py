"""Writes the rows and lists of core/src/policy/table from the rows of ../policies.tsv.

usage: policies.py POLICIES TABLE-DIRECTORY

The enumerations of suites, groups and schemes are kept: a code point that they lack is an error. A list has the
name of the first policy with a date that uses it, or of the first policy.
"""

import pathlib
import re
import sys
import textwrap

WIDTH = 100
VERSIONS = {"30": "Ssl3", "31": "Tls10", "32": "Tls11", "33": "Tls12", "34": "Tls13"}
KEYS = {
    "ecdsa384 rsa3072 rsa4096 rsa_pss3072 rsa_pss4096": "CNSA_1",
    "mldsa_87": "CNSA_2",
}
PREFIXES = {"ELBSecurityPolicy": "ELB", "CloudFront": "CF", "AWS-CRT-SDK": "CRT"}


def identifier(name):
    """Returns the name of the list of a policy."""
    for prefix, short in PREFIXES.items():
        name = re.sub(f"^{prefix}", short, name)
    name = re.sub(r"\W", "_", name).upper()
    return f"V{name}" if name[0].isdigit() else name


class Lists:
    """The lists of one enumeration, in a file of the table."""

    def __init__(self, path):
        self.path = path
        self.text = path.read_text()
        self.variants = {number: name for name, number in re.findall(r"(\w+) = 0x([0-9a-f]{4}),", self.text)}
        self.uses = {}
        self.names = {}

    def add(self, wire, policy, is_chain=False):
        """Adds the use of a list by a policy with these names."""
        items = tuple(self.variants[number] for number in wire.split())
        self.uses.setdefault(items, []).append((policy, is_chain))

    def choose_names(self):
        for items, uses in self.uses.items():
            names = [name for policy, _ in uses for name in policy]
            name = identifier(next((name for name in names if name.isdigit()), names[0]))
            self.names[items] = name + ("_CHAIN" if all(is_chain for _, is_chain in uses) else "")
        assert len(set(self.names.values())) == len(self.names), "distinct names"

    def name(self, wire):
        return self.names[tuple(self.variants[number] for number in wire.split())]

    def write(self):
        lines = []
        for items, name in self.names.items():
            line = f"    {name} = {' '.join(items)};"
            lines += [line] if len(line) <= WIDTH else [f"    {name} =", *wrap(" ".join(items) + ";")]
        head, body = re.match(r"(.*?\nlists! \{ \w+:\n).*?\n(\}.*)", self.text, re.DOTALL).groups()
        self.path.write_text(head + "\n".join(lines) + "\n" + body)


def wrap(text):
    indent = " " * 8
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def row(columns, suites, groups, schemes):
    """Returns the lines of a policy."""
    names, minimum, suite, group, scheme, chain, keys, local, boosting, preferred = columns
    fields = [suites.name(suite), groups.name(group), schemes.name(scheme)]
    if chain != "-":
        fields.append(f"certificate_schemes: Some(schemes::{schemes.name(chain)})")
    if keys != "-":
        fields.append(f"certificate_keys: Some(keys::{KEYS[keys]})")
    if local == "1":
        fields.append("checks_local_certificates: true")
    if boosting == "1":
        fields.append("boosts_chacha20: true")
    if preferred != "-":
        fields.append(f"strongly_preferred: Some(Group::{groups.variants[preferred]})")

    quoted = ", ".join(f'"{name}"' for name in names.split())
    start = f"[{quoted}] {VERSIONS[minimum]},"
    line = f"    {start} {', '.join(fields)};"
    if len(line) <= WIDTH:
        return [line]
    lines = textwrap.wrap(start, WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 8, break_on_hyphens=False)
    current = "       "
    for field in fields:
        part = f" {field}" + (";" if field is fields[-1] else ",")
        if len(current + part) > WIDTH:
            lines.append(current)
            current = "       "
        current += part
    return [*lines, current]


def main():
    table = pathlib.Path(sys.argv[2])
    suites, groups, schemes = (Lists(table / f"{name}.rs") for name in ["suites", "groups", "schemes"])
    lines = [line.split("\t") for line in pathlib.Path(sys.argv[1]).read_text().splitlines()[1:]]
    policies = [line for line in lines if line[1] != "deprecated"]
    deprecated = [f'    "{name}",' for name, *columns in lines if columns == ["deprecated"]]
    for names, _, suite, group, scheme, chain, *_ in policies:
        names = names.split()
        suites.add(suite, names)
        groups.add(group, names)
        schemes.add(scheme, names)
        if chain != "-":
            schemes.add(chain, names, is_chain=True)
    for lists in [suites, groups, schemes]:
        lists.choose_names()
        lists.write()
    rows = [line for policy in policies for line in row(policy, suites, groups, schemes)]

    path = table / "policies.rs"
    text = path.read_text()
    text = replaced(text, r"\nrows! \{\n", "\n".join(rows), r"\n\}")
    text = replaced(text, r"DEPRECATED: &\[&str\] = &\[\n", "\n".join(deprecated), r"\n\];")
    path.write_text(text)


def replaced(text, start, new, end):
    found = re.search(rf"({start}).*?({end})", text, re.DOTALL)
    return text[: found.end(1)] + new + text[found.start(2) :]


main()
