"""Samplers and pruners of Optuna by the names that a config has for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler

Sampler = Literal["auto", "tpe", "nsga2", "random", "grid"]
Pruner = Literal["auto", "halving", "hyperband", "none"]
REDUCTION = 3  # of the trials at a rung, one in so many goes on


def sampler(name: Sampler, startup_trials: int, seed: int) -> BaseSampler:
    """A sampler: Parzen estimators (Bergstra et al. 2011), NSGA-II (Deb et al. 2002), or random.

    The points of a grid are given to their trials, see `Study.ask`, and none is left to be drawn.

    Args:
        startup_trials: drawn at random before it learns.
        seed: of its draws.
    """
    from optuna import samplers

    if name in ("random", "grid"):
        return samplers.RandomSampler(seed=seed)
    if name == "nsga2":
        return samplers.NSGAIISampler(population_size=max(2, startup_trials), seed=seed)
    return samplers.TPESampler(n_startup_trials=startup_trials, seed=seed)


def pruner(name: Pruner, grace_epochs: int, epochs: int) -> BasePruner:
    """A pruner: successive halving, all at once or in brackets, never in the first epochs.

    Halving is the asynchronous one (Li et al. 2020), hyperband its brackets (Li et al. 2018).

    Args:
        grace_epochs: epochs that no trial is pruned before.
        epochs: the most that a trial trains.
    """
    from optuna.pruners import NopPruner

    from lrec.commands.tune.trials.halving import Halving

    if name == "none" or grace_epochs >= epochs:
        return NopPruner()
    rungs = 1
    while grace_epochs * REDUCTION**rungs < epochs:
        rungs += 1
    return Halving(grace_epochs, REDUCTION, rungs if name == "hyperband" else 1)
