"""The data that benchmarks read, as lrec's splits and as tables that other programs read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from benchmarking.processes import PEERS, run
from lrec.data.dataset.csv import CSV
from lrec.data.dataset.synthetic import Synthetic
from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.data.split.leave_one_out import LeaveOneOut

ONE_MILLION = {"n_users": 6040, "n_items": 3700, "activity_median": 104, "activity_sigma": 1.0}


def load(path: str | None) -> Split:
    """Leave-one-out of a table of interactions, or of one million generated ones."""
    data = CSV(path) if path else Synthetic(**ONE_MILLION)
    return LeaveOneOut()(data.load())


def load_in_catalogue(path: str | None) -> Split:
    """The split without validation targets outside the catalogue, which other libraries lack."""
    split = load(path)
    known = split.validation.target.item < split.catalogue.n_items
    return replace(split, validation=split.validation.take(np.flatnonzero(known)))


def sizes(split: Split) -> dict[str, int]:
    """How large the training part is."""
    return {
        "n_users": len(split.train),
        "n_items": split.catalogue.n_items,
        "n_train": len(split.train.item),
    }


def sizes_line(result: Mapping[str, Any]) -> str:
    """The sizes in a result, for people."""
    users, items, train = (f"{result[name]:,}" for name in ("n_users", "n_items", "n_train"))
    return f"{users} users × {items} items, {train} training interactions"


def frame(part: Histories, split: Split) -> pd.DataFrame:
    """Interactions with items of the catalogue, as a table that other programs read."""
    known = part.item < split.catalogue.n_items
    times = part.timestamp if part.timestamp is not None else np.arange(len(part.item))
    table = {"user_id": part.user[part.row], "item_id": part.item, "timestamp": times}
    return pd.DataFrame(table)[known]


def run_peer(
    python: str, script: str, split: Split, parts: Mapping[str, Histories], options: Sequence[str]
) -> dict[str, Any]:
    """The result of a script of scripts/peers/ in its own environment, on parts of a split.

    Raises:
        RuntimeError: the script failed.
    """
    with TemporaryDirectory() as folder:
        out = Path(folder) / "result.json"
        command = [python, str(PEERS / script), *options, "--out", str(out)]
        for name, part in parts.items():
            file = Path(folder) / f"{name}.csv"
            frame(part, split).to_csv(file, index=False)
            command += [f"--{name}", str(file)]
        done = run(command)
        if done.code:
            raise RuntimeError(f"{script} ended with {done.code}: {done.complaint}")
        result: dict[str, Any] = json.loads(out.read_text())
    return result | {"peak": done.peak}
