"""docs/components.md follows conf/."""

from __future__ import annotations

from pathlib import Path

import docs_components


def test_page_is_up_to_date(tmp_path: Path) -> None:
    docs_components.main([str(tmp_path / "page.md")])
    page = (tmp_path / "page.md").read_text()
    assert page == docs_components.PAGE.read_text(), "run scripts/docs_components.py"


def test_page_names_every_option() -> None:
    page = docs_components.PAGE.read_text()
    options = {path.stem for path in docs_components.options()}
    assert {option for option in options if f"| `{option}`" not in page} == set()


def test_opening_is_the_first_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("# @package x\n# One (Li et al. 2020),\n# two. Three.\n#   lrec train\nk: 1\n")
    assert docs_components.opening(path) == "One (Li et al. 2020), two"
