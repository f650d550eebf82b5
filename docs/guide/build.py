#!/usr/bin/env python3
"""Builds the guide as an HTML book: `build.py MDBOOK FOLDER [THEME]` writes it to FOLDER.

THEME is a folder of files that replace parts of mdbook's pages: the site adds its header.

The chapters link to other files of the project. The book contains copies of these: Markdown pages as
chapters after those of the guide, other files unchanged.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

GUIDE = pathlib.Path(__file__).resolve().parent
PROJECT = GUIDE.parent.parent
LINK = re.compile(r"(\]\()([^)#:]+)([)#])")

WHOLE_LINK = re.compile(r"(!?)\[([^]]+)\]\(([^)#:]+)(#[^)]*)?\)")


def main(mdbook, folder, theme=None):
    # Outside the book's folder, which is published as a whole.
    stage = folder.with_name(folder.name + "-sources")
    for old in (stage, folder):
        shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(GUIDE, stage, ignore=shutil.ignore_patterns("build.py"))
    if theme:
        shutil.copytree(theme, stage / "theme")
    pages = sorted((GUIDE / "src").glob("*.md"))
    others = []
    for page in pages:
        text = LINK.sub(lambda link: within(link, page, others, stage / "src"), page.read_text())
        (stage / "src" / page.name).write_text(text)
    add_others(others, stage / "src")
    subprocess.run([mdbook, "build", "--dest-dir", folder, stage], check=True)
    check(folder)


def within(link, page, others, sources):
    """Rewrites a link of a chapter to its target within the book."""
    target = (page.parent / link[2]).resolve()
    if target.is_relative_to(GUIDE):
        return link[0]
    name = str("project" / target.relative_to(PROJECT))
    if target.is_dir():
        shutil.copytree(target, sources / name, dirs_exist_ok=True)
        name = list_files(name, sources, others)
    elif target.suffix == ".md":
        others.extend([name] * (name not in others))
    else:
        (sources / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(target, sources / name)
    return link[1] + name + link[3]


def list_files(name, sources, others):
    """Returns the page of a folder: its README.md, or a list of its files."""
    readme = f"{name}/README.md"
    if in_project(readme).exists():
        # add_others() writes it, with the links to files that were copied.
        (sources / readme).unlink(missing_ok=True)
        others.extend([readme] * (readme not in others))
        return readme
    files = sorted(path.name for path in (sources / name).iterdir() if path.is_file())
    page = f"{name}.md"
    folder = pathlib.Path(name).name
    lines = [f"# {folder}", ""] + [f"- [{file}]({folder}/{file})" for file in files]
    (sources / page).write_text("\n".join(lines) + "\n")
    others.extend([page] * (page not in others))
    return page


def add_others(others, sources):
    """Adds pages from outside the guide, without their links to files that the book does not contain."""
    summary = ["", "# Project documentation", ""]
    for name in others:
        path = sources / name
        if not path.exists():
            text = in_project(name).read_text()
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(WHOLE_LINK.sub(lambda link: kept(link, name, others, sources), text))
        title = path.read_text().split("\n", 1)[0].lstrip("# ")
        summary.append(f"- [{title}]({name})")
    with open(sources / "SUMMARY.md", "a") as file:
        file.write("\n".join(summary) + "\n")


def kept(link, name, others, sources):
    target = (in_project(name).parent / link[3]).resolve()
    if link[1] and target.is_relative_to(GUIDE / "src"):
        picture = os.path.relpath(target.relative_to(GUIDE / "src"), pathlib.Path(name).parent)
        return f"![{link[2]}]({picture})"
    path = str("project" / target.relative_to(PROJECT))
    is_copied = target.is_file() and (sources / path).exists()
    return link[0] if path in others or is_copied else link[2]


def in_project(name):
    return PROJECT / pathlib.Path(name).relative_to("project")


def check(folder):
    """Fails if the book has a dead link."""
    dead = []
    for page in folder.rglob("*.html"):
        for target in re.findall(r'href="([^"#:?]+)[#"?]', page.read_text()):
            path = (page.parent / target).resolve()
            if not path.is_relative_to(folder):
                # A link of the theme, to another part of the site
                continue
            if not path.exists() and page.name not in ("404.html", "print.html"):
                dead.append(f"{page.relative_to(folder)}: {target}")
    if dead:
        sys.exit("\n".join(dead))


main(sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), *sys.argv[3:])
