"""Functions that work, by area, counted in the tables of docs/COMPATIBILITY.md."""

import pathlib
import re

from svg import Picture

PAGE = pathlib.Path(__file__).resolve().parents[1] / "COMPATIBILITY.md"
ROW = 29
UNIT = 14.5


def areas():
    """The title of each area, its functions that work, and those that are refused."""
    _, page = PAGE.read_text().split("<!-- From here on made of ")
    for area in page.split("\n### ")[1:]:
        title, contents = area.split("\n", 1)
        work = "".join(line for line in contents.splitlines() if line.startswith("Work: "))
        refused = re.findall(r"^\| `(s2n_\w+)` \|", contents, re.M)
        yield title, re.findall(r"`(s2n_\w+)`", work), refused


def draw():
    counts = [(title, len(work), len(refused)) for title, work, refused in areas()]
    work, refused = (sum(count[index] for count in counts) for index in (1, 2))
    sentences = [
        f"{title}: {some} work" + (f", {others} are refused." if others else ".")
        for title, some, others in counts
    ]
    picture = Picture(
        "Functions that work, by area",
        f"Of {work + refused} functions {work} work, and {refused} are refused. " + " ".join(sentences),
        74 + ROW * len(counts) + 12,
    )
    picture.text(16, 28, f"{work} of {work + refused} exported functions work", "title")
    for x, kind, label in ((16, "works", "works"), (84, "refused", "is refused, with an error")):
        picture.raw(bar(x, 43, 12, 10, kind))
        picture.text(x + 18, 52.5, label, "small", ink="muted")
    y = 68
    for title, some, others in counts:
        picture.text(16, y + 14, title, "small")
        picture.text(424, y + 14, f"{some} of {some + others}", "small strong", "end")
        for kind, first, count in (("works", 0, some), ("refused", some, others)):
            if count:
                picture.raw(bar(16 + first * UNIT, y + 18, count * UNIT - 2, 6, kind))
        y += ROW
    return picture


def bar(x, y, width, height, kind):
    ink = {"works": "good", "refused": "wrong"}[kind]
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="2" class="head-{ink}"/>'
