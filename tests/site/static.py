"""Checks of the files of the site: syntax of HTML, links, and what they load."""

import pathlib
import re
import urllib.parse

import html5lib

LOADS = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "link": "href",
    "source": "src",
    "object": "data",
    "use": "href",
}
IN_STYLES = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")


def check(folder, pages):
    documents = {}
    found = []
    for page in pages:
        text = (folder / page).read_text()
        parser = html5lib.HTMLParser()
        documents[page] = parser.parse(text)
        for (line, _), code, _ in parser.errors:
            found.append((page, f"HTML: {code} in line {line}"))
    fragments = {page: fragments_of(document) for page, document in documents.items()}
    for page, document in documents.items():
        found += [(page, fault) for fault in repeated(document)]
        for element in document.iter():
            found += [(page, fault) for fault in targets(folder, page, element, fragments)]
    found += styles(folder)
    return found


def local_name(element):
    return element.tag.split("}")[-1] if isinstance(element.tag, str) else ""


def fragments_of(document):
    found = set()
    for element in document.iter():
        found |= {element.get("id"), element.get("name")}
    return found


def repeated(document):
    """The fragments that two elements have."""
    seen = set()
    for element in document.iter():
        name = element.get("id")
        if name and name in seen:
            yield f"repeated id: {name}"
        seen.add(name)


def targets(folder, page, element, fragments):
    """The faults of what an element links to or loads."""
    name = local_name(element)
    attribute = LOADS.get(name)
    if attribute and element.get(attribute):
        yield from target(folder, page, element.get(attribute), fragments, loads=True)
    elif name == "a" and element.get("href") is not None:
        yield from target(folder, page, element.get("href"), fragments, loads=False)


def target(folder, page, address, fragments, loads):
    url = urllib.parse.urlsplit(address)
    if url.scheme == "data":
        return
    if url.scheme or url.netloc:
        if loads or url.scheme not in ("https", "mailto"):
            yield f"loads from outside of the folder: {address}" if loads else f"unknown scheme: {address}"
        return
    path = (folder / page).parent / urllib.parse.unquote(url.path) if url.path else folder / page
    path = path.resolve()
    if url.path.startswith("/") or not path.is_relative_to(folder):
        yield f"leads outside of the folder: {address}"
    elif not path.is_file():
        yield f"dead link: {address}"
    elif url.fragment and path.suffix == ".html":
        of_page = fragments.get(str(path.relative_to(folder)), ())
        if urllib.parse.unquote(url.fragment) not in of_page:
            yield f"dead fragment: {address}"


def styles(folder):
    for path in sorted(folder.rglob("*.css")):
        for found in IN_STYLES.finditer(path.read_text()):
            address = found[1] or found[2]
            is_inside = not re.match(r"[a-z]+:|/", address) or address.startswith("data:")
            name = str(path.relative_to(folder))
            if not is_inside:
                yield name, f"loads from outside of the folder: {address}"
            elif (
                not address.startswith("data:")
                and not (path.parent / pathlib.Path(address.split("#")[0].split("?")[0])).exists()
            ):
                yield name, f"dead link: {address}"
