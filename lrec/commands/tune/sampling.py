"""Samplers and pruners of Optuna by the names that a config has for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lrec.commands.tune.search_space import SearchSpace

if TYPE_CHECKING:
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler

Sampler = Literal["auto", "tpe", "nsga2", "random", "grid"]
Pruner = Literal["auto", "halving", "hyperband", "none"]
REDUCTION = 3  # of the trials at a rung, one in so many goes on


def sampler(name: Sampler, space: SearchSpace, startup_trials: int, seed: int) -> BaseSampler:
    """A sampler: Parzen estimators (Bergstra et al. 2011), NSGA-II (Deb et al. 2002), or none.

    Args:
        startup_trials: drawn at random before it learns.
        seed: of its draws; of a grid, of the order that all trials share.
    """
    from optuna import samplers

    if name == "grid":
        return _grid(space, seed)
    if name == "random":
        return samplers.RandomSampler(seed=seed)
    if name == "nsga2":
        return samplers.NSGAIISampler(population_size=max(2, startup_trials), seed=seed)
    return samplers.TPESampler(n_startup_trials=startup_trials, seed=seed)


def _grid(space: SearchSpace, seed: int) -> BaseSampler:
    from optuna.samplers import GridSampler

    class WholeGrid(GridSampler):
        """A grid of a study that sees for itself that all of it has been tried."""

        def after_trial(self, *_: object) -> None:
            """Optuna would stop its own loop, and raise an error where there is none."""

    return WholeGrid(space.grid(), seed=seed)


def pruner(name: Pruner, grace_epochs: int, epochs: int) -> BasePruner:
    """A pruner: successive halving, all at once or in brackets, never in the first epochs.

    Halving is the asynchronous one (Li et al. 2020), hyperband its brackets (Li et al. 2018).

    Args:
        grace_epochs: epochs that no trial is pruned before.
        epochs: the most that a trial trains.
    """
    from optuna import pruners

    if name == "none" or grace_epochs >= epochs:
        return pruners.NopPruner()
    if name == "hyperband":
        return pruners.HyperbandPruner(grace_epochs, epochs, REDUCTION)
    return pruners.SuccessiveHalvingPruner(grace_epochs, REDUCTION)
