"""The page of a simulation: charts that show something, and words for what is left out."""

from __future__ import annotations

import pandas as pd

from lrec.commands.simulate.page import page
from lrec.commands.simulate.results import SimulationResults


def results() -> SimulationResults:
    """Two models and the control in two rounds; in the tail nobody becomes active."""
    rounds, summary = [], []
    for bucket, most in (("all", 0.5), ("tail", 0.0)):
        for index, model in enumerate(("vae", "random")):
            key = {"model": model, "bucket": bucket}
            for number in (1, 2):
                rounds.append(
                    {
                        **key,
                        "round": number,
                        "users": 40,
                        "activated": most * number / (2 + index),
                        "hit": 0.1 * number / (1 + index),
                        "accepted": 0.5,
                        "popularity": None,
                        "drift": None,
                        "item_coverage": 0.2 + 0.1 * index,
                        "gini": 0.5,
                    }
                )
            difference = None if index else most
            bounds = {"difference": difference, "low": difference, "high": difference}
            summary.append(
                {
                    **key,
                    **bounds,
                    "users": 40,
                    "attainable": most,
                    "activated": rounds[-1]["activated"],
                    "accepted": 0.5,
                    "first_hit": 1.5,
                    "never_hit": 0.1,
                }
            )
    return SimulationResults(pd.DataFrame(rounds), pd.DataFrame(summary))


def test_charts_without_content_are_left_out_and_named() -> None:
    facts = {
        "models": ["vae"],
        "control": "random",
        "active": 5,
        "buckets": {"tail": "n <= 2"},
        "rounds": 2,
        "users": 40,
        "data": "csv",
        "digest": "d",
        "start": 2,
        "shown": 10,
        "retrain": False,
        "answers": "held-out items",
        "train_users": 10,
        "seeds": [1],
        "simulation_seed": 0,
        "resamples": 100,
        "command": "lrec simulate",
        "version": "0",
        "runs": {"vae": {1: "v"}},
        "addresses": {"v": ""},
    }
    html = page(results(), facts)
    assert html.count("<figure>") == html.count(' download="') == 5
    everybody, tail = html.split("<section>")[1:3]
    active, drift = "Active: users with 5 items or more", "Drift: popularity of what is shown"
    assert everybody.index(f"nothing to see: {drift}") < everybody.index("<figure>")
    assert f"<figcaption>{active}" in everybody
    assert f"nothing to see: {active}; {drift}" in tail
    assert f"<figcaption>{active}" not in tail
    assert "people with up to 2 items" in tail
    assert "too few users" not in html
