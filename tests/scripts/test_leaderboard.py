"""The leaderboard: a row a model, with the values that the runs have logged."""

from __future__ import annotations

import json
from pathlib import Path

import leaderboard
import pandas as pd
import pytest

import lrec

MARKED = "# Leaderboard\n\n<!-- leaderboard -->\n(an older table)\n<!-- end of leaderboard -->\n"


def test_a_row_for_each_model_with_values_costs_and_command(
    finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "leaderboard.md"
    page.write_text(MARKED)
    monkeypatch.chdir(finished.folder)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{finished.folder}/mlflow.db")
    leaderboard.main(["--where", "params.split = 'global_time'"], page)
    text = page.read_text()
    assert "older" not in text
    (row,) = (line for line in text.splitlines() if "| *ease* |" in line)
    cells = [cell.strip() for cell in row.split("|")[1:-1]]
    metrics = json.loads((finished.run / "metrics.json").read_text())["ease"]
    value = f"{metrics['ndcg_at_10/all']:.4f}".replace("0.", ".")
    (shown,) = (cell for cell in cells if cell.startswith(f"{value} ("))
    low, high = shown[shown.index("(") + 1 : -1].split("–")
    assert float(low) <= float(value) <= float(high)
    assert cells[-1].endswith("GB")
    assert cells[-5].endswith(" s")
    assert ". `lrec train model=ease" in text


def test_lists_of_any_make_enter(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "leaderboard.md"
    page.write_text(MARKED)
    monkeypatch.chdir(tmp_path)
    split = lrec.leave_one_out(lrec.Interactions.from_frame(pd.read_csv(tiny)))
    items = split.train["item"].unique()[:20]
    lists = pd.DataFrame(
        {"user": user, "item": item} for user in split.test["user"].unique() for item in items
    )
    lrec.evaluate(lists, split, name="theirs", verbose=False)
    leaderboard.main([], page)
    text = page.read_text()
    assert "| theirs | any | ." in text
    assert "1. `lrec evaluate " in text


def test_runs_in_a_command_are_those_of_rows() -> None:
    rows = [leaderboard.Row([run], run, "1", [], {}, []) for run in ("0a34f", "1b56c")]
    words = ["lrec", "blend", "runs=['1b56c',0a34f,1b56,'2c']", "run=0a34", "seed=1", "model=ease"]
    shown = ["lrec", "blend", "runs=[RUN_2,RUN_1,RUN_2,'2c']", "run=RUN_1", "seed=1", "model=ease"]
    assert leaderboard.with_rows(words, rows) == shown


@pytest.mark.parametrize(
    ("value", "words"), [((0.25, 0.125, 0.5), ".2500 (.1250–.5000)"), (None, "–")]
)
def test_values_stand_with_their_intervals(value, words: str) -> None:
    assert leaderboard.value_with_interval(value) == words
