"""Studies whose storage is PostgreSQL; opt-in. LREC_TEST_DATABASE names a server that is there."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest
from helpers.cli import CommandLine
from helpers.postgres import postgres
from helpers.studies import finish, lose, study_of

from lrec.commands.tune.budget import Budget
from lrec.commands.tune.storage import open_storage
from lrec.commands.tune.trials.counting import counted

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    if address := os.environ.get("LREC_TEST_DATABASE"):
        yield address
        return
    with postgres() as address:
        yield address


def test_workers_of_a_launcher_share_a_study_and_nothing_shows_the_password(
    database: str, lrec: CommandLine, tiny: Path, tmp_path: Path
) -> None:
    name = f"lrec test {time.time()}"
    address = database.replace("lrec@", "lrec:secret@")  # trusted, whatever the password
    small = ("dataset=csv", f"dataset.path={tiny}", "split=leave_one_out", "candidates=[itemknn]")
    lrec.give_store(tmp_path)
    words = (*small, "trials=4", f"study={name}", f"storage={address}")
    jobs = lrec(tmp_path, "tune", "-m", "worker=1,2", *words)
    assert jobs.rc == 0, jobs.err
    summary = lrec(tmp_path, "tune", *words, "workers=2")
    assert (summary.rc, summary.err) == (0, "")
    assert "of which 4 trials are there already" in summary.out
    more = lrec(tmp_path, "tune", *(words[:-3]), "trials=6", *words[-2:], "workers=2")
    assert (more.rc, more.err) == (0, "")
    study = optuna.load_study(study_name=f"{name} itemknn", storage=address)
    assert [trial.state.name for trial in counted(study.trials)] == ["COMPLETE"] * 6
    texts = [jobs.out, jobs.err, summary.out, more.out]
    texts += [path.read_text() for path in tmp_path.rglob("*.*") if path.suffix in FILES]
    assert not any("secret" in text for text in texts)


FILES = (".log", ".txt", ".yaml", ".json", ".jsonl", ".csv", ".out", ".err")


def test_a_killed_trial_counts_once_in_a_database(database: str) -> None:
    name = f"lost {time.time()}"
    one, two = (
        study_of(open_storage(database), name=name, budget=Budget(3, None, None)) for _ in range(2)
    )
    trial = one.ask()
    assert trial is not None
    lose(trial)
    for study in (two, one, two, one):
        following = study.ask()
        if following is not None:
            finish(following)
    assert len(one.counted()) == 3
    assert all(one.state.name == "COMPLETE" for one in one.counted())
