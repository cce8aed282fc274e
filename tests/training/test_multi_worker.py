"""Two processes on loopback train as one does, and end when the other is lost."""

from __future__ import annotations

import math
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import mlflow
import numpy as np
import pytest
from helpers.cli import CommandLine, SilentCallback
from helpers.forked import Script
from helpers.ports import free_ports

from lrec.data.dataset.csv import CSV
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.model.dense import Dense
from lrec.training.schedule.standard import Trainer
from lrec.training.strategy.cpu import CPU

# A batch of all examples but one leaves a batch of one, of which a worker has no share.
TRAIN = """
import math, sys
from pathlib import Path
import numpy as np
from lrec.data.dataset.csv import CSV
from lrec.base.errors import one_line
from lrec.model.dense import Dense
from lrec.training.schedule.standard import Trainer
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.training.strategy.multi_worker import MultiWorker
from lrec.model.common.protocols import StatelessCallback

class Agreeing(StatelessCallback):
    wants_steps = False
    def on_epoch_end(self, epoch, loss):
        records.append([loss, float(strategy.agreed(epoch if strategy.chief else math.nan))])
        if epoch == 3:
            np.savez(f"{folder}/{index}.partial.npz", records=records, **model.state())
            Path(f"{folder}/{index}.partial.npz").rename(f"{folder}/{index}.npz")
        return math.nan

data, folder, index, batch_size, *hosts = sys.argv[1:]
strategy, records = MultiWorker(hosts=hosts, index=int(index), timeout=60), []
model = Dense(embedding_size=8, hidden_sizes=(16, 8), dropout=0.0)
split = LeaveOneOut()(CSV(data).load())
try:
    with strategy.together("the same"):
        schedule = Trainer(epochs=10**6, batch_size=int(batch_size), learning_rate=0.01,
                            evaluate_steps=1)
        model.fit(split, schedule, strategy, 1, Agreeing())
except RuntimeError as error:
    sys.exit(one_line(error))
"""


class LossCollector(SilentCallback):
    def __init__(self) -> None:
        self.losses: list[float] = []

    def on_epoch_end(self, epoch: int, loss: float) -> float:
        self.losses.append(loss)
        return math.nan


@pytest.fixture(scope="module")
def batch_size(tiny: Path) -> int:
    return len(LeaveOneOut()(CSV(str(tiny)).load()).train.item) - 1


@pytest.fixture(scope="module")
def workers(
    tiny: Path, batch_size: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, list[Script]]]:
    """Two that have trained, and go on training."""
    folder = tmp_path_factory.mktemp("workers")
    hosts = [f"127.0.0.1:{port}" for port in free_ports(2)]
    started = [
        Script(TRAIN, [str(tiny), str(folder), str(index), str(batch_size), *hosts], folder)
        for index in (0, 1)
    ]
    try:
        end = time.monotonic() + 150
        while len(list(folder.glob("[01].npz"))) < 2 and time.monotonic() < end:
            assert [worker.process.exitcode for worker in started] == [None, None]
            time.sleep(0.1)
        yield folder, started
    finally:
        for worker in started:
            worker.kill()


def test_two_workers_train_like_one_process(
    workers: tuple[Path, list[Script]], tiny: Path, batch_size: int
) -> None:
    first, second = (dict(np.load(workers[0] / f"{index}.npz")) for index in (0, 1))
    records = first.pop("records")
    np.testing.assert_array_equal(records[:, 1], [1, 2, 3])  # the chief's values, not NaN
    np.testing.assert_array_equal(second.pop("records"), records)
    assert first.keys() == second.keys()
    assert all(np.array_equal(first[name], second[name]) for name in first)

    strategy, model, collector = (
        CPU(),
        Dense(embedding_size=8, hidden_sizes=(16, 8), dropout=0),
        LossCollector(),
    )
    strategy.start()
    schedule = Trainer(epochs=3, batch_size=batch_size, learning_rate=0.01, evaluate_steps=1)
    model.fit(LeaveOneOut()(CSV(str(tiny)).load()), schedule, strategy, 1, collector)
    np.testing.assert_allclose(records[:, 0], collector.losses, rtol=0, atol=1e-5)
    for name, array in model.state().items():
        np.testing.assert_allclose(first[name], array, rtol=0, atol=1e-5, err_msg=name)
    assert collector.losses[-1] < collector.losses[0]


def test_killed_worker_ends_the_other_with_a_line(
    workers: tuple[Path, list[Script]],
) -> None:
    survivor, victim = workers[1]
    victim.kill()
    status, _, err = survivor.wait(60)
    assert status == 1
    assert err.count("\n") == 1, err
    assert "lost 127.0.0.1:" in err
    assert "start all of them again" in err


class Pair:
    """Two `lrec train` of one run."""

    def __init__(self, lrec: CommandLine, folder: Path, tiny: Path) -> None:
        self.lrec = lrec
        self.folder = folder
        self.tiny = tiny
        self.store = f"sqlite:///{folder}/mlflow.db"

    def start(self, *arguments: str) -> list[subprocess.Popen[str]]:
        """Begin a run."""
        return self.go(
            "dataset=csv",
            f"dataset.path={self.tiny}",
            "split=leave_one_out",
            "schedule.evaluate_steps=1",
            "strategy=multi_worker",
            "strategy.timeout=100",
            *arguments,
        )

    def go(self, *arguments: str) -> list[subprocess.Popen[str]]:
        hosts = ",".join(f"127.0.0.1:{port}" for port in free_ports(2))
        return [
            self.lrec.start(
                self.folder,
                "train",
                *arguments,
                f"strategy.hosts=[{hosts}]",
                f"strategy.index={index}",
                f"hydra.run.dir=out{index}",
            )
            for index in (0, 1)
        ]

    def run(self) -> mlflow.entities.Run:
        mlflow.set_tracking_uri(self.store)
        (run,) = mlflow.search_runs(experiment_names=["lrec"], output_format="list")
        return run


@pytest.fixture
def pair(lrec: CommandLine, tmp_path: Path, tiny: Path) -> Pair:
    return Pair(lrec, tmp_path, tiny)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["vae", "popularity", "attention"])
def test_only_the_chief_prints_and_logs(pair: Pair, model: str) -> None:
    chief, other = pair.start(f"model={model}", "schedule.epochs=30", "schedule.patience=2")
    out, err = other.communicate(timeout=250)
    assert (other.returncode, err) == (0, "")
    assert out.startswith("lrec: worker 1 of 2, led by 127.0.0.1:")
    assert len(out.splitlines()) == 1
    out, err = chief.communicate(timeout=250)
    assert (chief.returncode, err) == (0, "")
    run = pair.run()
    assert run.info.status == "FINISHED"
    assert run.data.metrics["recall_at_20/all"] > 0
    assert (pair.folder / "out0" / "users.parquet").exists()
    assert {path.name for path in (pair.folder / "out1").iterdir()} <= {".hydra", "train.log"}
    result = pair.lrec(pair.folder, "evaluate", f"run={run.info.run_id}")  # in one process
    assert (result.rc, result.err) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("victim", [0, 1])
def test_killed_worker_fails_the_run_which_goes_on(pair: Pair, victim: int) -> None:
    started = pair.start("schedule.epochs=100", "schedule.patience=null")
    assert started[0].stdout
    assert any(line.startswith("epoch   2") for line in started[0].stdout)  # the first is kept
    started[victim].kill()
    _, err = started[1 - victim].communicate(timeout=60)
    started[victim].communicate()
    assert started[1 - victim].returncode == 1
    assert err.startswith("lrec: lost 127.0.0.1:")
    assert len(err.splitlines()) == 1
    if victim:
        assert pair.run().info.status == "FAILED"
        assert "lost 127.0.0.1:" in pair.run().data.tags["lrec.error"]
    before = pair.run().info.run_id
    chief, other = pair.go(f"resume={before}")
    out, err = chief.communicate(timeout=250)
    assert (chief.returncode, err) == (0, "")
    assert "going on after epoch" in out
    assert (other.communicate(timeout=60)[1], other.returncode) == ("", 0)
    assert (pair.run().info.run_id, pair.run().info.status) == (before, "FINISHED")


@pytest.mark.slow
def test_workers_with_different_tasks_are_refused(lrec: CommandLine, pair: Pair) -> None:
    hosts = [f"127.0.0.1:{port}" for port in free_ports(2)]
    common = (f"dataset.path={pair.tiny}", "split=leave_one_out", "strategy=multi_worker")
    started = [
        lrec.start(
            pair.folder,
            "train",
            "dataset=csv",
            *common,
            f"strategy.hosts=[{','.join(hosts)}]",
            f"strategy.index={index}",
            f"seed={index}",
        )
        for index in (0, 1)
    ]
    _, err = started[1].communicate(timeout=100)
    assert "another config or other data than worker 0" in err
    _, err = started[0].communicate(timeout=100)
    assert err.startswith("lrec: lost ")
    assert [worker.returncode for worker in started] == [1, 1]


def test_train_without_workers_says_how_to_name_them(lrec: CommandLine, tmp_path: Path) -> None:
    none = dict.fromkeys(("TF_CONFIG",), "")
    result = lrec(tmp_path, "train", "strategy=multi_worker", **none)
    assert result.rc == 1
    assert "strategy.hosts=[HOST:PORT,HOST:PORT]" in result.complaint
    assert not (tmp_path / "mlflow.db").exists()


def test_sweep_does_not_take_workers(lrec: CommandLine, tmp_path: Path) -> None:
    result = lrec(tmp_path, "train", "-m", "strategy=multi_worker", "seed=1,2")
    assert result.rc == 2
    assert "without -m" in result.complaint
    assert not (tmp_path / "mlflow.db").exists()
