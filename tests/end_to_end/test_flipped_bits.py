"""One flipped bit, anywhere in what lrec keeps: never other numbers, always a line about it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from helpers.cli import SilentCallback
from helpers.flips import Flips

from lrec.data import cache
from lrec.data.dataset.csv import CSV
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.model.common import saving
from lrec.model.itemknn import ItemKNN
from lrec.training.checkpoint import Checkpoint
from lrec.training.strategy.cpu import CPU

CHECKPOINT = {
    "epoch": np.array(3),
    "best": np.array(0.25),
    "0/network/00/kernel": np.random.default_rng(0).random((40, 8), np.float32),
    "0/optimizer/00/kernel": np.random.default_rng(1).random((40, 8), np.float32),
    "past": np.array('{"history": [{"epoch": 1, "loss": 0.5}], "seconds": 1.5}'),
}


@dataclass(frozen=True)
class Kept:
    """A file that lrec keeps.

    Attributes:
        complaint: on the file as it is now; empty where it was read without one.
    """

    path: Path
    complaint: Callable[[], str]


def noted(load: Callable[[], object]) -> str:
    """The note of a loader that then gives nothing."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if load() is not None:
            return ""
    return " ".join(str(warning.message) for warning in caught)


def refused(load: Callable[[], object]) -> str:
    """The error of a loader."""
    try:
        load()
    except RuntimeError as error:
        return str(error)
    return ""


@pytest.fixture
def kept(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Kept]:
    """Prepared data, a checkpoint, and the files of a model."""
    monkeypatch.setenv("LREC_CACHE", str(tmp_path / "cache"))
    split = LeaveOneOut()(CSV(str(tiny)).load())
    (prepared,) = (tmp_path / "cache").iterdir()
    model, folder = ItemKNN(), tmp_path / "model"
    model.fit(split, None, CPU(), 1, SilentCallback())  # type: ignore[arg-type]
    saving.save(folder, model, {"_target_": "lrec.model.itemknn.ItemKNN"})
    checkpoint = Checkpoint(tmp_path, "abc")
    checkpoint.save(CHECKPOINT)
    return [
        Kept(prepared, lambda: noted(lambda: cache.load(prepared))),
        Kept(checkpoint.path, lambda: noted(checkpoint.load)),
        *(
            Kept(folder / name, lambda: refused(lambda: saving.load(folder)))
            for name in (saving.MODEL, saving.STATE, saving.CATALOGUE)
        ),
    ]


@pytest.mark.parametrize("n", [200, pytest.param(20_000, marks=pytest.mark.slow)])
def test_no_flipped_bit_is_silent(n: int, kept: list[Kept]) -> None:
    for file in kept:
        assert file.complaint() == ""
    generator, count = np.random.default_rng(15), 0
    for file in kept:
        flips = Flips(file.path)
        for position in flips.drawn(n // len(kept), generator):
            said = file.complaint()
            assert file.path.name in said, (file.path.name, position, said)
            assert "\n" not in said
            count += 1
        if n > 1000:
            assert n // len(kept) > len(flips.headers)  # a bit of every byte of the headers
        assert file.complaint() == ""
    assert count == n
