"""Presets check themselves: what the comment promises, and what the run got."""

from __future__ import annotations

import pytest

from lrec.base.config.conf import options
from lrec.commands.train.expectation import expectation_line, expected


def test_promises_are_read_from_the_comment() -> None:
    assert expected("bert4rec_beauty") == {"hit_at_10/all": 0.063, "ndcg_at_10/all": 0.034}
    assert expected("vae_movietweetings") == {"ndcg_at_10/all": 0.125, "hit_at_10/all": 0.225}
    assert expected("gan_movielens") == {}  # three splits, three values


@pytest.mark.parametrize("preset", sorted({*options("experiment")} - {"dense_rating"}))
def test_every_preset_that_promises_is_understood(preset: str) -> None:
    promised = expected(preset)
    assert all(0 < value < 1 for value in promised.values())
    assert promised or preset == "gan_movielens"


def test_the_run_is_held_against_the_promise() -> None:
    line = expectation_line("bert4rec_beauty", {"hit_at_10/all": 0.0629, "ndcg_at_10/all": 0.03})
    assert line == (
        "preset bert4rec_beauty: hit@10/all: expected .063, got .0629; "
        "ndcg@10/all: expected .034, got .0300 (differs by more than 5%)"
    )
    assert expectation_line("bert4rec_beauty", {"recall_at_5/all": 0.1}) == ""
    assert expectation_line("dense_rating", {"mse/all": 0.1}) == ""
    assert expectation_line(None, {"hit_at_10/all": 0.1}) == ""
