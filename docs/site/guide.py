"""The guide as a part of the site: mdbook with the site's header, and links to the reference."""

import os
import re
import shutil
import subprocess
import sys

from page import HERE, header
from sources import PROJECT

# No page of all chapters, which would be a copy of the guide to the checks and to search engines
SETTINGS = {"MDBOOK_OUTPUT__HTML__PRINT__ENABLE": "false", "MDBOOK_BOOK__TITLE": "rs2n guide"}
# Code in the text, but not in links, blocks and headings
CODE = re.compile(r"(<a [^>]*>.*?</a>|<pre>.*?</pre>|<h[1-6][ >].*?</h[1-6]>)|<code>([^<]*)</code>", re.S)
# Code of this length may be wrapped on every page: that is a third of a table. Shorter code keeps its line where a
# table has room for it.
LONG = 30
# Languages that mdbook's highlighter does not have, which would log an error
PLAIN = re.compile(r'class="language-(?:cmake|console|text)"')


def build(mdbook, folder, stage, names):
    theme = stage / "theme"
    shutil.copytree(HERE / "guide", theme)
    for name in ("tomorrow-night", "ayu-highlight"):
        shutil.copy(theme / "highlight.css", theme / f"{name}.css")
    (theme / "header.hbs").write_text(header("guide", "{{ path_to_root }}../") + "\n")
    book = stage / "guide"
    command = [sys.executable, PROJECT / "docs/guide/build.py", mdbook, book, theme]
    subprocess.run(command, env={**os.environ, **SETTINGS}, check=True)
    # Its links are those of a server's root.
    (book / "404.html").unlink(missing_ok=True)
    book.rename(folder)
    for page in folder.rglob("*.html"):
        if page.name != "toc.html":
            root = "../" * (len(page.relative_to(folder).parts))
            text = CODE.sub(lambda found: linked(found, root, names), page.read_text())
            text = PLAIN.sub('class="nohighlight"', text)
            # The title of the book, on every page
            text = re.sub(r'<h1 class="menu-title">(.*?)</h1>', r'<div class="menu-title">\1</div>', text)
            page.write_text(text)


def linked(found, root, names):
    """The code with places to wrap it, and a link to the reference if it is a name that this has."""
    if found[1]:
        return found[0]
    place = "<wbr>" if len(found[2]) > LONG else '<wbr class="narrow">'
    text = re.sub(r"([_(,/-])(?=\w)", rf"\1{place}", found[2])
    # The highlighter would remove the places again.
    code = f'<code class="hljs nohighlight">{text}</code>'
    target = names.get(found[2].removesuffix("()"))
    return f'<a class="function" href="{root}{target}">{code}</a>' if target else code
