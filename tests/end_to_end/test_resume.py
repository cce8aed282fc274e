"""Training that is killed at any time goes on to the same end; and what a checkpoint survives."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
from helpers.cli import Answer, CommandLine
from mlflow.entities import Run

from lrec.base.errors import DataError
from lrec.base.files import HOST
from lrec.commands.runs.saved import folder_of
from lrec.tracking import JOURNAL
from lrec.training.checkpoint import Checkpoint

SMALL = ("split=leave_one_out", "schedule.epochs=3", "schedule.evaluate_steps=1", "model=vae")
KILLED = -signal.SIGKILL

# Kills its own process where it is told to: at a call of a method, before or after it.
DEADLY = """
import os, signal, sys
from lrec.cli import main as cli
from lrec.commands.train import run_logging
from lrec.training.checkpoint import Checkpoint
where, after, calls = sys.argv[1], int(sys.argv[2]), 0
owner, _, name = where.rpartition(".")
owner = {"run_logging": run_logging, "Checkpoint": Checkpoint}[owner]
act = getattr(owner, name)
def deadly(*arguments, **named):
    global calls
    calls += 1
    if calls > after:
        os.kill(os.getpid(), signal.SIGKILL)
    return act(*arguments, **named)
setattr(owner, name, deadly)
sys.argv = ["lrec", *sys.argv[3:]]
sys.exit(cli.main())
"""


class Bench:
    """A folder with a store, in which every run has the same config."""

    def __init__(self, folder: Path, lrec: CommandLine, tiny: Path) -> None:
        self.folder = folder
        self.lrec = lrec
        self.words = ("train", "dataset=csv", f"dataset.path={tiny}", *SMALL)

    def kill(self, where: str, after: int) -> Path:
        """Train until a deadly call; the run's folder."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")}
        command = [sys.executable, "-c", DEADLY, where, str(after), *self.words]
        done = subprocess.run(
            command, cwd=self.folder, env=kept, capture_output=True, text=True, check=False
        )
        assert done.returncode == KILLED, done.stderr
        (journal,) = self.folder.glob(f"outputs/*/*/{JOURNAL}")
        return journal.parent

    def resume(self, run: Path | str) -> Answer:
        return self.lrec(self.folder, "train", f"resume={run}")

    def metrics(self, folder: Path) -> Any:
        return json.loads((folder / "metrics.json").read_text())

    @property
    def runs(self) -> list[Run]:
        found: list[Run] = mlflow.search_runs(experiment_names=["lrec"], output_format="list")
        return found


@pytest.fixture(scope="module")
def bench(
    tmp_path_factory: pytest.TempPathFactory, lrec: CommandLine, tiny: Path
) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("bench")
    lrec.give_store(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        yield Bench(folder, lrec, tiny)


@pytest.fixture(scope="module")
def whole(bench: Bench) -> Path:
    """The folder of a run that nothing happened to."""
    answer = bench.lrec(bench.folder, *bench.words)
    assert answer.rc == 0, answer.err
    (path,) = bench.folder.glob("outputs/*/*/metrics.json")
    return path.parent


@pytest.mark.parametrize(
    ("where", "after", "goes_on"),
    [
        ("Checkpoint.save", 2, "going on after epoch 2"),
        pytest.param("run_logging.log_result", 0, "going on after epoch 3", marks=pytest.mark.slow),
    ],
    ids=["in training", "in the last evaluation"],
)
def test_killed_run_goes_on_to_the_same_metrics(
    bench: Bench, whole: Path, where: str, after: int, goes_on: str
) -> None:
    folder = bench.kill(where, after)
    assert not (folder / "metrics.json").exists()
    (run,) = [run for run in bench.runs if run.data.tags["lrec.folder"] == str(folder)]
    assert run.info.status == "RUNNING"  # nobody was left to say otherwise
    answer = bench.resume(run.info.run_id)
    assert (answer.rc, answer.err) == (0, "")
    assert goes_on in answer.out
    assert bench.metrics(folder) == bench.metrics(whole)
    (other,) = [run for run in bench.runs if run.data.tags["lrec.folder"] == str(whole)]
    (run,) = [run for run in bench.runs if run.data.tags["lrec.folder"] == str(folder)]
    assert run.info.status == "FINISHED"
    assert run.data.metrics == other.data.metrics
    assert run.data.params == other.data.params
    client = mlflow.MlflowClient()
    for name in ("train/loss", "val/ndcg_at_10/all"):
        history = [client.get_metric_history(r.info.run_id, name) for r in (run, other)]
        steps = [[(metric.step, metric.value) for metric in of_run] for of_run in history]
        assert steps[0] == steps[1]
        assert [step for step, _ in steps[0]] == [1, 2, 3]
    assert run.data.tags["lrec.overrides"] == other.data.tags["lrec.overrides"]
    assert not list(folder.glob("*.partial*")) + list(folder.glob("checkpoint*"))


def test_finished_run_is_not_gone_on_with(bench: Bench, whole: Path) -> None:
    (run,) = [run for run in bench.runs if run.data.tags["lrec.folder"] == str(whole)]
    for name in (run.info.run_id, whole):
        answer = bench.resume(name)
        assert answer.rc == 1
        assert "is finished: there is nothing to go on with. Score it again" in answer.complaint
    with pytest.raises(RuntimeError, match="is finished: there is nothing to go on with"):
        folder_of(str(whole))


def left(folder: Path, *entries: dict[str, Any]) -> str:
    """A run's folder, with what its journal and its config are."""
    (folder / JOURNAL).write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    (folder / "config.yaml").write_text("seed: 1\n")
    return str(folder)


BEGUN = {"kind": "start", "tags": {"lrec.command": "train"}}


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([{"kind": "end", "status": "FINISHED"}], "it ended well, and lrec sync sends"),
        ([{"kind": "tags", "values": {"lrec.updates": "abc"}}], "it is of lrec update"),
    ],
)
def test_run_that_cannot_go_on_says_why(
    entries: list[dict[str, Any]], words: str, tmp_path: Path
) -> None:
    with pytest.raises(RuntimeError, match=words):
        folder_of(left(tmp_path, BEGUN, *entries))
    assert folder_of(left(tmp_path, BEGUN, {"kind": "end", "status": "FAILED"})) == tmp_path


def test_config_that_could_read_the_environment_is_not_resumed(
    bench: Bench, tmp_path: Path
) -> None:
    folder = left(tmp_path, BEGUN)
    (tmp_path / "config.yaml").write_text("tracking:\n  run_name: ${oc.env:HOME}\n")
    answer = bench.resume(folder)
    assert answer.rc == 1
    assert "holds an interpolation" in answer.complaint


@pytest.mark.parametrize(
    ("said", "rc", "words"),
    [
        (("resume=none",), 1, "there is no run none"),
        (
            ("resume=none", "model=dense"),
            2,
            "model was decided when the run was trained; resume can change strategy",
        ),
    ],
)
def test_resume_refuses_what_makes_no_sense(
    bench: Bench, said: tuple[str, ...], rc: int, words: str
) -> None:
    answer = bench.lrec(bench.folder, "train", *said)
    assert answer.rc == rc
    assert words in answer.complaint


ARRAYS = {"epoch": np.array(3), "0/network/0": np.arange(4.0)}


def test_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    Checkpoint(tmp_path, "abc").save(ARRAYS)
    found = Checkpoint(tmp_path, "abc").load()
    assert found is not None
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
    Checkpoint(tmp_path, "abc").remove()
    assert Checkpoint(tmp_path, "abc").load() is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "text"])
def test_damaged_checkpoint_is_noticed(damage: str, tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path, "abc")
    checkpoint.save(ARRAYS)
    content = bytearray(checkpoint.path.read_bytes())
    middle = content.index(np.arange(4.0).tobytes()) + 9
    content[middle] ^= 1
    broken = {"cut": content[:-30], "flip": content, "empty": b"", "text": b"not a checkpoint"}
    checkpoint.path.write_bytes(broken[damage])
    with pytest.warns(UserWarning, match="is damaged .* training starts at the beginning"):
        assert checkpoint.load() is None


def test_checkpoint_of_other_data_or_settings_is_refused(tmp_path: Path) -> None:
    Checkpoint(tmp_path, "abc").save(ARRAYS)
    with pytest.raises(DataError, match="training on other data, or with other settings"):
        Checkpoint(tmp_path, "abd").load()


def test_folder_of_a_failed_run_begins_anew(bench: Bench, tmp_path: Path) -> None:
    """What another seed left there is neither gone on with nor in the way."""
    folder = tmp_path / "run"
    folder.mkdir()
    left(folder, BEGUN, {"kind": "end", "status": "FAILED"})
    (folder / JOURNAL).with_suffix(".state").write_text('{"run_id": "abc", "sent": 2}')
    Checkpoint(folder, "another").save(ARRAYS)
    answer = bench.lrec(bench.folder, *bench.words, "model=popularity", f"hydra.run.dir={folder}")
    assert (answer.rc, answer.err) == (0, "")
    assert not list(folder.glob("checkpoint*"))
    assert not (folder / JOURNAL).exists()


def test_full_disk_leaves_the_earlier_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = Checkpoint(tmp_path, "abc")
    checkpoint.save(ARRAYS)

    def full(file: Any, **_: Any) -> None:
        file.write(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.warns(UserWarning, match="No space left on device.*goes on from an earlier epoch"):
        checkpoint.save({"epoch": np.array(4)})
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.npz"]
    (tmp_path / f"checkpoint.7@{HOST}.partial.npz").write_bytes(b"what a kill left")
    found = checkpoint.load()
    assert found is not None
    assert int(found["epoch"]) == 3
    checkpoint.remove()
    assert list(tmp_path.iterdir()) == []


def test_training_without_mlflow_is_kept_and_sent(
    lrec: CommandLine, tiny: Path, tmp_path: Path
) -> None:
    words = ("train", "dataset=csv", f"dataset.path={tiny}", "split=leave_one_out")
    away = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    answer = lrec(tmp_path, *words, "model=popularity", **away)
    assert (answer.rc, answer.err) == (0, "")
    assert "MLflow at http://127.0.0.1:9 does not take the run now" in answer.out
    assert "lrec sync sends it" in answer.out
    (journal,) = tmp_path.glob(f"outputs/*/*/{JOURNAL}")
    answer = lrec(tmp_path, "sync")
    assert (answer.rc, answer.err) == (0, "")
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    (run,) = mlflow.search_runs(experiment_names=["lrec"], output_format="list")
    assert run.info.run_id in answer.out
    assert run.info.status == "FINISHED"
    assert run.data.metrics["recall_at_20/tail"] > 0
    model = mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    assert model.metadata.signature is not None
    assert not journal.exists()
    assert "1 runs were left in outputs" in answer.out


@pytest.mark.slow
def test_two_first_runs_at_once_share_a_store_and_a_cache(
    lrec: CommandLine, tiny: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data.csv"
    shutil.copy(tiny, data)
    words = ("train", "dataset=csv", "dataset.path=data.csv", "split=leave_one_out")
    cache = {"LREC_CACHE": str(tmp_path / "cache")}
    both = [lrec.start(tmp_path, *words, f"model={m}", **cache) for m in ("popularity", "itemknn")]
    for process in both:
        _, err = process.communicate(timeout=200)
        assert (process.returncode, err) == (0, "")
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    runs = mlflow.search_runs(experiment_names=["lrec"], output_format="list")
    assert sorted(run.data.params["model"] for run in runs) == ["itemknn", "popularity"]
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert len(list((tmp_path / "cache").iterdir())) == 1
