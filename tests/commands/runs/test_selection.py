"""Which saved runs make a comparison, and why others do not."""

from __future__ import annotations

from typing import Any

import pytest

from lrec.commands.runs.selection import choose_baseline, select
from lrec.evaluation.comparison.user_alignment import ComparisonError
from lrec.tracking import SavedRun


def run(
    model: str,
    seed: int = 1,
    digest: str = "d1",
    value: float = 0.1,
    command: str = "train",
    **params: Any,
) -> SavedRun:
    """A finished run; its id says what it is."""
    chosen = {"model": model, "seed": str(seed), "split": "ratio", "split.test": "0.2"}
    said = {key.replace("__", "."): str(v) for key, v in params.items()}
    is_baseline = model in ("popularity", "ease", "itemknn")
    return SavedRun(
        id=f"{model}-{seed}",
        params=chosen | said,
        metrics={"val/ndcg_at_10/all": value},
        tags={"lrec.command": command, "lrec.simple": str(is_baseline)},
        data="csv",
        digest=digest,
        seconds=1.0,
    )


def names(runs: list[SavedRun], named: bool = False) -> dict[str, list[str]]:
    return {c.name: [r.id for r in c.runs.values()] for c in select(runs, named)}


def test_seeds_of_one_model_are_one_contender() -> None:
    runs = [run("vae", 2), run("vae", 1), run("ease", 2), run("ease", 1)]
    assert names(runs) == {"ease": ["ease-1", "ease-2"], "vae": ["vae-1", "vae-2"]}


def test_the_newest_run_decides_data_split_and_settings() -> None:
    runs = [
        run("vae", model__beta=0.1),
        run("ease"),
        run("vae", model__beta=0.5),  # older settings
        run("itemknn", digest="d2"),  # other data
        run("itemknn", split__test=0.3),  # other split
    ]
    found = select(runs, named=False)
    assert [c.name for c in found] == ["ease", "vae"]
    assert found[1].any.params["model.beta"] == "0.1"


def test_by_default_only_seeds_that_all_have_count() -> None:
    runs = [run("vae", 3), run("vae", 1), run("ease", 1), run("ease", 2)]
    assert names(runs) == {"ease": ["ease-1"], "vae": ["vae-1"]}


def test_runs_of_other_commands_are_refused() -> None:
    with pytest.raises(ComparisonError, match=r"run vae-1 is of lrec evaluate"):
        select([run("ease"), run("vae", command="evaluate")], named=True)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (run("ease", digest="d2"), "different data, csv (d1) and csv (d2)"),
        (run("ease", split__test=0.3), "split.test is 0.2 and 0.3"),
        (run("ease", split="leave_one_out"), "split is ratio and leave_one_out"),
        (run("ease", 2), "different seeds, [1] and [2]"),
    ],
)
def test_named_runs_that_do_not_fit_are_refused(other: SavedRun, words: str) -> None:
    with pytest.raises(ComparisonError) as caught:
        select([run("vae"), other], named=True)
    assert words in str(caught.value)


@pytest.mark.parametrize("runs", [[], [run("vae")]])
def test_fewer_than_two_models_are_refused(runs: list[SavedRun]) -> None:
    with pytest.raises(ComparisonError, match="2 models are needed"):
        select(runs, named=False)
    assert len(select(runs, named=False, least=len(runs))) == len(runs)


def test_two_settings_of_one_model_are_told_apart() -> None:
    runs = [run("vae", model__beta=0.1), run("vae", model__beta=0.2), run("ease")]
    assert list(names(runs, named=True)) == ["ease", "vae 1", "vae 2"]
    runs[0].params["experiment"], runs[1].params["experiment"] = "vae_small", "vae_large"
    assert list(names(runs, named=True)) == ["ease", "vae_large", "vae_small"]


def test_augmented_and_featured_models_are_named_so() -> None:
    runs = [run("vae"), run("vae", augment="gan"), run("vae", feature="titles")]
    assert list(names(runs)) == ["vae", "vae-gan", "vae-titles"]


def test_the_baseline_is_the_best_simple_model_on_validation() -> None:
    found = select([run("ease", value=0.2), run("itemknn", value=0.3), run("vae", value=0.9)], True)
    assert choose_baseline(found, "ndcg_at_10", 1, None) == "itemknn"
    assert choose_baseline(found, "ndcg_at_10", -1, None) == "ease"
    assert choose_baseline(found, "ndcg_at_10", 1, "vae") == "vae"
    with pytest.raises(ComparisonError, match=r"ease, itemknn, vae\. Received: slim"):
        choose_baseline(found, "ndcg_at_10", 1, "slim")
    with pytest.raises(ComparisonError, match=r"val/recall_at_20/all"):
        choose_baseline(found, "recall_at_20", 1, None)


def test_the_baseline_is_the_best_over_all_its_seeds() -> None:
    """And not by its first seed, nor by half of them where the metric is missing."""
    values = {"ease": (0.9, 0.1), "itemknn": (0.6, 0.6), "popularity": (0.99, 0.99)}
    runs = [run(name, seed, value=v) for name, of in values.items() for seed, v in enumerate(of)]
    del runs[-1].metrics["val/ndcg_at_10/all"]
    assert choose_baseline(select(runs, True), "ndcg_at_10", 1, None) == "itemknn"


def test_without_simple_models_the_baseline_has_to_be_named() -> None:
    found = select([run("vae"), run("attention")], named=True)
    with pytest.raises(ComparisonError, match="baseline=MODEL"):
        choose_baseline(found, "ndcg_at_10", 1, None)
