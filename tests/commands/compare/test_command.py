"""Runs that are compared."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from helpers.composing import checked, composed
from helpers.saved_runs import saved_run

from lrec.base.errors import ConfigError
from lrec.commands.compare.command import CompareSettings, not_told_apart
from lrec.commands.compare.user_tables import meanings, user_table
from lrec.evaluation.comparison.comparison import Comparison
from lrec.evaluation.comparison.lead import Lead
from lrec.evaluation.comparison.user_alignment import ComparisonError


def test_a_run_without_a_test_is_refused_plainly() -> None:
    run = saved_run("vae", tags={"lrec.updates": "some"})
    with pytest.raises(ComparisonError, match=r"has no test to compare.*evaluate=false") as error:
        user_table(run)
    assert run.id in str(error.value)


@pytest.mark.parametrize("shown", [True, False])
def test_the_best_model_is_named_with_the_one_that_may_be_as_good(shown: bool) -> None:
    leads = {"all": Lead("vae", "ease", 0.1, -0.1, 0.3, shown=shown)}
    some = Comparison(pd.DataFrame(), None, "ease", "ndcg_at_10", [], {}, {}, 0, leads)
    assert not_told_apart(some) == ("" if shown else ", not told apart from ease")


def settings(*overrides: str) -> CompareSettings:
    return checked(composed("candidates=[ease]", *overrides, root="compare"), root=CompareSettings)


def test_candidates_are_trained_on_every_part_that_is_named() -> None:
    assert settings().parts == [()]
    assert settings("windows=[0,2]").parts == [("split.window=0",), ("split.window=2",)]
    assert settings("folds=[0,1]", "split_seeds=[7,8]").parts == [
        (f"split.fold={fold}", f"split.seed={seed}") for fold in (0, 1) for seed in (7, 8)
    ]


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (("windows=[1,1]",), "windows must be different numbers, none negative"),
        (("folds=[-1,0]",), "folds must be different numbers, none negative"),
        (("candidates=[]", "windows=[0,1]"), "saved runs have their own"),
    ],
)
def test_parts_that_are_none_are_refused(overrides: tuple[str, ...], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        settings(*overrides)


def test_edges_that_depend_on_the_window_are_all_told() -> None:
    runs = [
        replace(saved_run("vae"), tags={"lrec.bucket.tail": tail, "lrec.bucket.head": "n > 9"})
        for tail in ("n <= 2", "n <= 3", "n <= 2")
    ]
    assert meanings(runs) == {"tail": "n <= 2 or n <= 3", "head": "n > 9"}
