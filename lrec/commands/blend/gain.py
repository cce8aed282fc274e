"""Gain of a blend over each of its members, for validation users that it was not fitted to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lrec.base.arrays import mean_of_defined
from lrec.commands.settings import RunSettings
from lrec.evaluation.evaluator import Evaluator
from lrec.evaluation.metric import metric_of
from lrec.evaluation.statistics import bootstrap, interval
from lrec.evaluation.user_table import rows_by_group
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
    metric = metric_of(column)
    metrics = {metric: settings.metric[metric]}
    part = Evaluator(half, metrics, settings.bucket, evaluator.ks, USERS, evaluator.bias)
    values = {}
    for name, model in {blend.name: blend, **members}.items():
        part.validate(part.ranker(model))
        assert part.validation_users is not None
        values[name] = part.validation_users[column].to_numpy()
    own = values.pop(blend.name)
    assert part.validation_users is not None
    groups = rows_by_group(part.validation_users, settings.groups)
    rows: list[dict[str, Any]] = []
    for group, users in groups.items():
        differences = np.stack([own[users] - other[users] for other in values.values()], axis=1)
        bounds = interval(bootstrap(differences, resamples))
        means = [mean_of_defined(other[users]) for other in values.values()]
        best = int(np.argmax(settings.monitor_sign * np.array(means)))
        for index, name in enumerate(values):
            rows.append(
                {
                    "bucket": group,
                    "member": name,
                    "users": len(users),
                    "blend": mean_of_defined(own[users]),
                    "value": means[index],
                    "difference": mean_of_defined(differences[:, index]),
                    "low": float(bounds[0][index]),
                    "high": float(bounds[1][index]),
                    "best": index == best,
                }
            )
    return pd.DataFrame(rows)
