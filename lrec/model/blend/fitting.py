"""Fit of a blend: a scale for each member, and weights, by the likelihood of held-out items."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from lrec.base.arrays import Bools, Floats
from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.model import Model
from lrec.model.blend.mixture import Examples, Mixture, fit_mixture, log_likelihood
from lrec.model.blend.probabilities import ScoreScale, scales, usual_unit
from lrec.model.blend.sparse_odds import HistoryPairs

SEED = 0  # of the halves, whatever the seed of the run
SCORES = 2**30  # that are looked at, of each member
USERS = 20_000  # who are enough for a few parameters
BATCH = 2**22  # scores at once
LEAST = 0.01  # weight that a member has at some length, or it is dropped
ROUNDS = 5


@dataclass(frozen=True)
class Fitted:
    """A fitted blend.

    Attributes:
        names: members that are kept.
        scales: of each of them.
        mixture: of them.
        dropped: members without weight at any length.
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
    members: Mapping[str, Model], queries: Queries, kind: str, status: Callable[[str], None]
) -> Fitted | None:
    """Fit scales and weights, one after the other until neither changes.

    Args:
        members: trained, of the same catalogue.
        queries: of users whose targets no member was trained on.
        kind: `probability` or `rank`.
        status: shows how far it is.

    Returns:
        None where no user has a target in the catalogue that a member scores.
    """
    names, some = list(members), next(iter(members.values()))
    n_items = some.catalogue.n_items
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
    tried: list[list[ScoreScale]] = []
    tables: list[Floats] = []
    for name, member in members.items():
        status(f"blend: {name}'s scores of {len(queries):,} validation users")
        options, table = target_logs(member, queries, kind)
        tried.append(options)
        tables.append(table)
    left = n_items - HistoryPairs.of(queries.history.within(n_items), n_items).counts
    uniform = -np.log(left)[target.row]
    chosen, mixture = _alternate(examples, tables, uniform)
    alive = _needed(mixture, examples.available)
    kept = np.flatnonzero(alive)
    if len(kept) < len(names):
        examples = Examples(examples.lengths, examples.available[:, kept], examples.share)
        chosen, mixture = _alternate(examples, [tables[i] for i in kept], uniform)
    return Fitted(
        [names[i] for i in kept],
        [tried[i][best] for i, best in zip(kept, chosen, strict=True)],
        mixture,
        [name for name, keeps in zip(names, alive, strict=True) if not keeps],
        len(queries),
    )


def findable(queries: Queries, n_items: int) -> Histories:
    """The targets in the catalogue that their users do not have yet."""
    target, masked = queries.target.within(n_items), queries.masked
    masked = masked.within(n_items)
    known = np.isin(target.row * n_items + target.item, masked.row * n_items + masked.item)
    return target.keep(~known)


def target_logs(member: Model, queries: Queries, kind: str) -> tuple[list[ScoreScale], Floats]:
    """The scales that are tried, and the log-probability of each target by each, `(total, n)`.

    Args:
        queries: with targets that `findable` has left.
    """
    n_items = member.catalogue.n_items
    history = queries.history.within(n_items)
    options: list[ScoreScale] = []
    parts = []
    size = max(1, BATCH // n_items)
    for start in range(0, len(queries), size):
        stop = min(start + size, len(queries))
        own, held = history.between(start, stop), queries.target.between(start, stop)
        scores = np.array(member.score(queries.history.between(start, stop)), np.float32)
        options = options or scales(kind, usual_unit(scores, own.row, own.item))
        columns = []
        logs, shape = scores, ""
        for scale in options:
            if scale.shape != shape:
                logs, shape = scores.copy(), scale.shape
                scale.logs(logs, own.row, own.item)
            sharp = np.float32(scale.factor)
            total = np.log(np.exp(logs * sharp).sum(axis=1))
            columns.append(sharp * logs[held.row, held.item] - total[held.row])
        parts.append(np.stack(columns, axis=1))
    return options, np.concatenate(parts).astype(float)


def _alternate(
    examples: Examples, tables: list[Floats], uniform: Floats
) -> tuple[list[int], Mixture]:
    """ScoreScale of each member, and the mixture: by turns, each the best beside the others'.

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
