"""Figures: a panel for every metric that has values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lrec.reporting import figures


def test_every_metric_has_a_panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Any] = []
    monkeypatch.setattr(figures, "_save", lambda figure, path: drawn.append(figure))
    metrics = ["recall_at_20", "mine_at_20", "mae", "item_coverage_sub_at_20", "arp_at_20"]
    values = {f"{metric}/tail": 0.5 for metric in metrics}  # sets have no value for all
    figures.by_bucket({"vae": values}, [*metrics, "none"], ["all", "tail"], tmp_path / "x.png")
    (figure,) = drawn
    titles = [axes.get_title() for axes in figure.axes]
    coverage = "item coverage@20, equal-sized"
    assert titles[:5] == ["recall@20", "mine@20", "mae", coverage, "arp@20"]
    for axes in figure.axes[: len(metrics)]:  # also the name of a group without a bar
        low, high = axes.get_xlim()
        assert [low < tick < high for tick in axes.get_xticks()] == [True, True]
