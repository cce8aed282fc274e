"""Weights of a mixture by the ranks that it gives held-out items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lrec.base.arrays import Floats
from lrec.model.blend.evidence import Evidence
from lrec.model.blend.mixture import LOWEST, Examples, Mixture
from lrec.model.blend.probabilities import SHAPES

SOFTNESS = 0.05  # difference of log-probabilities that a rank hardly sees
RIDGE = 1e-3  # of slopes, which keeps weights that nothing speaks for alike
TINY = 1e-30  # probability of an item that no member with a weight expects
STEPS = 30  # of the optimiser


@dataclass(frozen=True)
class RankedBlend:
    """Scales and weights, and what they reach on the users that they are fitted to.

    Attributes:
        chosen: the scale of each member, among its options.
        mixture: of the members.
        ndcg: at k, of held-out items, users alike.
    """

    chosen: list[int]
    mixture: Mixture
    ndcg: float


def fit_ranks(
    evidence: Evidence, examples: Examples, chosen: Sequence[int], mixture: Mixture, k: int
) -> RankedBlend:
    """Scales and weights of the highest NDCG@k, from those of the highest likelihood.

    Weights climb a smooth NDCG, for each of a few sets of scales: those of the likelihood, the
    best of one shape for all members, and then for each member the next sharper and blunter one.
    What NDCG@k itself is highest for is kept, so it never falls below where it started.

    Args:
        chosen, mixture: of the highest likelihood.
    """
    best = RankedBlend(list(chosen), mixture, 0.0)
    if not len(evidence.rivals.row):
        return best
    ranks = _Ranks(evidence, examples, k)
    best = replace(best, ndcg=ranks.ndcg(ranks.weights(mixture), evidence.probabilities(chosen)))
    starts = [list(chosen), *_of_one_shape(evidence, examples, chosen)]
    for start in starts:
        best = max(best, ranks.climb(start, mixture), key=lambda found: found.ndcg)
    for member, options in enumerate(evidence.options):
        for step in (-1, 1):
            option = best.chosen[member] + step
            if not 0 <= option < len(options):
                continue
            if options[option].shape != options[best.chosen[member]].shape:
                continue
            near = [*best.chosen[:member], option, *best.chosen[member + 1 :]]
            best = max(best, ranks.climb(near, best.mixture), key=lambda found: found.ndcg)
    return best


def losses(evidence: Evidence, examples: Examples, found: RankedBlend, k: int) -> Floats:
    """The fall of NDCG@k without each member, whose weight the others take, `(n_members,)`."""
    if not len(evidence.rivals.row):
        return np.zeros(len(found.chosen))
    ranks = _Ranks(evidence, examples, k)
    weights, probabilities = ranks.weights(found.mixture), evidence.probabilities(found.chosen)
    others = 1.0 - np.eye(len(found.chosen))
    return found.ndcg - np.array([ranks.ndcg(weights * kept, probabilities) for kept in others])


def _of_one_shape(evidence: Evidence, examples: Examples, chosen: Sequence[int]) -> list[list[int]]:
    """Scales of one shape for all members, for each shape that not all have."""
    found = []
    shapes = {scale.shape for scale in evidence.options[0]}
    for shape in (shape for pair in SHAPES.values() for shape in pair if shape in shapes):
        scales = []
        for member, options in enumerate(evidence.options):
            if options[chosen[member]].shape == shape:
                scales.append(chosen[member])
                continue
            values = (examples.share * examples.available[:, member]) @ evidence.tables[member]
            values[[scale.shape != shape for scale in options]] = -np.inf
            scales.append(int(np.argmax(values)))
        if scales != list(chosen):
            found.append(scales)
    return found


class _Ranks:
    """Ranks of held-out items among their rivals, by weights of the members.

    Args:
        k: length of the lists.
    """

    def __init__(self, evidence: Evidence, examples: Examples, k: int) -> None:
        self.evidence, self.k = evidence, k
        rivals = evidence.rivals
        self.first, self.held, self.example = rivals.first, rivals.held, rivals.example
        self.share = examples.share[rivals.row]
        self.total = float(examples.share.sum())  # of those too whose items are in no list
        self.lengths = examples.lengths[rivals.row]
        self.available = examples.available[rivals.row]
        x = np.log1p(self.lengths)
        self.centre = float(x.mean())
        self.x = (x - self.centre)[:, None]

    def weights(self, mixture: Mixture) -> Floats:
        """Weights of the members for each example, `(n, n_members)`."""
        return mixture.weights(self.lengths, self.available).astype(float)

    def ndcg(self, weights: Floats, probabilities: Floats) -> float:
        """NDCG@k of a mixture; half of those that tie are better."""
        mixed = np.einsum("em,em->e", weights[self.example], probabilities)
        own = mixed[self.held][self.example]
        better = (mixed > own) + 0.5 * (mixed == own)
        rank = self._summed(better) + 0.5
        gain = np.where(rank < self.k + 1, 1 / np.log2(1 + rank), 0)
        return float(self.share @ gain) / self.total

    def climb(self, chosen: Sequence[int], start: Mixture) -> RankedBlend:
        """Weights of the highest smooth NDCG.

        A rank is 1 and the number of better rivals, each counted as far as it is surely better
        (Qin et al. 2010, "A general approximation framework for direct optimization of information
        retrieval measures").

        Args:
            chosen: scale of each member.
            start: weights to start from.
        """
        from scipy.optimize import minimize
        from scipy.special import expit

        probabilities = self.evidence.probabilities(chosen)
        example, held = self.example, self.held
        n_members = probabilities.shape[1]

        def loss(parameters: Floats) -> tuple[float, Floats]:
            level, slope = parameters.reshape(2, n_members)
            logits = np.where(self.available, level + slope * self.x, -np.inf)
            odds = np.exp(logits - logits.max(axis=1, keepdims=True))
            weights = odds / odds.sum(axis=1, keepdims=True)
            parts = weights[example] * probabilities
            mixed = parts.sum(axis=1) + TINY
            logs = np.log(mixed)
            better = expit((logs - logs[held][example]) / SOFTNESS)
            shifted = self._summed(better) + 1.5  # 1 and the rank: its own entry counts as half
            gain = 1 / np.log2(shifted)
            fall = self.share * gain**2 / (shifted * np.log(2))
            pull = -fall[example] * better * (1 - better) / SOFTNESS
            pull[held] -= self._summed(pull)
            by_member = np.add.reduceat(pull[:, None] * parts / mixed[:, None], self.first, axis=0)
            value = self.share @ gain / self.total - RIDGE * slope @ slope
            gradient = [
                by_member.sum(axis=0) / self.total,
                (by_member * self.x).sum(axis=0) / self.total - 2 * RIDGE * slope,
            ]
            return -float(value), -np.concatenate(gradient)

        level = start.level + start.slope * self.centre
        initial = np.concatenate([level - level.max(), start.slope])
        bounds = [(-LOWEST, LOWEST)] * (2 * n_members)
        options = {"maxiter": STEPS}
        found = minimize(loss, initial, jac=True, bounds=bounds, method="L-BFGS-B", options=options)
        level, slope = found.x.reshape(2, n_members)
        mixture = replace(start, level=level - slope * self.centre, slope=slope)
        ndcg = self.ndcg(self.weights(mixture), probabilities)
        return RankedBlend(list(chosen), mixture, ndcg)

    def _summed(self, values: Floats) -> Floats:
        """The sum of each example's entries."""
        return np.add.reduceat(values, self.first)
