"""Builds the extension module `rs2n._native`: the library, and its functions that the package uses.

The declarations are taken from the headers of the library, so that there is no second list of them to maintain. The
folder of the headers is RS2N_INCLUDE, and that of `libs2n.a` and `private-libs`, which `make library` writes,
RS2N_BUILD.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent
INCLUDE = Path(os.environ.get("RS2N_INCLUDE", HERE.parent / "include"))
BUILD = Path(os.environ.get("RS2N_BUILD", HERE.parent / "build"))

HEADERS = ["s2n.h", "s2n/unstable/crl.h", "rs2n/rs2n.h"]

# Callbacks of the library, which `rs2n._callbacks` defines.
CALLBACKS = """
extern "Python" {
    int rs2n_py_receive(void *io, uint8_t *buffer, uint32_t size);
    int rs2n_py_transmit(void *io, const uint8_t *data, uint32_t length);
    int rs2n_py_client_hello(struct s2n_connection *conn, void *context);
    int rs2n_py_key_log(void *context, struct s2n_connection *conn, uint8_t *line, size_t length);
    int rs2n_py_crl_lookup(struct s2n_crl_lookup *lookup, void *context);
    int rs2n_py_passphrase(void *context, uint8_t *buffer, uint32_t size, uint32_t *length);
}
"""


def declarations() -> str:
    """Returns the C declarations of all that the package uses of the library."""
    headers = "\n".join((INCLUDE / name).read_text() for name in HEADERS)
    headers = re.sub(r"/\*.*?\*/", "", headers, flags=re.DOTALL)
    sources = [path.read_text() for path in sorted((HERE / "src" / "rs2n").glob("*.py"))]
    glue = re.sub(r"/\*.*?\*/", "", (HERE / "native" / "glue.h").read_text())
    own = glue + CALLBACKS

    used = set(re.findall(r"\blib\.(\w+)", "\n".join(sources)))
    used -= set(re.findall(r"\b(rs2n_py_\w+)", own))
    functions = [_function(headers, name) for name in sorted(used) if not name.startswith("S2N_")]
    constants = [_constant(headers, name) for name in sorted(used) if name.startswith("S2N_")]

    text = "\n".join(functions)
    enums = [
        _enum(headers, name)
        for name in sorted(set(re.findall(r"typedef enum \{[^}]*\} (\w+);", headers)))
        if re.search(rf"\b{name}\b", text)
    ]
    named = "\n".join(enums)
    structs = sorted(set(re.findall(r"struct (\w+)", text + own)))
    return "\n".join(
        [f"struct {name};" for name in structs]
        + enums
        + [line for line in constants if not re.search(rf"\b{line.split()[-1].rstrip(';')}\b", named)]
        + [_callback_types(headers, text), text, own]
    )


def _function(headers: str, name: str) -> str:
    found = re.search(rf"^S2N_API extern\s+([^;]*?\b{name}\([^;]*\);)", headers, re.MULTILINE)
    if not found:
        raise SystemExit(f"{name} is not declared in {', '.join(HEADERS)}")
    return found[1]


def _callback_types(headers: str, functions: str) -> str:
    types = re.findall(r"^typedef [^;]*?\(\*(\w+)\)\([^;]*\);", headers, re.MULTILINE)
    wanted = [name for name in types if re.search(rf"\b{name}\b", functions)]
    return "\n".join(
        re.search(rf"^typedef [^;]*?\(\*{name}\)\([^;]*\);", headers, re.MULTILINE)[0]  # type: ignore[index]
        for name in wanted
    )


def _enum(headers: str, name: str) -> str:
    return re.search(rf"typedef enum \{{[^}}]*\}} {name};", headers)[0]  # type: ignore[index]


def _constant(headers: str, name: str) -> str:
    if not re.search(rf"\b{name}\b", headers):
        raise SystemExit(f"{name} is not declared in {', '.join(HEADERS)}")
    return f"static const int {name};"


def builder() -> FFI:
    """Returns the builder of the extension module, for setup.py."""
    ffi = FFI()
    ffi.cdef(declarations())
    includes = "".join(f"#include <{name}>\n" for name in HEADERS)
    ffi.set_source(
        "rs2n._native",
        includes + (HERE / "native" / "glue.c").read_text(),
        include_dirs=[str(INCLUDE)],
        # Without debug information, which contains the folder of the build: equal sources give equal wheels.
        extra_compile_args=["-g0"],
        extra_objects=[str(BUILD / "libs2n.a")],
        # The static library has the API as global symbols: in the extension they are local, so that another
        # libs2n.so.1 in the process and this one do not use each other's.
        extra_link_args=["-Wl,--exclude-libs,ALL", "-Wl,-z,relro,-z,now,-z,noexecstack,-z,nodelete,--build-id"]
        + [option for option in (BUILD / "private-libs").read_text().split() if option != "-lc"],
        py_limited_api=True,
    )
    return ffi
