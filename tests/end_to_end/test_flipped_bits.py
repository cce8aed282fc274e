"""One flipped bit, anywhere in what lrec keeps: never other numbers, always a line about it."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from helpers import kills
from helpers.cli import CommandLine, SilentCallback
from helpers.flips import Flips

from lrec.base.files import write_table
from lrec.base.table_files import read_parquet
from lrec.commands.runs.stored_config import read_stored_config, stored_text
from lrec.data import cache
from lrec.data.dataset.csv import CSV
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.model.common import saving
from lrec.model.itemknn import ItemKNN
from lrec.tracking import JOURNAL, entries_of
from lrec.tracking.journal import Journal
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
    (prepared,) = (tmp_path / "cache").glob("*.data")
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


@dataclass(frozen=True)
class Logged:
    """A file of a run that lrec reads again.

    Attributes:
        read: its content, in a form that can be compared.
    """

    path: Path
    read: Callable[[], object]


@pytest.fixture
def logged(tmp_path: Path) -> list[Logged]:
    """A user table, a config and a journal."""
    users, config = tmp_path / "users.parquet", tmp_path / "config.yaml"
    ranks = np.random.default_rng(0).integers(0, 40, (60, 5))
    table = {"user": [f"u{n}" for n in range(60)], "items": [list(map(str, r)) for r in ranks]}
    write_table(users, pd.DataFrame(table | {"ndcg_at_10": ranks.mean(1) / 40}))
    node = {"_target_": "lrec.model.ease.EASE", "regularization": 250.0}
    config.write_text(stored_text({"model": node, "seed": 1, "k": [10, 20]}))
    journal = Journal(tmp_path)
    for epoch in range(1, 4):
        journal.add("metrics", values={"val/ndcg_at_10/all": 0.1 * epoch}, step=epoch)
    journal.close()
    return [
        Logged(users, lambda: read_parquet(users).to_json()),
        Logged(config, lambda: read_stored_config(config, "r1")),
        Logged(tmp_path / JOURNAL, lambda: entries_of(tmp_path)),
    ]


@pytest.mark.parametrize("n", [60, pytest.param(3000, marks=pytest.mark.slow)])
def test_flipped_bit_in_what_a_run_logs_is_said_or_does_no_harm(
    n: int, logged: list[Logged]
) -> None:
    generator = np.random.default_rng(17)
    for file in logged:
        whole, count = file.read(), 0
        for position in Flips(file.path).drawn(n, generator):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                try:
                    found = file.read()
                except Exception as error:  # the commands name the file of all but the config
                    said = str(error)
                    assert file.path.suffix == ".parquet" or file.path.name in said
                    count += 1
                    continue
            said = " ".join(str(warning.message) for warning in caught)
            count += file.path.name in said
            assert file.path.name in said or found == whole, (file.path.name, position)
        assert count > 0.9 * n, file.path.name  # of a table's file, some bytes say nothing
        assert file.read() == whole


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_commands_say_what_is_damaged(lrec: CommandLine, tiny: Path, tmp_path: Path) -> None:
    """Twenty flips each of prepared data, of a checkpoint and of a model."""
    lrec.give_store(tmp_path)
    generator, kept = np.random.default_rng(16), {"LREC_CACHE": str(tmp_path / "cache")}
    data = ("dataset=csv", f"dataset.path={tiny}")
    words = ("train", *data, "split=leave_one_out", "model=vae", "schedule.epochs=1")
    assert lrec(tmp_path, *words, **kept).rc == 0
    (metrics,) = tmp_path.glob("outputs/*/*/metrics.json")
    whole = lrec(tmp_path, "data", *data, **kept)
    (prepared,) = (tmp_path / "cache").glob("*.data")
    for position in Flips(prepared).drawn(20, generator):
        answer = lrec(tmp_path, "data", *data, **kept)
        assert answer.rc == 0, position
        assert "preparing it again" in " ".join((answer.out + answer.err).split()), position
        same = {line for line in whole.out.splitlines() if not line.startswith("figure: ")}
        assert same <= set(answer.out.splitlines()), position

    (saved,) = (path.parent for path in tmp_path.glob("mlruns/**/data/model/model.json"))
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    (logged,) = mlflow.search_runs(experiment_names=["lrec"], output_format="list")
    for name, n in ((saving.MODEL, 6), (saving.STATE, 7), (saving.CATALOGUE, 7)):
        for position in Flips(saved / name).drawn(n, generator):
            answer = lrec(tmp_path, "recommend", f"run={logged.info.run_id}", "history=[i1]")
            assert answer.rc == 1, (name, position)
            assert name in answer.complaint, (name, position)

    folder = killed_in_training(tmp_path, words, kept)
    for number, position in enumerate(Flips(folder / "checkpoint.npz").drawn(20, generator)):
        copy = tmp_path / f"copy{number}"
        shutil.copytree(folder, copy)
        answer = lrec(tmp_path, "train", f"resume={copy}", **kept)
        assert answer.rc == 0, position
        assert "checkpoint.npz is damaged" in " ".join((answer.out + answer.err).split()), position
        assert (copy / "metrics.json").read_text() == metrics.read_text(), position


def killed_in_training(folder: Path, words: tuple[str, ...], environment: dict[str, str]) -> Path:
    """The folder of a run that was killed when its checkpoint had been written."""
    run = folder / "killed"
    words = (*words, f"hydra.run.dir={run}")
    total = kills.steps(folder, *words, **environment)
    shutil.rmtree(run)
    for step in range(total // 5, total, total // 20):
        kills.kill(folder, step, *words, **environment)
        if (run / "checkpoint.npz").exists():
            return run
        shutil.rmtree(run, ignore_errors=True)
    raise AssertionError("no checkpoint was written")
