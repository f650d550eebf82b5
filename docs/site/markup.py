"""Text as HTML: escaping, the inline parts of Markdown, and C with links to the reference."""

import html
import re

INLINE = re.compile(r"`(?P<code>[^`]+)`|\*\*(?P<bold>.+?)\*\*|\[(?P<text>[^\]]+)\]\((?P<target>[^)]+)\)")
TOKEN = re.compile(
    r"(?P<comment>/\*.*?\*/|//[^\n]*)"
    r'|(?P<string>"(?:\\.|[^"\\])*"|<[a-z0-9/_]+\.h>)'
    r"|(?P<directive>^[ \t]*#[a-z]+)"
    r"|(?P<number>\b[0-9][0-9a-fx]*\b)"
    r"|(?P<word>\b[A-Za-z_][A-Za-z0-9_]*\b)",
    re.S | re.M,
)
KEYWORDS = set(
    "break case char const continue default do else enum extern for goto if int long return short signed sizeof"
    " size_t ssize_t static struct switch typedef uint8_t uint32_t uint64_t union unsigned void while".split()
)


def escape(text):
    return html.escape(text, quote=True)


def breakable(name):
    """A name that may be wrapped after an underscore or a hyphen."""
    return re.sub(r"([_-])(?=\w)", r"\1<wbr>", escape(name))


def inline(text, link):
    """Markdown within a line as HTML. `link` returns the target of a link on the site, or None."""
    parts = []
    position = 0
    for found in INLINE.finditer(text.replace("\\|", "|")):
        text_before = text.replace("\\|", "|")[position : found.start()]
        parts += [escape(text_before), inline_part(found, link)]
        position = found.end()
    parts.append(escape(text.replace("\\|", "|")[position:]))
    return "".join(parts)


def inline_part(found, link):
    if found["code"]:
        return f"<code>{breakable(found['code'])}</code>"
    if found["bold"]:
        return f"<b>{inline(found['bold'], link)}</b>"
    target = link(found["target"])
    text = inline(found["text"], link)
    return f'<a href="{escape(target)}">{text}</a>' if target else text


def c_code(text, entries):
    """C with classes for its tokens. A name among `entries` links to its entry."""
    parts = []
    position = 0
    for found in TOKEN.finditer(text):
        parts += [escape(text[position : found.start()]), token(found, entries)]
        position = found.end()
    parts.append(escape(text[position:]))
    return "".join(parts)


def token(found, entries):
    text = escape(found[0])
    kind = found.lastgroup
    if kind == "word":
        if found[0] in entries:
            return f'<a href="{escape(entries[found[0]])}">{text}</a>'
        return f'<span class="keyword">{text}</span>' if found[0] in KEYWORDS else text
    return f'<span class="{kind}">{text}</span>'
