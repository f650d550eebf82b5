"""Boxes, arrows and texts of an SVG picture, in the style that all pictures share.

A picture is 440 units wide and has texts of 12.5 to 15 units, so that it can be read on a phone. Its size on a wide
page is that of SCALE. Colours follow the reader's colour scheme; the card behind a picture keeps it readable on
a page that does not.
"""

from xml.sax.saxutils import escape

WIDTH = 440
SCALE = 1.25
LINE = 17

NARROW = frozenset("ijl.,:;'|!()[]ftrI/- ")
WIDE = frozenset("ABCDEFGHKLMNOPQRSTUVWXYZmw_&%@#=+<>")

# Of each kind of box: light fill and stroke, dark fill and stroke.
KINDS = {
    "plain": ("#f6f8fa", "#6e7781", "#21262d", "#8b949e"),
    "call": ("#e5f1fd", "#0969da", "#12263f", "#58a6ff"),
    "safe": ("#e3f6e8", "#1a7f37", "#12291b", "#3fb950"),
    "raw": ("#fff0e0", "#bc4c00", "#33200f", "#f0883e"),
    "crypto": ("#f6eefe", "#8250df", "#251b38", "#bc8cff"),
    "bad": ("#ffebe9", "#cf222e", "#35181a", "#ff7b72"),
}
# Of each kind of text or line: light and dark.
INKS = {
    "ink": ("#1f2328", "#e6edf3"),
    "muted": ("#57606a", "#9da7b3"),
    "good": ("#1a7f37", "#56d364"),
    "wrong": ("#cf222e", "#ff7b72"),
    "blue": ("#0969da", "#79c0ff"),
}


def style():
    sans = "'Helvetica Neue', 'Segoe UI', Roboto, Arial, 'Liberation Sans', sans-serif"
    mono = "ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace"
    light = [
        f"text {{ font: 13.5px {sans} }}",
        f".code {{ font: 12.5px {mono} }}",
        ".small { font-size: 12.5px }",
        ".strong { font-weight: 600 }",
        ".title { font-size: 15px; font-weight: 600 }",
        ".box, .line { stroke-width: 1.5 }",
        ".line { fill: none; stroke-linejoin: round }",
        ".dashed { stroke-dasharray: 5 4 }",
        ".halo { stroke-width: 5; stroke-linejoin: round; paint-order: stroke }",
    ]
    light += colours(0)
    dark = colours(1)
    return "\n".join(["<style>", *light, "@media (prefers-color-scheme: dark) {", *dark, "}", "</style>"])


def colours(scheme):
    card = (("#ffffff", "#d0d7de"), ("#0d1117", "#30363d"))[scheme]
    rules = [
        f".card {{ fill: {card[0]}; stroke: {card[1]} }}",
        f".halo {{ stroke: {card[0]} }}",
        f".frame {{ stroke: {card[1]} }}",
    ]
    for name, pairs in KINDS.items():
        fill, stroke = pairs[2 * scheme : 2 * scheme + 2]
        rules.append(f".{name} {{ fill: {fill}; stroke: {stroke} }}")
    for name, inks in INKS.items():
        ink = inks[scheme]
        rules.append(f"text.{name}, tspan.{name}, .head-{name} {{ fill: {ink} }}")
        rules.append(f".line-{name} {{ stroke: {ink} }}")
    return rules


class Box:
    """A rectangle, from whose edges arrows start."""

    def __init__(self, x, y, w, h):
        self.x, self.y, self.w, self.h = x, y, w, h

    def top(self, part=0.5):
        return (self.x + self.w * part, self.y)

    def bottom(self, part=0.5):
        return (self.x + self.w * part, self.y + self.h)

    def left(self, part=0.5):
        return (self.x, self.y + self.h * part)

    def right(self, part=0.5):
        return (self.x + self.w, self.y + self.h * part)


class Picture:
    """A picture with a title and a description for readers who cannot see it."""

    def __init__(self, title, description, height, width=WIDTH):
        self.title, self.description = title, description
        self.width, self.height = width, height
        self.parts = []
        self.heads = set()

    def text(self, x, y, content, kind="", anchor="start", ink="ink"):
        classes = " ".join([ink, *kind.split()])
        self.parts.append(
            f'<text x="{number(x)}" y="{number(y)}" class="{classes}" text-anchor="{anchor}">'
            f"{escape(content)}</text>"
        )

    def lines(self, x, y, contents, anchor="start", ink="ink", kind=""):
        """Texts below each other. `!` begins a strong one, `$` one in code, `~` a small one."""
        for content in contents:
            marks = {"!": "strong", "$": "code", "~": "small"}
            own = marks.get(content[:1], "")
            self.text(x, y, content[1:] if own else content, f"{own} {kind}".strip(), anchor, ink)
            y += LINE

    def box(self, x, y, w, contents, kind="plain", h=None, align="middle"):
        """A box with lines of text. Fails if one is too long for it."""
        for content in contents:
            if extent(content) > w - 6:
                raise ValueError(f"{self.title}: a box of {w} is too narrow for {content!r}")
        h = h or LINE * len(contents) + 13
        self.parts.append(
            f'<rect x="{number(x)}" y="{number(y)}" width="{number(w)}" height="{number(h)}" rx="6"'
            f' class="box {kind}"/>'
        )
        start = y + (h - LINE * len(contents)) / 2 + 13
        self.lines(x + w / 2 if align == "middle" else x + 10, start, contents, align)
        return Box(x, y, w, h)

    def zone(self, x, y, w, h, kind):
        """A frame around boxes."""
        return self.box(x, y, w, [], kind, h)

    def arrow(self, *points, ink="muted", dashed=False, both=False):
        """A line through points, with a head at the last one."""
        self.line(*points, ink=ink, dashed=dashed, ends="both" if both else "end")

    def line(self, *points, ink="muted", dashed=False, ends=""):
        if ends:
            self.heads.add(ink)
        path = "M" + " L".join(f"{number(x)} {number(y)}" for x, y in points)
        marks = f' marker-end="url(#head-{ink})"' if ends else ""
        marks += f' marker-start="url(#head-{ink})"' if ends == "both" else ""
        kind = f"line line-{ink}" + (" dashed" if dashed else "")
        self.parts.append(f'<path d="{path}" class="{kind}"{marks}/>')

    def label(self, x, y, contents, anchor="middle", ink="muted"):
        """Small texts, which may lie on a line."""
        self.lines(x, y, contents, anchor, ink, "small halo")

    def raw(self, part):
        self.parts.append(part)

    def svg(self):
        width, height = number(self.width * SCALE), number(self.height * SCALE)
        markers = [
            f'<marker id="head-{ink}" viewBox="0 0 10 10" refX="9.5" refY="5" markerWidth="7"'
            f' markerHeight="7" orient="auto-start-reverse"><path d="M0 0.5 L10 5 L0 9.5 z"'
            f' class="head-{ink}"/></marker>'
            for ink in sorted(self.heads)
        ]
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
                f' viewBox="0 0 {number(self.width)} {number(self.height)}" role="img"'
                ' aria-labelledby="title desc">',
                f'<title id="title">{escape(self.title)}</title>',
                f'<desc id="desc">{escape(self.description)}</desc>',
                style(),
                *(["<defs>", *markers, "</defs>"] if markers else []),
                f'<rect x="0.5" y="0.5" width="{number(self.width - 1)}"'
                f' height="{number(self.height - 1)}" rx="8" class="card"/>',
                *self.parts,
                "</svg>\n",
            ]
        )


def extent(content):
    """The approximate width of a line in a box, in a font somewhat wider than most."""
    if content.startswith("$"):
        return 0.602 * 12.5 * len(content[1:])
    size = 12.5 if content.startswith("~") else 13.5
    letters = content.lstrip("!~")
    width = sum(0.34 if letter in NARROW else 0.78 if letter in WIDE else 0.6 for letter in letters)
    return size * width


def number(value):
    """A coordinate, without needless digits."""
    return f"{value:.1f}".removesuffix(".0")
