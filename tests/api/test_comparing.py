"""Comparisons from Python, in memory."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import lrec
from lrec.evaluation.comparison.user_alignment import ComparisonError

QUICK = ("metric=[recall,ndcg,item_coverage]", "k=[10]")


@pytest.fixture(scope="module")
def results(tiny: Path) -> list[lrec.TrainedRun]:
    split = lrec.leave_one_out(lrec.Interactions.from_frame(pd.read_csv(tiny)))
    names = ("popularity", "itemknn", "ease")
    return [
        lrec.train(f"model={name}", *QUICK, data=split, log=False, verbose=False) for name in names
    ]


def test_values_are_those_of_the_runs(results: list[lrec.TrainedRun]) -> None:
    compared = lrec.compare(results, baseline="popularity", verbose=False)
    assert compared.values.index.tolist() == ["popularity", "itemknn", "ease"]
    for result in results:
        own = result.metrics.loc["ndcg_at_10", compared.values.columns]
        assert compared.values.loc[result.name].tolist() == pytest.approx(own.tolist())
    assert set(compared.verdicts.loc["popularity"]) <= {"baseline", "too few users"}
    assert {"bucket", "model", "metric", "value", "difference", "verdict"} <= {*compared.table}
    assert compared.sentences
    assert "<table" in compared._repr_html_()


def test_baseline_is_the_best_simple_model_on_validation(results: list[lrec.TrainedRun]) -> None:
    compared = lrec.compare(results, verbose=False)
    best = max(results, key=lambda result: result.validation.loc["ndcg_at_10", "all"])
    assert compared.comparison.baseline == best.name


def test_table_in_latex(results: list[lrec.TrainedRun]) -> None:
    compared = lrec.compare(results, baseline="popularity", verbose=False)
    text = compared.to_latex("recall_at_10")
    assert text.startswith("\\begin{table}")
    assert rf"\begin{{tabular}}{{l{'r' * len(compared.values.columns)}}}" in text
    for result in results:
        value = result.metrics.loc["recall_at_10", "all"]
        (row,) = (line for line in text.splitlines() if line.startswith(f"    {result.name} &"))
        assert f"{value:.4f}" in row.split(" & ")[1]


def test_figure_has_every_model(results: list[lrec.TrainedRun]) -> None:
    compared = lrec.compare(results, baseline="popularity", verbose=False)
    figure = compared.figure(width=3.3)
    (axes,) = figure.axes
    assert figure.get_size_inches()[0] == pytest.approx(3.3)
    assert axes.get_xlabel() == "ndcg@10"
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names[:4] == ["all", "popularity", "itemknn", "ease"]
    points = [line.get_xdata()[0] for line in axes.lines if line.get_marker() != "None"]
    assert points[:3] == pytest.approx(compared.values["all"].tolist())
    sizes = {label.get_size() for label in (*axes.get_xticklabels(), *axes.get_yticklabels())}
    assert sizes == {7}, "the style of figures for papers, also once it is drawn elsewhere"
    assert compared.figure("item_coverage_sub_at_10").axes[0].get_xlabel() == "item coverage@10"
    with pytest.raises(ValueError, match="metric must be one of ndcg_at_10"):
        compared.figure("map_at_10")


def test_refusals(results: list[lrec.TrainedRun]) -> None:
    with pytest.raises(lrec.ConfigError, match="log=True needs logged runs"):
        lrec.compare(results, log=True)
    with pytest.raises(lrec.ConfigError, match="together with logged results only"):
        lrec.compare([results[0], "latest"])
    with pytest.raises(ComparisonError, match="baseline must be one of"):
        lrec.compare(results, baseline="vae")
    with pytest.raises(ComparisonError, match="two models are needed"):
        lrec.compare(results[:1])
    with pytest.raises(ComparisonError, match="same seed"):
        lrec.compare([results[0], results[0]])


def test_several_splits_are_no_seeds(tiny: Path) -> None:
    data = lrec.Interactions.from_frame(pd.read_csv(tiny))
    splits = [lrec.split(data, "split=ratio", "split.folds=2", f"split.fold={n}") for n in (0, 1)]
    results = [
        lrec.train("model=ease", *QUICK, data=split, log=False, verbose=False) for split in splits
    ]
    with pytest.raises(ComparisonError, match="ease are of several splits"):
        lrec.compare(results)
