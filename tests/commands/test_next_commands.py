"""Commands that one would give next: they run when they are pasted."""

from __future__ import annotations

import shlex

import pytest
from helpers.composing import PARSER
from helpers.printed_commands import check_command, printed_commands
from helpers.saved_runs import saved_run
from hydra.errors import HydraException

from lrec.cli.quoting import quoted
from lrec.commands.next_commands import (
    origin_of,
    over_runs,
    short_id,
    with_model,
    with_saved,
    without,
)
from lrec.reporting.terminal import Screen

ID = "d07415d7791d4de3a11cf0ebcc29e8f8"


@pytest.mark.parametrize(
    "run_id", [ID, "0123456789abcdef0123456789abcdef", "12e45678a9bcdef00123456789abcdef"]
)
def test_short_id_is_read_as_text(run_id: str) -> None:
    short = short_id(run_id)
    assert run_id.startswith(short)
    assert len(short) >= 8
    assert PARSER.parse_override(f"run={short}").value() == short


def test_model_is_used_or_trained_again_and_kept() -> None:
    recommend, serve = with_model(ID)
    assert recommend[:3] == ["lrec", "recommend", "run=d07415d7"]
    assert f"runs:/{ID}/model" in serve
    overrides = "model=vae 'dataset.path=a b.csv' tracking.log_model=false hydra.run.dir=here"
    run = saved_run("vae", tags={"lrec.overrides": overrides}, tracking__log_model=False)
    again = ["lrec", "train", "model=vae", "dataset.path=a b.csv", "tracking.log_model=true"]
    assert with_saved(run) == [again]
    assert with_saved(saved_run("vae", tracking__log_model=True))[0][1] == "recommend"


def test_model_of_histories_is_trained_again_to_be_kept() -> None:
    tags = {"lrec.overrides": "model=sknn", "lrec.contains_histories": "True"}
    again = ["lrec", "train", "model=sknn", "tracking.keep_histories=true"]
    run = saved_run("sknn", tags=tags, tracking__keep_histories=False)
    assert with_saved(run) == [again]
    both = saved_run("sknn", tags=tags, tracking__log_model=False)
    assert with_saved(both) == [[*again[:-1], "tracking.log_model=true", again[-1]]]
    kept = saved_run("sknn", tags=tags, tracking__keep_histories=True)
    assert with_saved(kept)[0][1] == "recommend"


def test_runs_are_named_with_where_their_data_lies_now() -> None:
    path = "new/ratings (1).csv"
    words = over_runs("simulate", [ID, "a" * 32], {"dataset.path": path})
    pasted = shlex.split(shlex.join(words))
    assert pasted[:3] == ["lrec", "simulate", "runs=[d07415d7,aaaaaaaa]"]
    assert PARSER.parse_override(quoted(pasted[3])).value() == path


def test_another_command_takes_over_neither_folders_nor_what_it_decides() -> None:
    overrides = ["+experiment=vae_beauty", "++seed=2", "hydra.run.dir=a", "hydra/launcher=slurm"]
    assert without([*overrides, "k=[5]"], "experiment") == ["++seed=2", "k=[5]"]


UPDATE = {"lrec.overrides": "run=7a4774b2 feedback=new.csv retrain=true", "lrec.for": "update"}


def test_a_run_of_an_update_is_made_again_by_an_update() -> None:
    (again,) = with_saved(saved_run("vae", tags=UPDATE, tracking__log_model=False))
    assert again[:3] == ["lrec", "update", "run=7a4774b2"]
    check_command(again)
    with pytest.raises(HydraException):
        check_command(["lrec", "train", *again[2:]])


@pytest.mark.parametrize("kept", ["x" * 5000, "model=vae 'dataset.path=a b"])
def test_a_command_that_was_cut_is_none(kept: str) -> None:
    assert origin_of({"lrec.overrides": kept}) is None
    run = saved_run("vae", tags={"lrec.overrides": kept}, tracking__log_model=False)
    assert with_saved(run) == []


def test_a_model_is_used_with_where_its_data_lies_now() -> None:
    recommend = with_model(ID, location={"dataset.path": "new/a.csv"})[0]
    assert recommend[-1] == "dataset.path=new/a.csv"
    check_command(recommend)


def test_printed_commands_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    commands = [["lrec", "train", "model=ease"], ["lrec", "forget", "user=a b"]]
    Screen().commands("next, once it is so", *commands, ["mlflow", "ui"])
    assert printed_commands(capsys.readouterr().out) == commands
