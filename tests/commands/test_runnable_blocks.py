"""Blocks of README and docs that are marked as runnable, as they stand there, on tiny files."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.cli import CommandLine
from helpers.runnable import MARK, PAGES, ROOT, Block, blocks_of, run_blocks

OF_THEIR_OWN = {"README.md": "first commands", "shop.md": "test_shop.py"}  # and their tests
MARKED = {page.name: blocks for page in PAGES if (blocks := blocks_of(page))}


def small(words: Sequence[str]) -> list[str]:
    """Overrides that keep a command small: few users of generated data, metrics and trials."""
    more = {"tune": ["trials=2"], "compare": ["resamples=200"]}.get(words[0], [])
    if words[0] in ("train", "tune") or any(word.startswith("candidates=") for word in words):
        more.append("metric=[recall,ndcg]")
        if not any(word.startswith("dataset=") for word in words):
            more += ["dataset.n_users=300", "dataset.n_items=60"]
    return more


def make_files(folder: Path, tiny: Path) -> None:
    """What a reader has: ratings, users, a published split, another's lists, the template."""
    shutil.copytree(ROOT / "docs" / "plugin_template", folder, dirs_exist_ok=True)
    ratings = pd.read_csv(tiny)
    ratings.to_csv(folder / "ratings.csv", index=False)
    people, items = ratings["user_id"].unique(), ratings["item_id"].unique()
    draw = np.random.default_rng(3)
    users = pd.DataFrame({"user_id": people, "age": draw.integers(15, 80, len(people))})
    users.assign(country=np.where(users.index % 3 > 0, "de", "fr")).to_csv(folder / "users.csv")
    lists = [(user, item) for user in people for item in draw.permutation(items)[:20]]
    pd.DataFrame(lists, columns=["user", "item"]).to_csv(folder / "theirs.csv", index=False)
    (folder / "gowalla").mkdir()
    last = ratings.duplicated("user_id", keep="last")
    for name, part in (("train", ratings[last]), ("test", ratings[~last])):
        codes = part.assign(item=pd.factorize(ratings["item_id"])[0][part.index])
        lines = [f"{user} {' '.join(map(str, own))}" for user, own in codes.groupby("user_id").item]
        (folder / "gowalla" / f"{name}.txt").write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("page", [name for name in MARKED if name not in OF_THEIR_OWN])
def test_blocks_of_a_page_run(page: str, lrec: CommandLine, tiny: Path, tmp_path: Path) -> None:
    make_files(tmp_path, tiny)
    lrec.give_store(tmp_path)
    run_blocks(MARKED[page], tmp_path, lrec, small)


def test_readme_shows_the_line_that_a_wrong_key_gets(lrec: CommandLine, tmp_path: Path) -> None:
    sessions = [block for block in MARKED["README.md"] if block.language == "session"]
    assert len(sessions) == 1
    run_blocks(sessions, tmp_path, lrec, lambda _: [])


def test_pages_that_a_reader_begins_with_are_marked() -> None:
    assert {
        "README.md",
        "blend.md",
        "comparing.md",
        "data.md",
        "groups.md",
        "other_tools.md",
        "plugins.md",
    } <= {*MARKED}
    assert {"python.md", "shop.md", "tuning.md", "using.md"} <= {*MARKED}
    assert f"`{MARK}`" in (ROOT / "CONTRIBUTING.md").read_text()


def test_marks_are_of_blocks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        f"{MARK}\n\n    lrec train \\\n        seed=2  # a seed\n\n    lrec data\n\nEnd\n"
    )
    (block,) = blocks_of(page)
    assert block.commands == [["lrec", "train", "seed=2"], ["lrec", "data"]]
    page.write_text(f"{MARK}\n```python\nx = 1\n\ny = 2\n```\n")
    assert blocks_of(page) == [Block(page, 1, "python", "x = 1\n\ny = 2\n")]
    page.write_text(f"{MARK}\n\n    $ lrec data x\n    lrec: x: … in\n    two lines\n")
    (session,) = blocks_of(page)
    assert (session.commands, session.answers) == (
        [["lrec", "data", "x"]],
        ["lrec: x: … in two lines"],
    )
    page.write_text(f"{MARK}\nNothing.\n")
    with pytest.raises(ValueError, match=r"page\.md:1: no block"):
        blocks_of(page)
