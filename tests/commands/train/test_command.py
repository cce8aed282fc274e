"""Jobs of a sweep in processes at the same time: a model without a seed is trained once."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers.composing import checked, composed
from helpers.saved_runs import saved_run

from lrec.commands.composing import ComposedConfig
from lrec.commands.train import command


@pytest.mark.parametrize(("model", "trainings"), [("ease", 1), ("vae", 3)])
def test_jobs_of_one_digest_train_once(
    model: str, trainings: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[int] = []

    def finished_job(settings: Any, config: ComposedConfig) -> object:
        same = [seed for seed in trained if seed == settings.seed or model == "ease"]
        run = saved_run(model)
        run.metrics["best/ndcg_at_10/all"] = 0.5
        return run if same else None

    def train(settings: Any, config: ComposedConfig) -> Any:
        time.sleep(0.2)
        trained.append(settings.seed)
        return SimpleNamespace(best=0.5)

    monkeypatch.setattr(command, "finished_job", finished_job)
    monkeypatch.setattr(command, "killed_job", lambda settings, config: None)
    monkeypatch.setattr(command, "train", train)
    values: list[float] = []

    seeds = (1, 2, 3)
    every: dict[int, Any] = {  # Hydra composes in one thread at a time
        seed: checked(composed(f"model={model}", f"seed={seed}")) for seed in seeds
    }

    def job(seed: int) -> None:
        plain = {"model": {"name": model}, "seed": seed, "strategy": None}
        config = ComposedConfig(plain, [], {}, tmp_path / str(seed))
        values.append(command.find_or_train_job(every[seed], config))

    threads = [threading.Thread(target=job, args=(seed,)) for seed in seeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(trained) == trainings
    assert values == [0.5] * 3
    assert list(tmp_path.glob("*.lock")) == []
