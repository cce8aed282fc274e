"""Runs that are compared."""

from __future__ import annotations

import pytest
from helpers.saved_runs import saved_run

from lrec.commands.compare.command import user_table
from lrec.evaluation.comparison.user_alignment import ComparisonError


def test_a_run_without_a_test_is_refused_plainly() -> None:
    run = saved_run("vae", tags={"lrec.updates": "some"})
    with pytest.raises(ComparisonError, match=r"has no test to compare.*evaluate=false") as error:
        user_table(run)
    assert run.id in str(error.value)
