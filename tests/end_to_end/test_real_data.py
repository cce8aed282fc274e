"""Quality on real data: pytest -m slow --data=FOLDER. Minutes each, on two cores.

The folder holds movietweetings/ratings.csv.gz, ml-latest-small/ratings.csv.gz and
beauty/interactions.csv.gz, each with a user, an item and a timestamp column.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from helpers.cli import LREC

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
Rows = dict[str, dict[str, float]]


def train(folder: Path, path: Path, *overrides: str) -> Rows:
    """Metrics of the model and of its references, by name."""
    command = [LREC, "train", "dataset=csv", f"dataset.path={path.resolve()}", *overrides]
    subprocess.run([*command, f"hydra.run.dir={folder}/run"], cwd=folder, check=True)
    rows: Rows = json.loads((folder / "run" / "metrics.json").read_text())
    return rows


@pytest.mark.parametrize("name", ["ml-latest-small", "movietweetings"])
def test_vae_beats_popularity_left_one_out(name: str, data_folder: Path, tmp_path: Path) -> None:
    rows = train(tmp_path, data_folder / name / "ratings.csv.gz", "split=leave_one_out")
    assert rows["vae"]["users/cold"] == 0
    assert rows["vae"]["ndcg_at_10/all"] > rows["popularity"]["ndcg_at_10/all"]


def test_beauty_stands_where_it_is_published(data_folder: Path, tmp_path: Path) -> None:
    """Popularity between .010 and .016 in HR@10 (S3-Rec's repository has .0152); VAE twice that."""
    rows = train(tmp_path, data_folder / "beauty" / "interactions.csv.gz", "split=leave_one_out")
    popularity, vae = (rows[name]["hit_at_10/all"] for name in ("popularity", "vae"))
    assert 0.010 <= popularity <= 0.016
    assert vae >= 2 * popularity


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_dense_predicts_ratings_like_the_bias_model(
    seed: int, data_folder: Path, tmp_path: Path
) -> None:
    rows = train(
        tmp_path,
        data_folder / "ml-latest-small" / "ratings.csv.gz",
        "+experiment=dense_rating",
        f"split.seed={seed}",
    )
    assert rows["dense"]["mse_pooled/all"] <= rows["bias"]["mse_pooled/all"] + 0.005
