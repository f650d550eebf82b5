"""The frame of a page: templates, and the header with the links to all parts."""

import pathlib
import string

from markup import escape
from sources import slug, version

HERE = pathlib.Path(__file__).resolve().parent
PARTS = [
    ("guide", "guide/introduction.html", "Guide"),
    ("reference", "reference/index.html", "Reference"),
    ("compatibility", "compatibility.html", "Compatibility"),
    ("policies", "policies.html", "Policies"),
    ("benchmarks", "benchmarks.html", "Benchmarks"),
]


def template(name, **values):
    return string.Template((HERE / "templates" / name).read_text()).substitute(values)


def header(part, root=""):
    """The header of a page of this part. `root` leads from the page to the folder of the site."""
    links = []
    for name, target, title in PARTS:
        current = ' aria-current="true"' if name == part else ""
        links.append(f'<a href="{root}{target}"{current}>{title}</a>')
    return (
        '<header class="site-header"><div class="inner">'
        f'<a class="brand" href="{root}index.html"><b>rs</b>2n</a>\n'
        f'<nav aria-label="Site">{" ".join(links)}</nav></div></header>'
    )


def render(part, title, description, body, root=""):
    return template(
        "page.html",
        title=escape(title),
        description=escape(description),
        header=header(part, root),
        body=body,
        root=root,
        version=version(),
    )


def select(label, options):
    """A labelled list of values for the filter: pairs of a word and a title, or groups of such pairs."""
    name = f"filter-{slug(label)}"
    parts = [f'<div><label for="{name}">{label}</label><select id="{name}"><option value="">any</option>']
    for value, title in options:
        if isinstance(title, str):
            parts.append(f'<option value="{escape(value)}">{escape(title)}</option>')
        else:
            inner = "".join(f'<option value="{escape(word)}">{escape(name)}</option>' for word, name in title)
            parts.append(f'<optgroup label="{escape(value)}">{inner}</optgroup>')
    return "".join(parts) + "</select></div>"


def filter_form(table, rows, selects):
    """The filter of a table, which a script shows."""
    return (
        f'<form class="filter" data-table="{table}" data-rows="{rows}" role="search" aria-label="Filter"'
        " hidden>\n"
        '<div class="text"><label for="filter-text">Text</label>'
        '<input type="search" id="filter-text" name="text" autocomplete="off" spellcheck="false"></div>\n'
        + "\n".join(selects)
        + '\n<button type="reset">Show all</button>\n<output aria-live="polite"></output></form>'
    )
