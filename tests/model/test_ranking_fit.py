"""Weights by ranks: NDCG recomputed in plain Python, rivals, and what a grid of weights reaches."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from helpers.fixed import Fixed

from lrec.base.arrays import Floats
from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.model.blend import evidence, fitting
from lrec.model.blend.evidence import Evidence, evidence_of
from lrec.model.blend.mixture import Examples, Mixture, fit_mixture
from lrec.model.blend.ranking_fit import RankedBlend, fit_ranks

USERS, ITEMS, K = 60, 40, 5


def members_and_queries() -> tuple[dict[str, Fixed], Queries]:
    """Two members that know something of the held-out items; the second is far too sure."""
    generator = np.random.default_rng(3)
    history = [[int(i) for i in generator.permutation(ITEMS)[: 1 + u % 6]] for u in range(USERS)]
    target = [
        [next(int(i) for i in generator.permutation(ITEMS) if i not in own)] for own in history
    ]
    scores = generator.uniform(0, 1, (2, USERS, ITEMS))
    for member, share in enumerate((0.5, 0.4)):
        knows = generator.uniform(0, 1, USERS) < share
        scores[member, knows, np.array(target)[knows, 0]] += 0.6
    scores[1] **= 6
    rows, held = (
        replace(Histories.of(lists), user=np.arange(USERS)) for lists in (history, target)
    )
    members = {name: Fixed(own) for name, own in zip(("one", "two"), scores, strict=True)}
    return members, Queries(rows, rows, held)


def silent(text: str) -> None:
    pass


def seen() -> tuple[Evidence, Examples, Queries]:
    members, queries = members_and_queries()
    examples = Examples(queries.history.lengths, np.ones((USERS, 2), bool), np.ones(USERS))
    return evidence_of(members, queries, "probability", silent), examples, queries


def ndcg(found: RankedBlend, seen_: Evidence, queries: Queries) -> float:
    """NDCG@k of a blend over the whole catalogue, in plain Python."""
    members, _ = members_and_queries()
    total = 0.0
    for user in range(USERS):
        own = set(queries.history.item[queries.history.row == user].tolist())
        target = int(queries.target.item[user])
        odds = [
            math.exp(a + b * math.log(1 + len(own)))
            for a, b in zip(found.mixture.level, found.mixture.slope, strict=True)
        ]
        mixed = [0.0] * ITEMS
        for index, member in enumerate(members.values()):
            scale = seen_.options[index][found.chosen[index]]
            scores = [float(s) for s in member.scores[user]]
            top = max(s for item, s in enumerate(scores) if item not in own)
            if scale.shape == "exponential":
                values = [math.exp(scale.sharpness * (s - top) / scale.unit) for s in scores]
            else:
                values = [(s / max(scores) + 0.001) ** scale.sharpness for s in scores]
            whole = sum(value for item, value in enumerate(values) if item not in own)
            for item in range(ITEMS):
                mixed[item] += odds[index] * values[item] / whole
        others = [mixed[item] for item in range(ITEMS) if item not in own]
        rank = 1 + sum(value > mixed[target] for value in others)
        total += 1 / math.log2(1 + rank) if rank <= K else 0
    return total / USERS


def likeliest(own: Evidence, examples: Examples) -> tuple[list[int], Mixture]:
    chosen = [int(np.argmax(table.sum(axis=0))) for table in own.tables]
    logs = np.stack([t[:, i] for t, i in zip(own.tables, chosen, strict=True)], axis=1)
    return chosen, fit_mixture(examples, logs)


def test_ndcg_is_that_of_the_whole_catalogue_and_above_the_likelihoods() -> None:
    own, examples, queries = seen()
    chosen, mixture = likeliest(own, examples)
    found = fit_ranks(own, examples, chosen, mixture, K)
    assert found.ndcg == pytest.approx(ndcg(found, own, queries), abs=1e-9)
    start = ndcg(RankedBlend(chosen, mixture, 0.0), own, queries)
    assert found.ndcg > start + 0.005


def test_the_fit_is_near_the_best_of_a_grid() -> None:
    own, examples, queries = seen()
    found = fit_ranks(own, examples, *likeliest(own, examples), K)
    grid = [
        ndcg(
            RankedBlend(found.chosen, Mixture(np.array([0, level]), np.zeros(2), 1, 6), 0.0),
            own,
            queries,
        )
        for level in np.linspace(-6, 6, 25)
    ]
    assert found.ndcg > max(grid) - 0.01


def test_rivals_are_the_best_items_of_all_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "TOP", 3)
    monkeypatch.setattr(evidence, "BATCH", 7 * ITEMS)
    members, queries = members_and_queries()
    rivals = evidence_of(members, queries, "probability", silent).rivals
    probabilities: Floats = rivals.logs["exponential"]
    expected = []
    for user in range(USERS):
        own = queries.history.item[queries.history.row == user]
        best: set[int] = set()
        for member in members.values():
            scores = member.scores[user].copy()
            scores[own] = -np.inf
            best |= set(np.argsort(-scores)[:3].tolist())
        if (target := int(queries.target.item[user])) in best:
            expected.append((user, len(best), sorted(best).index(target)))
    sizes = np.diff(rivals.first, append=len(probabilities))
    found = zip(rivals.row, sizes, rivals.held - rivals.first, strict=True)
    assert [tuple(map(int, one)) for one in found] == expected
    assert 5 < len(expected) < USERS
    scores = np.array([member.scores for member in members.values()])
    of_held = scores[:, rivals.user, queries.target.item[rivals.row]]
    top = probabilities[rivals.held] == 0  # logs of the best item of all
    assert top.any()
    np.testing.assert_array_less(of_held.T[~top], scores[:, rivals.user].max(axis=2).T[~top])


def test_a_member_of_little_weight_stays_where_ranks_need_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fitting, "LEAST", 1.1)
    members, queries = members_and_queries()
    fitted = fitting.fit(members, queries, "probability", K, silent)
    assert fitted is not None
    assert (fitted.names, fitted.dropped) == (["one", "two"], [])
