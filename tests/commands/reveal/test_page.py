"""The page of revealed histories: a summary, then short histories before long ones."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from helpers.pages import assert_in_order

from lrec.commands.reveal.curves import Curves, ModelCurves, reveal_curves
from lrec.commands.reveal.page import page
from lrec.commands.reveal.sentences import summary

LENGTHS = [0, 1, 2, 5, 8, 16]


@pytest.fixture(scope="module")
def curves() -> Curves:
    """40 users with 5 items and 60 with 8; the popular is ahead until the learner has learnt."""
    history = np.array([5] * 40 + [8] * 60)
    noise = np.random.default_rng(0).normal(0, 0.001, (100, 1))
    models = {
        "popularity": np.array([0.2, 0.2, 0.2, 0.2, 0.2, np.nan]),
        "learner": np.array([0.1, 0.1, 0.2, 0.4, 0.5, np.nan]),
        "oracle": np.array([0.9, 0.9, 0.9, 0.9, 0.9, np.nan]),
    }
    measured = []
    for index, (name, values) in enumerate(models.items()):
        users = np.where(history[:, None] >= LENGTHS, values + np.roll(noise, index), np.nan)
        whole = np.where(history >= 8, users[:, 4], users[:, 3])
        covered = np.where(np.isnan(users), np.nan, 1.0)
        measured.append(ModelCurves(name, users, covered, whole, name != "oracle"))
    return reveal_curves(measured, history, LENGTHS, 30, 200)


def test_the_summary_is_about_the_shortest_histories(curves: Curves) -> None:
    best, needs = summary(curves)
    assert best == (
        "Of the 100 people with 5 items or more: with 1 item to go by, popularity is best; with 2 "
        "items to go by, no model was shown to be ahead of all others; with 5 items to go by, "
        "learner is best."
    )
    assert "learner 5 (5-5)" in needs
    assert "oracle" not in needs


def test_a_model_that_never_gets_there_is_said_to(curves: Curves) -> None:
    never = replace(curves, summary=curves.summary.assign(needed=math.inf, needed_low=math.inf))
    assert "learner never." in summary(never)[1]


def test_a_page_opens_with_short_histories_and_explains_its_terms(curves: Curves) -> None:
    facts = {
        "primary": "ndcg_at_10",
        "meaning": "Gain: more hits, and sooner.",
        "users": 100,
        "data": "synthetic",
        "digest": "d",
        "train_users": 10,
        "min_users": 30,
        "resamples": 200,
        "seeds": [1],
        "command": "lrec reveal",
        "version": "0",
        "runs": {"popularity": {1: "p"}, "learner": {1: "l"}},
        "addresses": {"p": "https://mlflow.example/#/experiments/1/runs/p", "l": ""},
    }
    html = page(curves, facts)
    order = [
        "Of the 100 people",
        "Gain: more hits",
        "<dt>n*</dt>",
        "users with 5 items or more",
        "users with 8 items or more",
    ]
    assert_in_order(html, order)
    assert html.count("<figure>") == html.count(' download="')
    assert '<a href="https://mlflow.example/#/experiments/1/runs/p"><code>p</code></a>' in html
    first = html[html.index("have_or_show") - 20_000 : html.index("have_or_show")]
    assert ">16<" not in first  # nobody has so many items
