"""Workers: budgets hold when they are killed, and they end with the process that started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers import study_workers
from helpers.composing import checked, composed
from helpers.studies import SPACE

from lrec.commands.tune import workers
from lrec.commands.tune.budget import spent
from lrec.commands.tune.search_space import SearchSpace
from lrec.commands.tune.study import Study
from lrec.commands.tune.workers import number_of

TESTS = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{TESTS}:{TESTS.parent}")
    monkeypatch.setattr(workers, "POLL", 0.05)
    monkeypatch.setattr(workers, "PROGRAM", study_workers.PROGRAM)
    monkeypatch.setenv("STUDY", "")


def wait_until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def process_of(folder: Path, worker: int) -> int:
    """The process of a worker that has begun a trial."""
    path = folder / f"worker={worker}"
    wait_until(lambda: path.exists() and path.read_text())
    return int(path.read_text())


def runs(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.parametrize("budget", [[4, None, None], [None, None, 25]])
def test_a_worker_that_is_killed_is_started_again_and_the_budget_holds(
    tmp_path: Path, budget: list[Any]
) -> None:
    def kill() -> None:
        victim = process_of(tmp_path, 2)
        study = study_workers.opened(tmp_path, budget)
        wait_until(
            lambda: any(f":{victim}:" in t.user_attrs.get("owner", "") for t in study.trials())
        )
        os.kill(victim, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    study_workers.together(tmp_path, budget, 0.1)
    killer.join()
    study = study_workers.opened(tmp_path, budget)
    counted = study.counted()
    assert len(study.trials()) > len(counted)  # one was put back
    assert all(trial.state.name == "COMPLETE" for trial in counted)
    if budget[0]:
        assert len(counted) == 4
        assert spent(counted)[1] == 4 * study_workers.EPOCHS
    else:
        assert spent(counted)[1] == 25


def test_workers_end_when_their_parent_is_killed_and_the_same_command_goes_on(
    tmp_path: Path,
) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-m", "helpers.study_workers", str(tmp_path), "[3,null,null]", "0.2"]
    )
    pids = [process_of(tmp_path, worker) for worker in (1, 2)]
    study = study_workers.opened(tmp_path, [3, None, None])
    wait_until(lambda: sum("spent" in trial.user_attrs for trial in study.trials()) >= 2)
    command = Path(f"/proc/{pids[0]}/cmdline").read_text()
    assert "lrec\0tune\0worker=1" in command
    assert "secret" not in command
    parent.kill()
    parent.wait()
    wait_until(lambda: not any(map(runs, pids)))
    assert not any(trial.state.name == "RUNNING" for trial in study.trials())
    before = spent(study.counted())[1]
    assert before > 0
    study_workers.together(tmp_path, [3, None, None], 0.0)
    assert [trial.state.name for trial in study.counted()] == ["COMPLETE"] * 3
    assert spent(study.counted())[1] == 3 * study_workers.EPOCHS


def test_workers_end_on_ctrl_c_and_leave_nothing_running(tmp_path: Path) -> None:
    def interrupt(study: Study) -> None:
        if sum("spent" in trial.user_attrs for trial in study.trials()) >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        study_workers.together(tmp_path, [5, None, None], 0.2, interrupt)
    study = study_workers.opened(tmp_path, [5, None, None])
    assert not any(trial.state.name == "RUNNING" for trial in study.trials())
    assert len([trial for trial in study.counted() if trial.state.name == "WAITING"]) == 2
    assert not any(runs(process_of(tmp_path, worker)) for worker in (1, 2))


def test_workers_that_die_one_after_the_other_end_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study_workers, "PROGRAM", "raise SystemExit('postgresql://me:secret@host')")
    with pytest.raises(RuntimeError, match="workers die one after the other: exit status 1, ") as e:
        study_workers.together(tmp_path, [3, None, None], 0.0)
    assert "secret" not in str(e.value)


@pytest.mark.parametrize(
    ("model", "n", "words"),
    [
        ("ease", 1, "one worker, as "),
        ("popularity", 1, "one worker, as "),
        ("attention", 4, "4 workers, as this model's training leaves cores idle"),
    ],
)
def test_workers_by_the_model(
    model: str, n: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "cpus", lambda: [0, 1, 2, 3])
    run = checked(composed(f"model={model}"))
    candidate: Any = SimpleNamespace(job=(run, None), space=SPACE)
    auto: Any = SimpleNamespace(workers="auto", trials=10)
    assert number_of(auto, candidate)[0] == n
    assert number_of(auto, candidate)[1].startswith(words)


def test_no_more_workers_than_trials() -> None:
    run = checked(composed("model=vae"))
    candidate: Any = SimpleNamespace(job=(run, None), space=SPACE)
    asked: Any = SimpleNamespace(workers=8, trials=3)
    assert number_of(asked, candidate) == (3, "")
    asked.trials = None
    assert number_of(asked, candidate) == (8, "")
    candidate.space = SearchSpace({})
    assert number_of(asked, candidate) == (1, "")
