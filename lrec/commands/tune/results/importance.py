"""Importance of parameters: how far the best settings differ from all that were tried."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from lrec.commands.tune.objectives import Objective
from lrec.commands.tune.results.outcome import Measured
from lrec.commands.tune.search_space import SearchSpace

LEAST = 20  # trials; of fewer, importance is chance
TOP = 5  # trials at least that count as the best, where a tenth of all is less


def importances(
    trials: Sequence[Measured], objective: Objective, space: SearchSpace
) -> dict[str, float]:
    """Shares of each parameter by PED-ANOVA (Watanabe et al. 2023), the largest first.

    It compares where the best tenth of the trials lies with where all of them lie. Pruned trials
    count with their best value, as leaving out the worst would hide what made them bad.

    Returns:
        None of fewer than 20 trials, or where nothing distinguishes the best.
    """
    known = [trial for trial in trials if objective.name in trial.values]
    if len(known) < LEAST or not space.keys:
        return {}
    import optuna  # not before: a study that is interrupted early ends at once
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    distributions = space.distributions()
    study = optuna.create_study()  # in memory, minimised
    for trial in known:
        params = {key: value for key, value in trial.params.items() if key in distributions}
        study.add_trial(
            optuna.create_trial(
                params=params,
                distributions={key: distributions[key] for key in params},
                value=-objective.sign * trial.values[objective.name],
            )
        )
    evaluator = PedAnovaImportanceEvaluator(target_quantile=max(0.1, TOP / len(known)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the evaluator is experimental
        found = get_param_importances(study, evaluator=evaluator, normalize=False)
    total = sum(found.values())
    return {key: value / total for key, value in found.items()} if total > 0 else {}
