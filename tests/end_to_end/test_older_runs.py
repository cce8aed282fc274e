"""Runs that were logged before names or files changed are refused in one line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest
from helpers.cli import CommandLine

from lrec.model.common import saving


@pytest.fixture(scope="module")
def run(
    tmp_path_factory: pytest.TempPathFactory, lrec: CommandLine, tiny: Path
) -> Iterator[tuple[Path, str]]:
    """The folder of a store, and the only run in it."""
    folder = tmp_path_factory.mktemp("older")
    lrec.give_store(folder)
    data = ("dataset=csv", f"dataset.path={tiny}", "split=leave_one_out")
    assert lrec(folder, "train", *data, "model=popularity").rc == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
        (logged,) = mlflow.search_runs(experiment_names=["lrec"], output_format="list")
        yield folder, logged.info.run_id


@pytest.mark.parametrize(
    ("file", "now", "before", "refused"),
    [
        ("config.yaml", "lrec.model.popularity.", "lrec.models.popularity.", "run {run}"),
        ("config.yaml", "lrec.evaluation.metric.ndcg.", "lrec.metrics.ndcg.", "run {run}"),
        ("model.json", f'"format": {saving.FORMAT}', '"format": 1', "the model in "),
        ("model.json", f'"format": {saving.FORMAT},', "", "the model in "),
    ],
    ids=["model", "metric", "lower-format", "no-format"],
)
def test_run_of_an_older_lrec_is_refused(
    run: tuple[Path, str], lrec: CommandLine, file: str, now: str, before: str, refused: str
) -> None:
    folder, run_id = run
    kept = {path: path.read_text() for path in (folder / "mlruns").rglob(file)}
    assert kept
    assert all(now in text for text in kept.values())
    for path, text in kept.items():
        path.write_text(text.partition("# sha256")[0].replace(now, before))  # it wrote no digest
    try:
        answer = lrec(folder, "evaluate", f"run={run_id}")
    finally:
        for path, text in kept.items():
            path.write_text(text)
    assert answer.rc == 1
    assert answer.complaint.startswith(f"lrec: {refused.format(run=run_id)}")
    assert answer.complaint.endswith("was made by an older lrec: train it again.")


def test_run_of_today_is_evaluated(run: tuple[Path, str], lrec: CommandLine) -> None:
    folder, run_id = run
    assert lrec(folder, "evaluate", f"run={run_id}").rc == 0
