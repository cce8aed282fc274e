"""The page of a simulation: charts that show something, and words for what is left out."""

from __future__ import annotations

import re

import pandas as pd

from lrec.commands.simulate.page import page
from lrec.commands.simulate.results import SimulationResults

FACTS = {
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


def results() -> SimulationResults:
    """A model and both controls in two rounds; in the tail nobody becomes active."""
    rounds, summary = [], []
    for bucket, most in (("all", 0.5), ("tail", 0.0)):
        for index, model in enumerate(("vae", "popularity", "random")):
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
            bounds = {
                f"{name}{suffix}": None if model in ("random", control) else most * share
                for control, suffix, share in (
                    ("random", "", 0.5),
                    ("popularity", "_popularity", 0.3),
                )
                for name in ("difference", "low", "high")
            }
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
    html = page(results(), FACTS)
    assert html.count("<figure>") == html.count(' download="') == 5
    everybody, tail = html.split("<section>")[1:3]
    active, drift = "Active: users with 5 items or more", "Drift: popularity of what is shown"
    assert everybody.index(f"nothing to see: {drift}") < everybody.index("<figure>")
    assert f"<figcaption>{active}" in everybody
    assert f"nothing to see: {active}; {drift}" in tail
    assert f"<figcaption>{active}" not in tail
    assert "people with up to 2 items" in tail
    assert "too few users" not in html


def test_differences_to_both_controls_stand_side_by_side() -> None:
    everybody = page(results(), FACTS).split("<section>")[1]
    heads = re.findall(r"<th[^>]*>(above [^<]*)</th>", everybody)
    assert heads == ["above popularity", "above random"]
    (vae,) = (row for row in everybody.split("<tr") if ">vae</a>" in row)
    assert re.findall(r"<b>(.*?)</b>", vae) == ["+15.0", "+25.0"]
    (popularity,) = (row for row in everybody.split("<tr") if "<th>popularity</th>" in row)
    assert re.findall(r"<b>(.*?)</b>", popularity) == ["+25.0"]
