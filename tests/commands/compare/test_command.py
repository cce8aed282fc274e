"""Runs that are compared."""

from __future__ import annotations

import pandas as pd
import pytest
from helpers.saved_runs import saved_run

from lrec.commands.compare.command import not_told_apart, user_table
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
