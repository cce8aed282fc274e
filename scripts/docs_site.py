"""Hooks of the documentation's site, which `mkdocs build --strict` calls.

README.md, CONTRIBUTING.md and CHANGELOG.md become pages, and links from pages to files of the
source, which a site does not have, become the names of these files. A link to a file that is not
there ends the build.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
PAGES = {
    "index.md": "README.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
}
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#\s]+)(#[^)\s]+)?\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that lie at the top of the repository."""
    for page, source in PAGES.items():
        text = from_top((ROOT / source).read_text(encoding="utf-8"), source)
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Replace links to the source by the names of its files."""
    return LINK.sub(lambda link: outside(link, page.file.src_uri), markdown)


def from_top(text: str, source: str) -> str:
    """A page at the top of the repository as one in docs/."""

    def link(found: re.Match[str]) -> str:
        words, target, anchor = found[1], found[2], found[3] or ""
        if re.match(r"\w+:", target):
            return found[0]
        if target in PAGES.values():
            target = next(page for page, name in PAGES.items() if name == target)
        elif target.startswith("docs/"):
            target = target.removeprefix("docs/")
        else:
            target = f"../{target}"
        return f"[{words}]({target}{anchor})"

    text = re.sub(r'(src="|!\[[^\]]*\]\()docs/', r"\1", text)
    return LINK.sub(link, text)


def outside(link: re.Match[str], page: str) -> str:
    """The words of a link out of docs/; other links as they are.

    Raises:
        PluginError: there is no such file.
    """
    words, target = link[1], link[2]
    if not target.startswith("../"):
        return link[0]
    if not (ROOT / "docs" / page).parent.joinpath(target).exists():
        raise PluginError(f"{page}: {target} does not exist")
    return str(words)
