"""Behaviours on the command line: `lrec data` counts them, training logs their weights."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import mlflow
import numpy as np
import pytest
from helpers.cli import CommandLine


@pytest.fixture(scope="module")
def log_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty visitors who view, put into carts and buy, in milliseconds."""
    generator = np.random.default_rng(8)
    lines, time = ["timestamp,visitorid,event,itemid"], 1_433_221_332_117
    for _ in range(500):
        visitor, item = generator.integers(60), int(30 * generator.random() ** 2)
        for event, chance in (("view", 1), ("addtocart", 0.4), ("transaction", 0.3)):
            if generator.random() < chance:
                time += int(generator.integers(2_000_000))
                lines.append(f"{time},{visitor},{event},{item}")
    path = tmp_path_factory.mktemp("log") / "events.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def chosen(path: Path) -> list[str]:
    return [
        *("dataset=csv", f"dataset.path={path}", "dataset.time_unit=ms"),
        *("dataset.behaviors={addtocart: 4, transaction: 8}", "dataset.targets=[transaction]"),
    ]


def test_data_shows_behaviours_before_and_after(
    lrec: CommandLine, log_file: Path, tmp_path: Path
) -> None:
    ran = lrec(tmp_path, "data", *chosen(log_file))
    assert (ran.rc, ran.err) == (0, "")
    table = [line.split() for line in ran.out.splitlines()]
    counts = Counter(line.split(",")[2] for line in log_file.read_text().splitlines()[1:])
    pairs = {
        event: {
            (user, item)
            for _, user, name, item in (
                line.split(",") for line in log_file.read_text().splitlines()[1:]
            )
            if name == event
        }
        for event in counts
    }
    bought = len(pairs["transaction"])
    carted = len(pairs["addtocart"] - pairs["transaction"])
    assert ["view", "0", "no", str(counts["view"]), "0"] in table
    assert ["addtocart", "4", "no", str(counts["addtocart"]), str(carted)] in table
    assert ["transaction", "8", "yes", str(counts["transaction"]), str(bought)] in table
    (step,) = (row for row in table if row[:2] == ["behaviour", "view"])
    assert step[2] == str(counts["view"])


@pytest.mark.slow
def test_training_logs_weights_and_says_who_ignores_them(
    lrec: CommandLine, log_file: Path, tmp_path: Path
) -> None:
    settings = [*chosen(log_file), "model=popularity", "metric=[ndcg]", "tracking.log_model=false"]
    ran = lrec(tmp_path, "train", *settings)
    assert (ran.rc, ran.err) == (0, ""), ran
    assert "note: model=popularity ignores the weights of behaviours" in ran.out
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'mlflow.db'}")
    run = mlflow.search_runs(search_all_experiments=True).iloc[0]
    assert run["params.dataset.behaviors.transaction"] == "8"
    assert run["params.dataset.targets"] == "['transaction']"
    assert run["metrics.data/interactions_not_asked"] > 0
