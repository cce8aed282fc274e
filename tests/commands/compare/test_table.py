"""The table of a comparison in a terminal."""

from __future__ import annotations

import pandas as pd
import pytest

from lrec.commands.compare.table import comparison_table
from lrec.evaluation.comparison.comparison import Comparison
from lrec.reporting.terminal import Screen


def test_it_fits_80_columns_with_every_number(capsys: pytest.CaptureFixture[str]) -> None:
    shared = {"bucket": "tail", "metric": "ndcg_at_10", "users": 12345, "value": 0.0321}
    numbers = {"difference": -0.0123, "low": -0.0234, "high": -0.0012, "detectable": 0.01}
    more = {"baseline": 0.0444, "p_holm": 0.0123}
    rows = [
        {**shared, "model": "popularity", "verdict": "baseline"},
        {**shared, **numbers, **more, "model": "attention", "verdict": "worse"},
    ]
    frame = pd.DataFrame(rows)
    models = ["popularity", "attention"]
    directions = {"ndcg_at_10": 1}
    comparison = Comparison(
        frame, None, "popularity", "ndcg_at_10", models, {"activity": ["tail"]}, directions, 20
    )
    screen = Screen()
    screen.console.width = 80
    screen.print(comparison_table(comparison))
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "tail (12,345)" in [line.strip() for line in lines]
    words = " ".join(lines[-1].split())
    assert words == "attention 0.0321 −0.0123 −28 % −0.0234 to −0.0012 0.012 worse"
