"""Weights of a mixture's members, by the length of the history that is asked about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints

RIDGE = 1.0  # of slopes: worth one user, which keeps weights that nothing speaks for alike
LOWEST = 15.0  # logits are not below the negative of it


@dataclass(frozen=True)
class Mixture:
    """w_m(n) = softmax over members m of a_m + b_m · log(1 + n), n items of the history.

    Lengths that no fitted history had count as the nearest that one had.

    Attributes:
        level: a, `(n_members,)`.
        slope: b.
        shortest, longest: bounds of n.
    """

    level: Floats
    slope: Floats
    shortest: int
    longest: int

    def weights(self, lengths: Ints, available: Bools) -> Floats:
        """Weights of the members, `(n, n_members)` float32, which sum up to 1.

        Args:
            lengths: `(n,)`.
            available: `(n, n_members)`, False where a member has no scores of its own for a
                history; all weights are 0 where none has.
        """
        n = lengths.clip(self.shortest, self.longest)
        logits = self.level + self.slope * np.log1p(n)[:, None]
        odds = np.exp(logits - logits.max(axis=1, keepdims=True)) * available
        total = odds.sum(axis=1, keepdims=True)
        weights: Floats = (odds / np.where(total > 0, total, 1)).astype(np.float32)
        return weights

    def take(self, members: Ints) -> Mixture:
        """The mixture of some of the members."""
        return Mixture(self.level[members], self.slope[members], self.shortest, self.longest)


@dataclass(frozen=True)
class Examples:
    """Held-out items, as the fit of a mixture sees them.

    Attributes:
        lengths: `(n,)` of the histories before them.
        available: `(n, n_members)`, see `Mixture.weights`.
        share: `(n,)` of an item in its user's, so that users count alike.
    """

    lengths: Ints
    available: Bools
    share: Floats


def log_likelihood(weights: Floats, logs: Floats, share: Floats) -> float:
    """Mean log-likelihood of held-out items under a mixture.

    Args:
        weights: `(n, n_members)`.
        logs: log-probability of each item by each member, of the same shape.
    """
    return float(share @ _mixed(weights, logs) / share.sum())


def fit_mixture(examples: Examples, logs: Floats, start: Mixture | None = None) -> Mixture:
    """The mixture of the highest likelihood.

    Only what members say of the held-out items is needed, a number each.

    Args:
        logs: `(n, n_members)` log-probability of each item by each member.
        start: a mixture to go on from.
    """
    from scipy.optimize import minimize

    n_members = logs.shape[1]
    shortest, longest = int(examples.lengths.min()), int(examples.lengths.max())
    x = np.log1p(examples.lengths)
    centre = float(examples.share @ x / examples.share.sum())
    x = x - centre
    available, share = examples.available, examples.share

    def loss(parameters: Floats) -> tuple[float, Floats]:
        level, slope = parameters.reshape(2, n_members)
        logits = np.where(available, level + slope * x[:, None], -np.inf)
        logits -= logits.max(axis=1, keepdims=True)
        log_weights = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        joint = log_weights + logs
        best = joint.max(axis=1, keepdims=True)
        value = best[:, 0] + np.log(np.exp(joint - best).sum(axis=1))
        pull = (np.exp(joint - value[:, None]) - np.exp(log_weights)) * share[:, None]
        gradient = [pull.sum(axis=0), (pull * x[:, None]).sum(axis=0) - RIDGE * slope]
        total = float(share @ value - RIDGE / 2 * slope @ slope)
        return -total, -np.concatenate(gradient)

    initial = np.zeros(2 * n_members)
    if start is not None:
        initial = np.concatenate([start.level + start.slope * centre, start.slope])
        initial[:n_members] -= initial[:n_members].max()
    bounds = [(-LOWEST, LOWEST)] * (2 * n_members)
    found = minimize(loss, initial, jac=True, bounds=bounds, method="L-BFGS-B")
    level, slope = found.x.reshape(2, n_members)
    return Mixture(level - slope * centre, slope, shortest, longest)


def _mixed(weights: Floats, logs: Floats) -> Floats:
    """Log-probability of each item under the mixture, `(n,)`."""
    with np.errstate(divide="ignore"):
        joint = np.log(weights) + logs
    best = joint.max(axis=1, keepdims=True)
    mixed: Floats = best[:, 0] + np.log(np.exp(joint - best).sum(axis=1))
    return mixed
