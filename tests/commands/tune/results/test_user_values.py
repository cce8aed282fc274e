"""Users' validation values: what is kept of a user table, and read back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from helpers.fronts import HEAD, SECONDS, TAIL

from lrec.commands.tune.objectives import Objective
from lrec.commands.tune.results import user_values

USERS = pd.DataFrame(
    {
        "user": [7, 8, 9],
        "n_train": [1, 2, 30],
        "bucket/activity": ["tail", "tail", "head"],
        "ndcg_at_10": [0.1, 0.2, 0.6],
        "recall_at_10": [1.0, 1.0, 1.0],
    }
)


def test_buckets_and_monitored_columns_are_kept_without_ids(tmp_path: Path) -> None:
    user_values.write(tmp_path, USERS, [TAIL, HEAD, SECONDS])
    kept = user_values.read(tmp_path, "")
    assert kept is not None
    assert list(kept) == ["bucket/activity", "ndcg_at_10"]
    assert kept["ndcg_at_10"].dtype == np.float32
    tail, head = (user_values.of_group(kept, goal) for goal in (TAIL, HEAD))
    assert tail is not None
    assert head is not None
    np.testing.assert_allclose(tail, [0.1, 0.2], rtol=1e-6)
    np.testing.assert_allclose(head, [0.6], rtol=1e-6)
    everybody = user_values.of_group(kept, Objective("val/ndcg_at_10/all", 1))
    assert everybody is not None
    assert len(everybody) == 3


def test_nothing_is_kept_of_costs_and_a_damaged_table_is_none(tmp_path: Path) -> None:
    user_values.write(tmp_path, USERS, [SECONDS])
    assert not (tmp_path / user_values.FILE).exists()
    assert user_values.read(tmp_path, "") is None
    assert user_values.of_group(USERS, SECONDS) is None
    (tmp_path / user_values.FILE).write_bytes(b"no table")
    assert user_values.read(tmp_path, "") is None
