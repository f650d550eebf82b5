"""The data of the site, read from the pages and tables of the project."""

import collections
import pathlib
import re

PROJECT = pathlib.Path(__file__).resolve().parents[2]

Function = collections.namedtuple("Function", "name area status note")
Difference = collections.namedtuple("Difference", "section title text")
Policy = collections.namedtuple("Policy", "name versions parameters unsupported section")

FUNCTION = re.compile(r"`(r?s2n_[a-z0-9_]+)(?:\(\))?`")


def text_of(path):
    return (PROJECT / path).read_text()


def version():
    return re.search(r'^version = "(.*)"', text_of("Cargo.toml"), re.M)[1]


def sections(text):
    """The parts of a page below its headings: pairs of a title and the lines below it."""
    parts = re.split(r"^##+ (.*)\n", text, flags=re.M)
    return list(zip(parts[1::2], parts[2::2]))


def slug(title):
    """The fragment of a heading, as in the guide and in the pages of a forge."""
    return re.sub(r"[^\w-]", "", title.lower().replace(" ", "-"))


def code_block(page, name):
    """The code block of a page that begins with the comment that names its file."""
    found = re.search(rf"^```c\n/\* {re.escape(name)} \*/\n(.*?)^```", text_of(page), re.M | re.S)
    return found[1]


def cells(line):
    """The cells of a row of a Markdown table."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def functions():
    """Every exported function: area, status, and why it is refused."""
    found = []
    for area, text in sections(text_of("docs/COMPATIBILITY.md")):
        if area == "Unsupported features":
            continue
        for line in text.splitlines():
            if line.startswith("Work: "):
                found += [Function(name, area, "works", "") for name in FUNCTION.findall(line)]
            elif line.startswith("| `"):
                name, note = cells(line)[:2]
                status = "extension" if area == "Extensions" else "refused"
                found.append(Function(name.strip("`"), area, status, note))
    check_functions(found)
    return found


def check_functions(found):
    """Fails unless the functions are those of the header, so that a changed page cannot lose one."""
    listed = {function.name for function in found}
    tables = ("tests/abi/functions.tsv", "tests/abi/extensions.tsv")
    declared = {row.split("\t")[0] for table in tables for row in text_of(table).splitlines()[1:]}
    if listed != declared or len(found) != len(listed):
        raise SystemExit(f"docs/COMPATIBILITY.md and tests/abi: {sorted(listed ^ declared)}")


def differences():
    """The behavioural differences, and the functions that each mentions."""
    page = text_of("docs/COMPATIBILITY.md")
    part = page.split("\n## Behavioural differences\n")[1].split("\n## ")[0]
    found = []
    for section, text in sections(part):
        for item in re.split(r"^- ", text, flags=re.M)[1:]:
            item = " ".join(item.split("\n\n")[0].split())
            title = re.match(r"\*\*(.*?)\*\*", item)[1]
            found.append(Difference(section, title, item))
    return found


def features():
    """The unsupported features: pairs of a feature and what happens."""
    page = text_of("docs/COMPATIBILITY.md")
    part = page.split("\n## Unsupported features\n")[1].split("\n## ")[0]
    return [cells(line)[:2] for line in part.splitlines() if line.startswith("| ")][2:]


# The lists of parameters of a policy in docs/policies.md
KINDS = {
    "TLS 1.3 suites": "TLS 1.3 suites",
    "TLS 1.2 suites": "TLS 1.2 suites",
    "Groups": "Groups",
    "Signature schemes": "Signature schemes",
}


def policies():
    """Every name of a policy with its supported parameters, in the order of docs/policies.md."""
    page = text_of("docs/policies.md")
    sets = {title: parameter_set(text) for title, text in sections(page)}
    names = sets_of_names(page)
    return [
        Policy(
            name,
            [] if versions == "none" else versions.split(", "),
            sets[section]["supported"],
            [text for of, text in sets[section]["unsupported"] if of is None or name in of],
            section,
        )
        for name, (versions, section) in names.items()
    ]


def sets_of_names(page):
    rows = re.findall(r"^\| `(.*?)` \| (.*?) \| \[(.*?)\]\(#.*?\) \|$", page, re.M)
    section = {"rejected": "Rejected policies"}
    return {name: (versions, section.get(of, of.capitalize())) for name, versions, of in rows}


def parameter_set(text):
    supported = collections.defaultdict(list)
    unsupported = []
    for line in text.splitlines():
        kind, _, values = line.removeprefix("- ").partition(": ")
        if kind in KINDS:
            supported[kind] = values.split(", ")
        elif kind.startswith("Unsupported"):
            of = re.findall(r"`(.*?)`", kind)
            unsupported.append((of or None, values))
    return {"supported": supported, "unsupported": unsupported}
