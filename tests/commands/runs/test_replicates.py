"""Runs that repeat one measurement: averaged, and never chosen among."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers.composing import checked, composed
from helpers.saved_runs import saved_run

from lrec.commands.runs.pareto import jobs_table, pareto_table, sweep_table
from lrec.commands.runs.replicates import candidates, is_replicate
from lrec.commands.settings import RunSettings
from lrec.reporting.terminal import Screen
from lrec.tracking import SavedRun


def job(model: str, seed: int, tail: float, head: float, **params: Any) -> SavedRun:
    """A run of a sweep with its values on validation."""
    words = {key.replace("__", "."): value for key, value in params.items()}
    given = " ".join(f"{key}={value}" for key, value in words.items())
    run = saved_run(model, seed, **params)
    values = {"best/ndcg_at_10/tail": tail, "best/ndcg_at_10/head": head}
    return replace(
        run,
        id=f"{model}-{seed}-{given}",
        metrics=values | {"best/ndcg_at_10/all": (tail + head) / 2},
        tags={
            "lrec.overrides": f"model={model} seed={seed} {given}".strip(),
            "lrec.seeded": str(model not in ("popularity", "ease", "itemknn")),
        },
    )


@pytest.fixture(scope="module")
def settings() -> RunSettings:
    return checked(composed())


def test_replicates_are_seeds_and_parts_of_the_data() -> None:
    for key in ("seed", "dataset.seed", "split.seed", "split.window", "split.fold"):
        assert is_replicate(key), key
    for key in (
        "split",
        "split.order",
        "split.test",
        "split.length",
        "split.folds",
        "model.seed",
        "dataset.path",
        "schedule.epochs",
    ):
        assert not is_replicate(key), key


def test_a_sweep_over_seeds_has_one_entry_for_each_setting(settings: RunSettings) -> None:
    """The lucky seed of one setting would have been a Pareto set of its own."""
    runs = [
        *(job("vae", seed, tail, 0.4, model__beta=0.1) for seed, tail in ((1, 0.1), (2, 0.5))),
        *(job("vae", seed, 0.35, 0.4, model__beta=0.9) for seed in (1, 2)),
    ]
    table = sweep_table(runs, settings)
    assert table["settings"].tolist() == ["model=vae model.beta=0.9", "model=vae model.beta=0.1"]
    assert table["ndcg_at_10/tail"].tolist() == pytest.approx([0.35, 0.3])
    assert table["ndcg_at_10/tail sd"].tolist() == pytest.approx([0, np.std([0.1, 0.5], ddof=1)])
    assert table["pareto"].tolist() == [True, False]
    assert table["replicates"].tolist() == [2, 2]


def test_windows_and_split_seeds_are_not_chosen(settings: RunSettings) -> None:
    runs = [
        job("ease", 1, 0.1 * seed, 0.2 * seed, split__seed=seed, split__window=window)
        for seed in (1, 2)
        for window in (1, 2)
    ]
    table = sweep_table(runs, settings)
    assert len(table) == 1
    assert table["ndcg_at_10/tail"].item() == pytest.approx(0.15)
    assert table["settings"].item() == "model=ease"


def test_a_setting_without_all_replicates_is_shown_and_not_chosen(settings: RunSettings) -> None:
    runs = [
        job("vae", 1, 0.9, 0.9),  # its other seed failed
        *(job("recvae", seed, 0.3, 0.4) for seed in (1, 2)),
        job("ease", 1, 0.2, 0.5),  # has no seed to repeat
    ]
    table = sweep_table(runs, settings).set_index("settings")
    assert table["complete"].to_dict() == {
        "model=vae": False,
        "model=recvae": True,
        "model=ease": True,
    }
    assert table.index[table["pareto"]].tolist() == ["model=recvae", "model=ease"]


def test_protocols_are_not_compared(settings: RunSettings) -> None:
    runs = [job("ease", 1, 0.1, 0.1, split="ratio"), job("vae", 1, 0.2, 0.2, split="global_time")]
    assert sweep_table(runs, settings)["pareto"].all()


def test_the_newest_of_equal_runs_counts() -> None:
    (one,) = candidates([job("vae", 1, 0.2, 0.2), job("vae", 1, 0.1, 0.1)])
    assert [run.metrics["best/ndcg_at_10/tail"] for run in one.runs] == [0.2]


def test_the_table_of_jobs_has_means_by_bucket(
    settings: RunSettings, capsys: pytest.CaptureFixture
) -> None:
    runs = [job("vae", seed, tail, 0.4) for seed, tail in ((1, 0.1), (2, 0.3))]
    table = sweep_table([*runs, job("ease", 1, 0.25, 0.5)], settings)
    Screen().print(jobs_table(table, settings))
    Screen().print(pareto_table(table, settings))
    out = capsys.readouterr().out
    title = " ".join(out.partition("settings")[0].split())
    assert title == "val ndcg@10 of 2 candidates in 3 runs, mean ± sd over replicates"
    assert re.search(r"model=vae +0.3000 +0.2000 +0.4000 +2\n +±0.0707 +±0.1414 +±0.0000", out)
    assert out.count("model=ease") == 2
    assert out.count("model=vae") == 1  # is in no Pareto set


def test_no_runs_are_no_table(settings: RunSettings) -> None:
    assert len(sweep_table([], settings)) == 0
