"""The documentation's site builds, and every link on it leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import docs_site
import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import PluginError


def test_the_site_builds_without_a_broken_link(tmp_path: Path) -> None:
    config = str(docs_site.ROOT / "mkdocs.yml")
    build(load_config(config, site_dir=str(tmp_path / "site"), strict=True))
    home = (tmp_path / "site" / "index.html").read_text()
    assert "Which recommender really serves" in home
    assert 'href="comparing/"' in home
    sources = re.findall(r'<(?:script|img)[^>]* src="([^"]+)"', home)
    assert sources
    assert [source for source in sources if "//" in source] == []  # nothing from elsewhere


def test_a_link_to_a_file_that_is_not_there_ends_the_build() -> None:
    here, gone = (docs_site.LINK.search(f"[x](../lrec/{n})") for n in ("cli", "nowhere.py"))
    assert here
    assert gone
    assert docs_site.outside(here, "page.md") == "x"
    with pytest.raises(PluginError, match=r"page\.md: \.\./lrec/nowhere\.py does not exist"):
        docs_site.outside(gone, "page.md")


def test_a_page_at_the_top_links_as_one_in_docs() -> None:
    text = "[a](docs/data.md#columns) [b](lrec/model) [c](CONTRIBUTING.md) ![d](docs/by_bucket.png)"
    assert docs_site.from_top(text, "README.md") == (
        "[a](data.md#columns) [b](../lrec/model) [c](contributing.md) ![d](by_bucket.png)"
    )
