"""Comparisons from Python, in memory."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from matplotlib.figure import Figure

import lrec
from lrec.commands.runs.model_identity import settings, split_settings
from lrec.evaluation.comparison.user_alignment import ComparisonError
from lrec.tracking import finished

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
    assert compared.values.index.tolist() == ["popularity", "ease", "itemknn"]
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
    assert names[:4] == ["all", "popularity", "ease", "itemknn"]
    points = [line.get_xdata()[0] for line in axes.lines if line.get_marker() != "None"]
    assert points[:3] == pytest.approx(compared.values["all"].tolist())
    sizes = {label.get_size() for label in (*axes.get_xticklabels(), *axes.get_yticklabels())}
    assert sizes == {7}, "the style of figures for papers, also once it is drawn elsewhere"
    assert compared.figure("item_coverage_sub_at_10").axes[0].get_xlabel() == "item coverage@10"
    with pytest.raises(ValueError, match="metric must be one of ndcg_at_10"):
        compared.figure("map_at_10")
    for width in ("3", 0, float("nan"), True):
        with pytest.raises(lrec.ConfigError, match="width must be inches"):
            compared.figure(width=width)


def test_figure_is_seen_in_a_notebook_and_stays_one_of_matplotlib(
    results: list[lrec.TrainedRun],
) -> None:
    figure = lrec.compare(results, verbose=False).figure(width=3)
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert isinstance(figure, Figure)
    again = pickle.loads(pickle.dumps(figure))
    assert again.get_size_inches()[0] == 3
    assert again._repr_png_() == figure._repr_png_()


def test_overrides_count_in_memory(results: list[lrec.TrainedRun]) -> None:
    given = {"baseline": "popularity", "verbose": False}
    few, many = (lrec.compare(results, f"resamples={n}", **given).table for n in (100, 1000))
    assert not few["low"].equals(many["low"])
    only = lrec.compare(results, "metric=[ndcg]", **given).table
    assert set(only["metric"]) == {"ndcg_at_10"}
    with pytest.raises(lrec.ConfigError, match=r"resampels: no such key .did you mean resamples"):
        lrec.compare(results, "resampels=100")
    for word in ("bucket=counts", "k=[10]", "fresh=true"):
        with pytest.raises(lrec.ConfigError, match=f"in memory, other .*{word.split('=')[0]}$"):
            lrec.compare(results, word)


def test_repr_is_a_line(results: list[lrec.TrainedRun]) -> None:
    compared = lrec.compare(results, baseline="popularity", verbose=False)
    models = "popularity, ease, itemknn"
    assert repr(compared) == f"ComparedRuns({models}; baseline popularity, by ndcg_at_10)"
    assert compared == compared


@pytest.mark.parametrize("candidates", ["ease", {}, [], [1, 2], [pd.DataFrame()], None])
def test_what_is_no_candidate_is_refused(candidates: Any) -> None:
    with pytest.raises(lrec.ConfigError, match="candidates must be a list of results"):
        lrec.compare(candidates)


def test_refusals(results: list[lrec.TrainedRun]) -> None:
    with pytest.raises(lrec.ConfigError, match="log=True needs logged runs"):
        lrec.compare(results, log=True)
    with pytest.raises(lrec.ConfigError, match="together with logged results only"):
        lrec.compare([results[0], "latest"])
    with pytest.raises(lrec.ComparisonError, match="baseline must be one of"):
        lrec.compare(results, baseline="vae")
    with pytest.raises(ComparisonError, match="2 models are needed"):
        lrec.compare(results[:1])
    with pytest.raises(ComparisonError, match="same seed"):
        lrec.compare([results[0], results[0]])


@pytest.fixture(scope="module")
def splits(tiny: Path) -> list[lrec.SplitData]:
    """Two windows of time, the newer one first."""
    data = lrec.Interactions.from_frame(pd.read_csv(tiny))
    return [lrec.rolling(data, windows=2, window=n, length=30) for n in (1, 0)]


@pytest.fixture(scope="module")
def windows(
    splits: list[lrec.SplitData], used_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[lrec.TrainedRun]]:
    """Logged runs of two models, one with two seeds, on two windows of time; without figures."""
    of_seeds = ("model=ials", "tracking.log_model=false")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("windows"))
        patch.setattr("lrec.commands.train.run_logging.log_figures", lambda *_: None)
        patch.setattr("lrec.commands.compare.paper_figures.write_figures", lambda *_: [])
        shutil.copy(used_store, "mlflow.db")
        yield [
            lrec.train(*words, *QUICK, data=split, verbose=False)
            for split in splits
            for words in ((*of_seeds, "seed=2"), of_seeds, ("model=popularity",))
        ]


def test_windows_and_seeds_are_replicates_as_in_the_command(
    windows: list[lrec.TrainedRun],
) -> None:
    """In memory the comparison is that of the command, to the last digit."""
    found = lrec.compare(windows, log=False, verbose=False)
    command = lrec.compare(windows, verbose=False)
    assert {"gini_sub_at_10", "item_coverage_sub_at_10"} <= set(found.table["metric"])
    for name in ("rows", "served", "course", "items", "fairness"):
        one, two = (getattr(c.comparison, name) for c in (found, command))
        pd.testing.assert_frame_equal(one, two, check_exact=True)
    assert found.comparison.parts == command.comparison.parts == ["window 0", "window 1"]
    assert found.comparison.leads == command.comparison.leads
    assert found.sentences == command.sentences
    assert found.sentences[-1].startswith("Of 2 windows")
    of_all = [run.metrics.loc["ndcg_at_10", "all"] for run in windows if run.name == "ials"]
    assert found.values.loc["ials", "all"] == pytest.approx(sum(of_all) / 4)


def test_parts_that_not_all_models_have_are_refused(windows: list[lrec.TrainedRun]) -> None:
    with pytest.raises(ComparisonError, match=r"different parts of the data, .*'window 1'"):
        lrec.compare(windows[:4], log=False)


def test_a_result_in_memory_has_what_a_run_logs(
    windows: list[lrec.TrainedRun], splits: list[lrec.SplitData]
) -> None:
    words = ("model=popularity", *QUICK)
    unlogged = lrec.train(*words, data=splits[0], log=False, verbose=False)
    (saved,) = finished("lrec", ids=[windows[2].run_id])
    for run in (windows[2].result.record, unlogged.result.record):
        assert (run.metrics, run.digest, run.data) == (saved.metrics, saved.digest, saved.data)
        assert settings(run) == settings(saved)
        assert split_settings(run) == split_settings(saved)
        assert (run.seed, run.seeded, run.trained) == (1, False, True)
