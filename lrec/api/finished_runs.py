"""Finished runs as data frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lrec.api.calling import call
from lrec.base.arguments import check_texts
from lrec.tracking import finished

if TYPE_CHECKING:
    import pandas as pd

FIRST = ("run_id", "model", "seed", "data", "digest", "started", "seconds", "command", "overrides")


def runs(filter: str = "", experiment: str = "lrec") -> pd.DataFrame:
    """The finished runs of the store, a row for each, the newest first.

    Args:
        filter: in MLflow's search language, such as `params.model = 'vae' and params.seed = '1'`.
        experiment: MLflow's.

    Returns:
        Columns `run_id`, `model`, `seed`, `data`, `digest`, `started`, `seconds`, `command`,
        `overrides`; then `params.KEY`, and every metric by its name, `ndcg_at_10/tail`.

    Raises:
        ConfigError: an argument is no text.
        RuntimeError: there is no store or experiment, or the filter cannot be read.
    """
    import pandas as pd

    check_texts(filter=filter, experiment=experiment)
    with call(verbose=True):
        found = finished(experiment, filter)
    rows = [
        {
            "run_id": run.id,
            "model": run.params.get("model"),
            "seed": run.seed,
            "data": run.data,
            "digest": run.digest,
            "started": pd.Timestamp(run.started, unit="ms"),
            "seconds": run.seconds,
            "command": run.tags.get("lrec.command"),
            "overrides": run.tags.get("lrec.overrides"),
            **{f"params.{key}": value for key, value in sorted(run.params.items())},
            **dict(sorted(run.metrics.items())),
        }
        for run in found
    ]
    return pd.DataFrame(rows, columns=None if rows else list(FIRST))
