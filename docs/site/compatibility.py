"""The page of all functions: status, and what differs from s2n-tls."""

import itertools

from markup import breakable, escape, inline
from page import filter_form, select, template
from sources import FUNCTION, differences, features, functions, slug

STATES = {"works": "works", "refused": "refused", "extension": "extension"}


def link(target):
    """The place on the site of a page that docs/COMPATIBILITY.md links to."""
    path, _, fragment = target.partition("#")
    fragment = f"#{fragment}" if fragment else ""
    if path.startswith("guide/src/"):
        return path.replace("guide/src/", "guide/").replace(".md", ".html") + fragment
    return "policies.html" if path == "policies.md" else None


def notes():
    """For each function the titles and texts that mention it."""
    found = {}
    for difference in differences():
        title = difference.title[:1].upper() + difference.title[1:]
        for name in dict.fromkeys(FUNCTION.findall(difference.text)):
            # In the row of the function its name is no title.
            of_row = difference.section if title in (f"`{name}()`", f"`{name}`") else title
            found.setdefault(name, []).append((of_row, difference.text))
    for feature, result in features():
        for name in dict.fromkeys(FUNCTION.findall(result)):
            found.setdefault(name, []).append((feature, result))
    return found


def row(function, names, details):
    entry = f'<a href="{escape(names[function.name])}"><code>{breakable(function.name)}</code></a>'
    parts = [f"<p>{inline(function.note, link)}</p>"] if function.note else []
    for title, text in details:
        parts.append(
            f"<details><summary>{inline(title, link)}</summary><p>{inline(text, link)}</p></details>"
        )
    words = [function.status, f"area-{slug(function.area)}"] + (["differs"] if details else [])
    return (
        f'<tr id="{function.name}" data-has="{" ".join(words)}"><th scope="row">{entry}</th>'
        f'<td><span class="status {function.status}">{STATES[function.status]}</span></td>'
        f'<td>{"".join(parts)}</td></tr>'
    )


def table(all_functions, names):
    details = notes()
    bodies = []
    # The functions that need attention would be lost among the others; the areas keep the order of the page.
    for area, group in itertools.groupby(all_functions, key=lambda function: function.area):
        rows = "\n".join(row(function, names, details.get(function.name, [])) for function in group)
        bodies.append(
            f'<tbody><tr><th colspan="3" scope="rowgroup" id="area-{slug(area)}">{escape(area)}</th></tr>\n'
            f"{rows}</tbody>"
        )
    titles = ("Function", "Status", "Differences and notes")
    head = "<thead><tr>" + "".join(f'<th scope="col">{title}</th>' for title in titles) + "</tr></thead>"
    return f'<div class="box functions"><table id="functions">{head}\n' + "\n".join(bodies) + "</table></div>"


def page(names, _folder):
    # The extensions follow the functions of s2n-tls.
    all_functions = sorted(functions(), key=lambda function: function.status == "extension")
    areas = dict.fromkeys(function.area for function in all_functions)
    selects = [
        select("Area", [(f"area-{slug(area)}", area) for area in areas]),
        select("Status", [*STATES.items(), ("differs", "with differences")]),
    ]
    of_api = [function for function in all_functions if function.status != "extension"]
    works = [function for function in of_api if function.status == "works"]
    refused = [function for function in of_api if function.status == "refused"]
    links = ", ".join(
        f'<a href="#{function.name}"><code>{breakable(function.name)}</code></a>' for function in refused
    )
    body = template(
        "compatibility.html",
        total=len(of_api),
        works=len(works),
        refused=len(refused),
        extensions=len(all_functions) - len(of_api),
        links=links,
        filter=filter_form("functions", "functions", selects),
        table=table(all_functions, names),
    )
    return (
        "compatibility",
        "Compatibility – rs2n",
        "Status of every function of the s2n-tls API in rs2n",
        body,
    )
