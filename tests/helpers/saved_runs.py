"""Finished runs as they stand in MLflow, without MLflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrec.tracking import SavedRun


def saved_run(
    model: str,
    seed: int = 1,
    digest: str = "d1",
    value: float = 0.1,
    command: str = "train",
    tags: Mapping[str, str] | None = None,
    **params: Any,
) -> SavedRun:
    """A finished run; its id is its model and seed."""
    chosen = {"model": model, "seed": str(seed), "split": "ratio", "split.test": "0.2"}
    given = {key.replace("__", "."): str(v) for key, v in params.items()}
    is_baseline = model in ("popularity", "ease", "itemknn")
    return SavedRun(
        id=f"{model}-{seed}",
        params=chosen | given,
        metrics={"val/ndcg_at_10/all": value},
        tags={"lrec.command": command, "lrec.simple": str(is_baseline), **(tags or {})},
        data="csv",
        digest=digest,
        seconds=1.0,
    )
