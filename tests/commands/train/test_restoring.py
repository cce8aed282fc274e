"""Models of a plugin whose `state` and `restore` miss something are not saved, and say so."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.cli import CommandLine

TEXT = """
import numpy as np
from lrec.model import Model

class Foo(Model):
    name = "foo"
    scores_empty = True

    def __init__(self) -> None:
        self.bias = np.zeros(1, np.float32)

    def fit(self, split, schedule, strategy, seed, callback):
        self.catalogue = split.catalogue
        self.items = np.arange(split.catalogue.n_items, dtype=np.float32)
        self.bias = self.items % 7

    def score(self, histories):
        return np.tile(self.items * 0.1 - self.bias, (len(histories), 1))

    def state(self):
        return {"items": self.items, "bias": self.bias}

    def restore(self, state, catalogue):
        self.catalogue = catalogue
        self.items = state["items"]
        self.bias = state["bias"]
"""
SMALL = ("plugins=[mine]", "model=foo", "dataset.n_users=300", "dataset.n_items=120")


@pytest.fixture
def folder(lrec: CommandLine, tmp_path: Path) -> Path:
    (tmp_path / "mine").mkdir()
    (tmp_path / "conf" / "model").mkdir(parents=True)
    (tmp_path / "mine" / "__init__.py").touch()
    (tmp_path / "conf" / "model" / "foo.yaml").write_text("_target_: mine.foo.Foo\n")
    lrec.give_store(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (', "bias": self.bias}', "}", "KeyError: 'bias'"),
        ('        self.bias = state["bias"]\n', "", "scores differ by 6"),
    ],
)
def test_model_that_is_another_once_restored_is_not_saved(
    lrec: CommandLine, folder: Path, old: str, new: str, why: str
) -> None:
    assert old in TEXT
    (folder / "mine" / "foo.py").write_text(TEXT.replace(old, new))
    trained = lrec(folder, "train", *SMALL)
    told = "model=foo is not the same after state and restore, which have to keep all that was "
    assert trained.rc == 0, "its metrics are right"
    assert f"the model is not saved: {told}trained: {why}" in trained.out + trained.err
    assert "lrec recommend" not in trained.out
    used = lrec(folder, "recommend", "plugins=[mine]", "run=foo", "users=all", "to=lists.csv")
    assert used.rc == 1
    assert f"has no model: {told}" in used.complaint


def test_state_that_is_no_dict_of_arrays_is_told_after_the_metrics_are_logged(
    lrec: CommandLine, folder: Path
) -> None:
    (folder / "mine" / "foo.py").write_text(
        TEXT.replace('{"items": self.items, "bias": self.bias}', "[self.items, self.bias]")
    )
    trained = lrec(folder, "train", *SMALL)
    assert trained.rc == 1
    assert trained.complaint.endswith(
        "model=foo: state must return a dict of NumPy arrays of numbers or text, by name. "
        "Received: list"
    )
    assert list(folder.rglob("metrics.json")), "of the run's folder"
