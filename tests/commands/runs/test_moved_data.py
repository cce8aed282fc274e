"""Runs whose data lies elsewhere now: they go on, if it is the same."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import mlflow
import pytest
from helpers.cli import CommandLine
from helpers.composing import checked, composed
from omegaconf import OmegaConf

from lrec.cli.table import COMMANDS
from lrec.commands.composing import ComposedConfig, own_keys
from lrec.commands.runs import of_run, saved, selection
from lrec.commands.runs.config_digest import config_digest
from lrec.commands.runs.find_or_train import digest_of
from lrec.commands.train import command as train_command

STORED = OmegaConf.create({"dataset": {"_target_": "lrec.data.dataset.csv.CSV", "path": "old.csv"}})
MOVED = "dataset.path=new.csv"


@pytest.mark.parametrize("name", [n for n, command in COMMANDS.items() if command.free is not None])
def test_commands_on_a_run_take_the_new_path(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_run, "load_config", lambda run: STORED)
    monkeypatch.setattr(of_run, "resolve", str)
    command = COMMANDS[name]
    assert command.free is not None
    root = command.load()[0]
    words = {"update": ["feedback=week.csv"]}.get(name, [])
    config = composed("dataset=csv", MOVED, "run=some", *words, root=name)
    merged = of_run.config_of_run(config, name, [MOVED], own_keys(root), command.free)
    assert merged.dataset == {**STORED.dataset, "path": "new.csv"}


@pytest.mark.parametrize("name", ["reveal", "simulate", "blend"])
def test_commands_on_runs_take_the_new_path(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "load_config", lambda run: STORED)
    monkeypatch.setattr(selection, "resolve", str)
    root = COMMANDS[name].load()[0]
    config = composed(f"++{MOVED}", "runs=[some]", root=name)
    assert root.stored(config, [f"++{MOVED}"]).dataset == {**STORED.dataset, "path": "new.csv"}


def test_killed_run_takes_the_new_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(train_command, "folder_of", lambda run: tmp_path)
    (tmp_path / "config.yaml").write_text(OmegaConf.to_yaml(STORED))
    config = composed(f"++{MOVED}", "resume=some", root="train")
    words = ["resume=some", f"++{MOVED}"]
    merged = train_command.TrainSettings.stored(config, words)
    assert merged.dataset == {**STORED.dataset, "path": "new.csv"}


def test_candidates_are_found_where_their_data_was(tmp_path: Path) -> None:
    """By the data's digest, not by its path."""
    one, two, other = (
        {"dataset": {"path": path, "k_core": k}, "seed": 1}
        for path, k in (("old.csv", 0), ("new.csv", 0), ("old.csv", 5))
    )
    assert config_digest(one) == config_digest(two) != config_digest(other)


def test_other_tables_of_items_are_other_runs(tmp_path: Path) -> None:
    """The one that is named, and the one that lies beside the ratings."""

    def digest(folder: str, *genres: str) -> str:
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "movies.csv"
        rows = [f"{n},title,{genre}" for n, genre in enumerate(genres)]
        path.write_text("\n".join(["movieId,title,genres", *rows]))
        named = ("dataset=csv", "dataset.path=ratings.csv", f"dataset.items_path={path}")
        beside = ("dataset=movielens", f"dataset.path={path.with_name('ratings.csv')}")
        found = []
        for words in (named, beside):
            config = composed(*words, "model=popularity")
            values: Any = OmegaConf.to_container(config)
            found.append(digest_of((checked(config), ComposedConfig(values, [], {}, tmp_path))))
        return " ".join(found)

    one = digest("a", "Drama", "War")
    assert one == digest("b", "Drama", "War")
    assert not set(one.split()) & set(digest("c", "Drama", "Western").split())


def test_moved_data_is_accepted_if_it_is_the_same(
    lrec: CommandLine, tiny: Path, tmp_path: Path
) -> None:
    old, new, other = (tmp_path / name for name in ("old.csv", "new.csv", "other.csv"))
    shutil.copy(tiny, old)
    lrec.give_store(tmp_path)
    words = ("dataset=csv", "dataset.path=old.csv", "split=user_holdout", "model=popularity")
    assert lrec(tmp_path, "train", *words).rc == 0
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    (run,) = mlflow.search_runs(experiment_names=["lrec"], output_format="list")
    old.rename(new)
    other.write_text(new.read_text().replace("person-001", "somebody"))
    named, several = f"run={run.info.run_id}", f"runs=[{run.info.run_id}]"
    for words, path, rc in (
        (("evaluate", named), new, 0),
        (("recommend", named, "users=[person-001]"), new, 0),
        (("recommend", named, "users=[somebody]"), other, 1),
        (("reveal", several, "resamples=100", "min_users=2"), new, 0),
        (("reveal", several, "resamples=100", "min_users=2"), other, 1),
    ):
        answer = lrec(tmp_path, *words, f"dataset.path={path}")
        assert answer.rc == rc, answer
        if rc:
            assert "the data is not what the run was trained on" in answer.complaint
    assert saved.settings_of(run.info.run_id, {"dataset.path": "new.csv"}).dataset.path == "new.csv"
