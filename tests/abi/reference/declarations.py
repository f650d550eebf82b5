"""Prints the functions that the headers of s2n-tls declare as exported, as the rows of ../functions.tsv.

usage: declarations.py SOURCE-DIRECTORY TYPES

SOURCE-DIRECTORY is the directory `lib` of the crate s2n-tls-sys. Fails if a header of the API has a name that is
neither a function nor in the table TYPES.
"""

import pathlib
import re
import sys

# Exported functions outside of the API's headers, for integrations with s2n-quic and for tests.
INTERNAL = ["tls/s2n_internal.h", "tls/s2n_quic_support.h", "tls/s2n_tls13.h"]
# Definitions for building the library or for including its headers, which are not part of the interface.
PRIVATE = re.compile(r"^S2N_(API|PRIVATE_API|EXPORTS)$|_H$")


def code(path):
    """Returns the text of a header without comments and attributes."""
    text = re.sub(r"/\*.*?\*/", " ", path.read_text(), flags=re.DOTALL)
    text = re.sub(r"//[^\n]*", " ", text).replace("\\\n", " ")
    return re.sub(r"__attribute__\(\(\w+\)\)", " ", text)


def functions(text, function_types):
    """Yields the name, result and parameters of each exported function.

    C converts a parameter of a function type to a pointer; the table has the pointer.
    """
    for found in re.finditer(r"\bS2N_(?:PRIVATE_)?API\b([^;#]*?\))\s*;", text):
        declaration = " ".join(found[1].split())
        declaration = re.sub(r"^extern ", "", declaration)
        result, name, parameters = re.match(r"(.*?[\s*])(\w+)\s?\((.*)\)$", declaration).groups()
        parameters = re.sub(rf"\b({function_types}) (?=\w)", r"\1 *", parameters)
        yield name, result.strip(), parameters.strip() or "void"


def main():
    source, types = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).read_text()
    function_types = "|".join(re.findall(r"^callback\t\S+\t(\w+)\tfunction type\t", types, re.MULTILINE))
    api = [source / "api" / "s2n.h", *sorted((source / "api" / "unstable").glob("*.h"))]
    rows = {}
    for path in api + [source / name for name in INTERNAL]:
        for name, result, parameters in functions(code(path), function_types):
            rows[name] = (result, parameters)

    known = set(rows) | set(re.findall(r"\w+", types))
    unknown = set()
    for path in api:
        lines = code(path).splitlines()
        text = "\n".join(line for line in lines if not re.match(r"\s*#(?!\s*define)", line))
        names = set(re.findall(r"\b[sS]2[nN]_\w+", text))
        unknown |= {name for name in names - known if not PRIVATE.search(name)}
    if unknown:
        sys.exit(f"not in the table of types: {' '.join(sorted(unknown))}")

    print("name\treturn\tparameters")
    for name, columns in sorted(rows.items()):
        print(name, *columns, sep="\t")


main()
