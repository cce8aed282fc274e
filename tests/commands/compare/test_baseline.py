"""The baseline of a comparison: chosen on validation, or named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from helpers.saved_runs import saved_run

from lrec.commands.compare.baseline import choose_baseline
from lrec.commands.runs.selection import select
from lrec.evaluation.comparison.user_alignment import ComparisonError


def test_the_baseline_is_the_best_simple_model_on_validation() -> None:
    models = select(
        [
            saved_run("ease", value=0.2),
            saved_run("itemknn", value=0.3),
            saved_run("vae", value=0.9),
        ],
        True,
    )
    assert choose_baseline(models, "ndcg_at_10", 1, None) == "itemknn"
    assert choose_baseline(models, "ndcg_at_10", -1, None) == "ease"
    assert choose_baseline(models, "ndcg_at_10", 1, "vae") == "vae"
    with pytest.raises(ComparisonError, match=r"vae, or a run of one of them\. Received: slim"):
        choose_baseline(models, "ndcg_at_10", 1, "slim")
    with pytest.raises(ComparisonError, match=r"val/recall_at_20/all"):
        choose_baseline(models, "recall_at_20", 1, None)


def test_a_baseline_can_be_named_by_a_run() -> None:
    runs = [saved_run("ease"), saved_run("itemknn"), saved_run("vae")]
    runs = [replace(run, id=f"{n}abc{n}") for n, run in enumerate(runs)]
    models = select(runs, True)
    assert choose_baseline(models, "ndcg_at_10", 1, "2abc2") == "vae"
    assert choose_baseline(models, "ndcg_at_10", 1, "0ABC") == "ease"
    for unknown in ("abc0", "0ab", ""):
        with pytest.raises(ComparisonError, match="or a run of one of them"):
            choose_baseline(models, "ndcg_at_10", 1, unknown)


def test_the_baseline_is_the_best_over_all_its_seeds() -> None:
    """And not by its first seed, nor by half of them where the metric is missing."""
    values = {"ease": (0.9, 0.1), "itemknn": (0.6, 0.6), "popularity": (0.99, 0.99)}
    runs = [
        saved_run(name, seed, value=v) for name, of in values.items() for seed, v in enumerate(of)
    ]
    del runs[-1].metrics["val/ndcg_at_10/all"]
    assert choose_baseline(select(runs, True), "ndcg_at_10", 1, None) == "itemknn"


def test_without_simple_models_the_baseline_has_to_be_named() -> None:
    models = select([saved_run("vae"), saved_run("attention")], named=True)
    with pytest.raises(ComparisonError, match="baseline=MODEL"):
        choose_baseline(models, "ndcg_at_10", 1, None)
