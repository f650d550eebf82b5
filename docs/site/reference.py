"""The HTML reference as a part of the site: Doxygen with the site's header, and its index of names."""

import json
import os
import pathlib
import re
import subprocess
import xml.etree.ElementTree

from markup import breakable, escape
from sources import PROJECT, version
from sources import functions as all_functions

HERE = pathlib.Path(__file__).resolve().parent
# Of the settings in packaging/reference/Doxyfile these differ. The menus of Doxygen, and its search, which
# shows the results in a frame, require scripts; here the links are in the header, and the search is the site's.
SETTINGS = """
@INCLUDE              = packaging/reference/Doxyfile
HTML_HEADER           = {stage}/header.html
HTML_FOOTER           = {here}/reference/footer.html
DISABLE_INDEX         = YES
SEARCHENGINE          = NO
ALPHABETICAL_INDEX    = NO
HTML_DYNAMIC_SECTIONS = NO
GENERATE_TAGFILE      = {stage}/names.xml
"""


def build(folder, stage, header):
    """Writes the reference to a folder, and returns the page and fragment of each name."""
    template = (HERE / "reference/header.html").read_text()
    (stage / "header.html").write_text(template.replace("@HEADER@", header))
    settings = SETTINGS.format(stage=stage, here=HERE)
    environment = {**os.environ, "VERSION": version(), "OUTPUT": str(folder)}
    subprocess.run(["doxygen", "-"], input=settings, text=True, cwd=PROJECT, env=environment, check=True)
    functions = {function.name for function in all_functions()}
    for page in folder.rglob("*.html"):
        page.write_text(with_status(with_headings(page.read_text(), page.name), functions))
    remove_unused(folder)
    by_kind = entries(stage / "names.xml")
    index(folder, by_kind)
    names = {name: target for of_kind in by_kind.values() for name, target in of_kind.items()}
    # A script, since pages that are opened as files cannot fetch data.
    lines = ",\n".join(json.dumps([name, target]) for name, target in sorted(names.items()))
    (folder / "names.js").write_text(f"const NAMES = [\n{lines}\n];\n")
    return names


def with_headings(text, name):
    """The headings of a page in order: Doxygen has no heading for the title."""
    if name == "index.html":
        text = re.sub(r"<(/?)h1>", r"<\1h2>", text)
        # The body of a page of text is within another element, which would close in the wrong order.
        text = text.replace('<div><div class="header">', '<div class="header">')
        text = text.replace("</div></div><!-- PageDoc -->", "</div>")
    # The groups of a structure are a part of its title.
    text = re.sub(
        r'<div class="title">([^<]*?)\s*(<div class="ingroups">.*?</div>)?</div>',
        r'<h1 class="title">\1</h1>\2',
        text,
        flags=re.S,
    )
    text = text.replace(
        '<div class="header">', '<main class="contents" id="contents">\n<div class="header">', 1
    )
    text = text.replace('<div class="contents">', "<div>", 1)
    text = text.replace("</div><!-- contents -->", "</div></main>", 1)
    # An anchor and a heading with the same fragment; the anchor's attribute `name` is obsolete.
    text = re.sub(r'(<a [^>]*?)id="([^"]*)" name="\2"', r'\1id="\2"', text)
    text = re.sub(r'<a name="([^"]*)" id="\1">', r'<a id="\1">', text)
    # The contents of a folder are in the list of all headers.
    text = re.sub(r'<a class="el" href="dir_[^>]*>(.*?)</a>', r"\1", text)
    # Controls of trees, which require scripts
    text = re.sub(r'<div class="levels">.*?</div>|<span id="(?:arr|img)_[^>]*>.*?</span>', "", text)
    # A heading without a description
    text = re.sub(r'<h2 class="groupheader">Detailed Description</h2>\s*(?=<h2|</div></main>)', "", text)
    return re.sub(
        r'<span class="permalink"><a href="(#[^"]*)">.*?</a></span>(\w+)(\(\))?</h2>',
        r'<span class="permalink"><a href="\1" aria-label="Link to \2">#</a></span>\2\3</h2>',
        text,
    )


def with_status(text, functions):
    """Links the entry of each function to its row in the table of compatibility."""

    def linked(found):
        if found[1] not in functions:
            return found[0]
        link = f'<a href="../compatibility.html#{found[1]}">Compatibility</a>'
        return f'{found[0]}\n<p class="compatibility">{link}</p>'

    return re.sub(r"(\w+)\(\)</h2>", linked, text)


def remove_unused(folder):
    """Removes the images and scripts of Doxygen's menus, and the indexes whose parts only these menus link."""
    for path in folder.iterdir():
        is_index = re.match(r"(globals|functions|classes|dir_)", path.name)
        if is_index or path.suffix in (".js", ".png", ".svg", ".css"):
            path.unlink()


def entries(tags):
    """Returns the target of each name in the reference, by kind: of functions, types, macros and values."""
    found = {"Functions": {}, "Types": {}, "Macros and values": {}}
    of_kind = {"function": "Functions", "define": "Macros and values", "enumvalue": "Macros and values"}
    for element in xml.etree.ElementTree.parse(tags).iter():
        name = element.findtext("name") or ""
        # Not the fields of structures, whose names are words
        if not re.match(r"r?s2n_\w+$", name, re.I):
            continue
        if element.tag == "member":
            target = f"{element.findtext('anchorfile')}#{element.findtext('anchor')}"
            # A name is a member of its header and of its group, with one entry.
            found[of_kind.get(element.get("kind"), "Types")].setdefault(name, target)
        elif element.get("kind") == "struct":
            found["Types"].setdefault(name, element.findtext("filename"))
    return found


def index(folder, entries_by_kind):
    """Writes the page of all names, which Doxygen divides among many."""
    parts = []
    for kind, entries_of_kind in entries_by_kind.items():
        items = "\n".join(
            f'<li><a href="{escape(target)}">{breakable(name)}</a></li>'
            for name, target in sorted(entries_of_kind.items())
        )
        parts.append(f'<h2>{kind}</h2>\n<ul class="names">\n{items}\n</ul>')
    # The frame of another page
    frame = (folder / "modules.html").read_text()
    before, rest = frame.split("<main", 1)
    after = rest.split("</main>", 1)[1]
    before = re.sub(r"<title>.*?</title>", "<title>Index – rs2n reference</title>", before)
    body = (
        '<main class="contents" id="contents">\n<h1 class="title">Index</h1>\n'
        + "\n".join(parts)
        + "\n</main>"
    )
    (folder / "names.html").write_text(before + body + after)
