"""Fit of a blend: a scale for each member, and weights, by the ranks of held-out items."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from lrec.base.arrays import Bools, Floats
from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.model import Model
from lrec.model.blend.evidence import Evidence, evidence_of
from lrec.model.blend.mixture import Examples, Mixture, fit_mixture, log_likelihood
from lrec.model.blend.probabilities import ScoreScale
from lrec.model.blend.ranking_fit import RankedBlend, fit_ranks, losses
from lrec.model.blend.sparse_odds import HistoryPairs

SEED = 0  # of the halves, whatever the seed of the run
SCORES = 2**30  # that are looked at, of each member
USERS = 20_000  # who are enough for a few parameters
LEAST = 0.01  # weight at some length, below which a member is dropped if no rank needs it
ROUNDS = 5


@dataclass(frozen=True)
class Fitted:
    """A fitted blend.

    Attributes:
        names: members that are kept.
        scales: of each of them.
        mixture: of them.
        dropped: members that ranks do not need.
        users: who it was fitted on.
    """

    names: list[str]
    scales: list[ScoreScale]
    mixture: Mixture
    dropped: list[str]
    users: int


def halves(queries: Queries) -> tuple[Queries, Queries]:
    """Two halves of the users, drawn at random, always the same: one to fit, one to report."""
    order = np.random.default_rng(SEED).permutation(len(queries))
    middle = (len(queries) + 1) // 2
    return queries.take(np.sort(order[:middle])), queries.take(np.sort(order[middle:]))


def fit(
    members: Mapping[str, Model],
    queries: Queries,
    kind: str,
    k: int,
    status: Callable[[str], None],
) -> Fitted | None:
    """Fit scales and weights: by the likelihood of held-out items first, then by their ranks.

    Args:
        members: trained on the same data; the catalogue of some may end before the others'.
        queries: of users whose targets no member was trained on.
        kind: `probability` or `rank`.
        k: length of the lists whose NDCG is to be high.
        status: shows how far it is.

    Returns:
        None where no user has a target in the catalogue that a member scores.
    """
    names = list(members)
    n_items = max(member.catalogue.n_items for member in members.values())
    queries = replace(queries, target=findable(queries, n_items))
    usable = queries.target.lengths > 0
    usable &= np.any([m.is_personalised(queries.history) for m in members.values()], axis=0)
    queries = queries.take(np.flatnonzero(usable)[: max(1, min(USERS, SCORES // n_items))])
    if not len(queries):
        return None
    target = queries.target
    examples = Examples(
        queries.history.within(n_items).lengths[target.row],
        np.stack([m.is_personalised(queries.history) for m in members.values()], 1)[target.row],
        (1 / target.lengths)[target.row],
    )
    evidence = evidence_of(members, queries, kind, status)
    left = n_items - HistoryPairs.of(queries.history.within(n_items), n_items).counts
    uniform = -np.log(left)[target.row]
    found = _best(evidence, examples, uniform, k)
    alive = _needed(found.mixture, examples.available)
    alive |= losses(evidence, examples, found, k) > 0
    kept = np.flatnonzero(alive)
    if len(kept) < len(names):
        examples = Examples(examples.lengths, examples.available[:, kept], examples.share)
        evidence = evidence.take(kept)
        found = _best(evidence, examples, uniform, k)
    return Fitted(
        [names[i] for i in kept],
        [own[best] for own, best in zip(evidence.options, found.chosen, strict=True)],
        found.mixture,
        [name for name, keeps in zip(names, alive, strict=True) if not keeps],
        len(queries),
    )


def findable(queries: Queries, n_items: int) -> Histories:
    """The targets in the catalogue that their users do not have yet."""
    return queries.target.keep(~queries.owned).within(n_items)


def _best(evidence: Evidence, examples: Examples, uniform: Floats, k: int) -> RankedBlend:
    """Scales and weights of the highest NDCG@k, found from those of the highest likelihood."""
    chosen, mixture = _alternate(examples, evidence.tables, uniform)
    return fit_ranks(evidence, examples, chosen, mixture, k)


def _alternate(
    examples: Examples, tables: list[Floats], uniform: Floats
) -> tuple[list[int], Mixture]:
    """Scales and mixture of the highest likelihood: by turns, each the best beside the others'.

    A uniform distribution is mixed in, so that no member is needed for what none of them expects.
    It is left out in the end: no ranking depends on it.

    Args:
        uniform: `(n,)` its log-probability of each item.
    """
    share, n_members = examples.share, len(tables)
    everyone = np.ones((len(share), 1), bool)
    examples = Examples(examples.lengths, np.hstack([examples.available, everyone]), share)
    tables = [*tables, uniform[:, None]]
    alone = [(share * examples.available[:, i]) @ table for i, table in enumerate(tables)]
    chosen = [int(np.argmax(values)) for values in alone]
    mixture: Mixture | None = None
    for _ in range(ROUNDS):
        logs = np.stack([t[:, i] for t, i in zip(tables, chosen, strict=True)], axis=1)
        mixture = fit_mixture(examples, logs, mixture)
        weights = mixture.weights(examples.lengths, examples.available).astype(float)
        before = list(chosen)
        for member, table in enumerate(tables):
            values = []
            for column in table.T:
                logs[:, member] = column
                values.append(log_likelihood(weights, logs, share))
            chosen[member] = int(np.argmax(values))
            logs[:, member] = table[:, chosen[member]]
        if chosen == before:
            break
    assert mixture is not None
    return chosen[:-1], mixture.take(np.arange(n_members))


def _needed(mixture: Mixture, available: Bools) -> Bools:
    """True for members with a weight at some length, and for those that some users need."""
    lengths = np.arange(mixture.shortest, mixture.longest + 1)
    weights = mixture.weights(lengths, np.ones((len(lengths), len(mixture.level)), bool))
    alive: Bools = weights.max(axis=0) >= LEAST
    alone = ~available[:, alive].any(axis=1)
    return np.asarray(alive | available[alone].any(axis=0))
