"""Gain of a blend over each of its members, for validation users that it was not fitted to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lrec.base.arrays import Bools, mean_of_defined
from lrec.commands.settings import RunSettings
from lrec.evaluation.bucket import ALL
from lrec.evaluation.evaluator import Evaluator
from lrec.evaluation.statistics import bootstrap, interval
from lrec.model import Model
from lrec.model.blend.fitting import USERS, halves

if TYPE_CHECKING:
    import pandas as pd


def gain_table(
    evaluator: Evaluator,
    settings: RunSettings,
    blend: Model,
    members: Mapping[str, Model],
    resamples: int,
) -> pd.DataFrame:
    """The monitored metric of blend and members by bucket, on the half that was held back.

    Columns: bucket, member, users, blend (its mean), value (the member's), difference, low, high
    (95 % interval by the paired bootstrap over users) and best, True for the best member of a
    bucket.

    Args:
        evaluator: of the run.
    """
    import pandas as pd

    column = settings.monitor.split("/")[1]
    half = replace(evaluator.split, validation=halves(evaluator.split.validation)[1])
    metric = column.rpartition("_at_")[0]
    metrics = {metric: settings.metric[metric]}
    part = Evaluator(half, metrics, settings.bucket, evaluator.ks, USERS, evaluator.bias)
    values = {}
    for name, model in {blend.name: blend, **members}.items():
        part.validate(part.ranker(model))
        assert part.validation_users is not None
        values[name] = part.validation_users[column].to_numpy()
    own = values.pop(blend.name)
    groups = group_masks(part.validation_users, settings.groups)
    rows: list[dict[str, Any]] = []
    for group, mask in groups.items():
        differences = np.stack([own[mask] - other[mask] for other in values.values()], axis=1)
        bounds = interval(bootstrap(differences, resamples))
        means = [mean_of_defined(other[mask]) for other in values.values()]
        best = int(np.argmax(settings.monitor_sign * np.array(means)))
        for index, name in enumerate(values):
            rows.append(
                {
                    "bucket": group,
                    "member": name,
                    "users": int(mask.sum()),
                    "blend": mean_of_defined(own[mask]),
                    "value": means[index],
                    "difference": mean_of_defined(differences[:, index]),
                    "low": float(bounds[0][index]),
                    "high": float(bounds[1][index]),
                    "best": index == best,
                }
            )
    return pd.DataFrame(rows)


def group_masks(users: pd.DataFrame | None, groups: Sequence[str]) -> dict[str, Bools]:
    """True for the users of each group that has any."""
    assert users is not None
    columns = [users[name].to_numpy() for name in users if str(name).startswith("bucket/")]
    masks: dict[str, Bools] = {ALL: np.ones(len(users), bool)}
    for group in groups:
        mask = np.any([column == group for column in columns], axis=0)
        if group != ALL and mask.any():
            masks[group] = mask
    return masks
