"""Blends: the mixture recomputed in plain Python, single members, states and updates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.cli import SilentCallback
from helpers.fixed import different_scores

from lrec.base.arrays import Floats
from lrec.base.errors import DataError
from lrec.data.histories import Histories
from lrec.data.interactions import Interactions, ItemFeatures
from lrec.data.queries import Queries, Split
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.evaluation.ranking import Ranker
from lrec.model import Model, Pretrained
from lrec.model.blend import mixing
from lrec.model.blend.blended import Blend
from lrec.model.blend.mixture import Mixture
from lrec.model.blend.probabilities import ScoreScale
from lrec.model.common import saving
from lrec.model.ease import EASE
from lrec.model.itemknn import ItemKNN
from lrec.model.popularity import Popularity

NODES = {
    "ease": {"_target_": "lrec.model.ease.EASE", "regularisation": 5.0, "saved": "float32"},
    "itemknn": {"_target_": "lrec.model.itemknn.ItemKNN", "neighbours": 5, "shrink": 1.0},
    "popularity": {"_target_": "lrec.model.popularity.Popularity"},
}
SCALES = {
    "ease": ScoreScale("exponential", 6.0, 0.4),
    "itemknn": ScoreScale("power", 1.5, 1.0),
    "popularity": ScoreScale("power", 0.8, 1.0),
}
# Of lengths 0 (as 1), 1, 3, and 60 (as 9); the second has an item outside the catalogue.
HISTORIES = [[], [2, 999], [4, 0, 7], [1, 1, 5, *[3] * 57]]


def data(n_users: int = 60, n_items: int = 40) -> Interactions:
    """Users who walk over the items, one to three further at each step."""
    generator = np.random.default_rng(0)
    rows = []
    for user in range(n_users):
        steps = generator.integers(1, 4, generator.integers(4, 12))
        rows += [(user, item) for item in (generator.integers(n_items) + steps.cumsum()) % n_items]
    user, item = np.array(rows, np.int32).T
    names = np.array([f"i{code}" for code in range(n_items)])
    return Interactions(
        user=user,
        item=item,
        rating=None,
        timestamp=np.arange(len(rows)),
        user_ids=np.array([f"u{code}" for code in range(n_users)]),
        item_ids=names,
        features=ItemFeatures(titles=names),
    )


@pytest.fixture(scope="module")
def split() -> Split:
    return LeaveOneOut()(data())


def blend_of(split: Split, *names: str, fit: bool = False, **arguments: Any) -> Blend:
    """A blend of trained members, with weights and scales that are given or fitted."""
    blend = Blend({name: NODES[name] for name in names}, **arguments)
    for member in blend.members.values():
        member.fit(split)  # type: ignore[call-arg]
    blend.hand_over(blend.members)
    if fit:
        blend.fit(split, None, None, 0, SilentCallback())  # type: ignore[arg-type]
    else:
        level, slope = np.array([0.2, -0.4, -1.0]), np.array([0.5, 0.1, -0.3])
        blend.mixture = Mixture(level[: len(names)], slope[: len(names)], 1, 9)
        blend.scales = [SCALES[name] for name in names]
    return blend


def expected(blend: Blend, histories: Sequence[Sequence[int]]) -> list[list[float]]:
    """The mixture in plain Python, of the items that a history does not have; 0 for its own."""
    n_items = blend.catalogue.n_items
    assert blend.mixture is not None
    rows = []
    for history in histories:
        own = [item for item in history if item < n_items]
        n = min(max(len(own), blend.mixture.shortest), blend.mixture.longest)
        weights, odds = [], []
        for index, member in enumerate(blend.members.values()):
            heard = bool(own) or member.scores_empty
            logit = blend.mixture.level[index] + blend.mixture.slope[index] * math.log(1 + n)
            weights.append(math.exp(logit) if heard else 0.0)
            scores = member.score(Histories.of([history]))[0].tolist()
            odds.append(odds_of(scores, own, blend.scales[index]))
        shares = [weight / sum(weights) for weight in weights]
        row = []
        for item in range(n_items):
            parts = [
                share * those[item] / sum(o for i, o in enumerate(those) if i not in own)
                for share, those in zip(shares, odds, strict=True)
            ]
            row.append(0.0 if item in own else sum(parts))
        rows.append(row)
    return rows


def odds_of(scores: list[float], own: list[int], scale: ScoreScale) -> list[float]:
    others = [score for item, score in enumerate(scores) if item not in own]
    if scale.shape == "exponential":
        return [math.exp(scale.sharpness * (s - max(others)) / scale.unit) for s in scores]
    if scale.shape == "rank":
        ranks = [sum(other > score for other in others) for score in scores]
        return [(1 + rank / 10) ** -scale.sharpness for rank in ranks]
    top = max(scores) if max(scores) > 0 else 1.0
    return [(max(score, 0) / top + 0.001) ** scale.sharpness for score in scores]


def without_own(scores: Floats, histories: Histories) -> Floats:
    inside = histories.within(scores.shape[1])
    scores = scores.copy()
    scores[inside.row, inside.item] = 0
    return scores


@pytest.mark.parametrize("names", [("ease", "itemknn", "popularity"), ("ease", "popularity")])
@pytest.mark.parametrize("shape", [None, "exponential", "power", "rank"])
def test_scores_are_the_mixture_of_probabilities(
    split: Split, names: tuple[str, ...], shape: str | None
) -> None:
    blend = blend_of(split, *names)
    if shape is not None:
        blend.scales = [ScoreScale(shape, 1.7, 0.6) for _ in names]
    histories = Histories.of(HISTORIES)
    scores = blend.score(histories)
    assert scores.dtype == np.float32
    golden = expected(blend, HISTORIES)
    np.testing.assert_allclose(without_own(scores, histories), golden, rtol=2e-4, atol=1e-7)
    np.testing.assert_allclose(np.sum(golden, axis=1), 1, rtol=1e-9)


def test_an_item_with_nearly_all_of_a_common_sum_leaves_exact_shares_to_the_others(
    split: Split,
) -> None:
    blend = blend_of(split, "ease", "popularity")
    popular = blend.members["popularity"].score(Histories.of([[]]))[0]
    levels = np.unique(popular)
    blend.scales = [SCALES["ease"], ScoreScale("exponential", 25.0, float(levels[-1] - levels[-2]))]
    own = [np.flatnonzero(popular == levels[-1]).tolist()]
    histories = Histories.of(own)
    scores = without_own(blend.score(histories), histories)
    np.testing.assert_allclose(scores, expected(blend, own), rtol=2e-4, atol=1e-7)


@pytest.mark.parametrize("full", [0.0, 1.0])
def test_sparse_scores_are_mixed_alike_whole_and_by_entries(
    split: Split, full: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mixing, "FULL", full)
    blend = blend_of(split, "ease", "itemknn")
    histories = Histories.of(HISTORIES[1:])
    scores = without_own(blend.score(histories), histories)
    np.testing.assert_allclose(scores, expected(blend, HISTORIES[1:]), rtol=2e-4, atol=1e-7)


def test_sparse_members_are_mixed_without_the_items_that_no_history_reaches(
    split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a wide catalogue, scores are probabilities but for a constant of each user, that of
    unreached items; of others the constant is there."""
    blend = blend_of(split, "itemknn")
    second = ItemKNN(3, 0.0, 0.5)
    second.fit(split)
    blend.members = {"itemknn": blend.members["itemknn"], "other": second}
    blend.mixture = Mixture(np.array([0.0, 0.3]), np.array([0.2, -0.2]), 1, 9)
    blend.scales = [ScoreScale("power", 1.5, 1.0), ScoreScale("exponential", 4.0, 0.3)]
    histories = Histories.of(HISTORIES[1:])
    assert not blend.scores_sparsely
    narrow = without_own(blend.score(histories), histories)
    monkeypatch.setattr(mixing, "WIDE", 39)
    assert blend.scores_sparsely
    scores = without_own(blend.sparse_scores(histories).toarray(), histories)
    golden = np.array(expected(blend, HISTORIES[1:]))
    np.testing.assert_allclose(narrow, golden, rtol=2e-4, atol=1e-7)
    own = histories.within(blend.catalogue.n_items)
    golden[own.row, own.item] = np.inf
    shifted = np.where(np.isinf(golden), 0, golden - golden.min(axis=1, keepdims=True))
    np.testing.assert_allclose(scores, shifted, rtol=2e-4, atol=1e-7)
    np.testing.assert_array_equal(blend.score(histories), blend.sparse_scores(histories).toarray())


@pytest.mark.parametrize("name", NODES)
def test_a_single_member_gives_its_own_lists(split: Split, name: str) -> None:
    blend = blend_of(split, name, fit=True)
    (member,) = blend.members.values()
    found, own = (Ranker(model, 10)(split.test) for model in (blend, member))
    np.testing.assert_array_equal(found.items, own.items)
    np.testing.assert_array_equal(found.scores, own.scores)
    np.testing.assert_array_equal(found.target_scores, own.target_scores)


def test_an_empty_history_gets_a_list(split: Split) -> None:
    """Of the members that have one; of popularity as a fallback where none has."""
    empty = Histories.of([[]])
    queries = Queries(empty, empty, empty)
    popularity = Ranker(blend_of(split, "popularity"), 10)(queries).items
    for names, personalised in ((("ease", "popularity"), True), (("ease", "itemknn"), False)):
        ranking = Ranker(blend_of(split, *names), 10)(queries)
        assert ranking.is_personalised.tolist() == [personalised]
        np.testing.assert_array_equal(ranking.items, popularity)


@pytest.mark.parametrize("scale", ["probability", "rank"])
def test_a_fitted_blend_survives_saving(split: Split, tmp_path: Path, scale: Any) -> None:
    names = ("ease", "itemknn", "popularity")
    blend = blend_of(split, *names, fit=True, scale=scale)
    assert blend.fitted_users == (len(split.validation) + 1) // 2
    node = {
        "_target_": "lrec.model.blend.blended.Blend",
        "members": {name: NODES[name] for name in names},
        "scale": scale,
    }
    saving.save(tmp_path, blend, node)
    loaded = saving.load(tmp_path)
    assert isinstance(loaded, Blend)
    assert list(loaded.members) == list(blend.members)
    histories = Histories.of(HISTORIES)
    np.testing.assert_array_equal(loaded.score(histories), blend.score(histories))
    assert loaded.scores_empty == blend.scores_empty


def test_members_vectors_are_kept_apart(split: Split, tmp_path: Path) -> None:
    blend = blend_of(split, "ease", "popularity")
    vectors = different_scores(split.catalogue.n_items, 3)
    ease = blend.members["ease"]
    features = replace(ease.catalogue.features, vectors=vectors)
    ease.catalogue = replace(ease.catalogue, features=features)
    loaded = Blend({name: NODES[name] for name in blend.members})
    loaded.restore(blend.state(), split.catalogue)
    restored = loaded.members["ease"].catalogue.features.vectors
    assert restored is not None
    np.testing.assert_array_equal(restored, vectors)
    assert loaded.members["popularity"].catalogue.features.vectors is None
    with pytest.raises(DataError, match="ease reads vectors of items"):
        update(Blend({name: NODES[name] for name in blend.members}), blend, split)


def update(fresh: Blend, blend: Blend, split: Split) -> Blend:
    fresh.warm_start(Pretrained("some", blend.state(), blend.catalogue, 0.7))
    fresh.fit(split, None, None, 0, SilentCallback())  # type: ignore[arg-type]
    return fresh


def test_an_update_updates_the_members_and_the_weights(split: Split) -> None:
    """Without anybody in the validation part, the weights stay."""
    blend = blend_of(split, "ease", "popularity", fit=True)
    more = LeaveOneOut()(data(n_users=90))
    assert np.array_equal(more.catalogue.ids, split.catalogue.ids)
    nodes = {name: NODES[name] for name in blend.members}
    updated = update(Blend(nodes), blend, more)
    alone = EASE(regularisation=5.0, saved="float32")
    alone.fit(more)
    member = updated.members["ease"]
    histories = Histories.of(HISTORIES)
    np.testing.assert_array_equal(member.score(histories), alone.score(histories))
    assert updated.fitted_users == 45
    unchecked = replace(more, validation=more.validation.take(np.arange(0)))
    kept = update(Blend(nodes), blend, unchecked)
    assert kept.mixture is not None
    assert blend.mixture is not None
    np.testing.assert_array_equal(kept.mixture.level, blend.mixture.level)
    assert kept.scales == blend.scales


def test_a_member_without_weight_is_dropped(split: Split) -> None:
    """The reverse of a good model is worth nothing beside it."""
    blend = blend_of(split, "ease", "itemknn")
    reverse = EASE(regularisation=5.0, saved="float32")
    reverse.fit(split)
    reverse.weights = -reverse.weights
    blend.hand_over({"ease": blend.members["ease"], "reverse": reverse})
    blend.fit(split, None, None, 0, SilentCallback())  # type: ignore[arg-type]
    assert (list(blend.members), blend.dropped) == (["ease"], ["reverse"])
    assert not [key for key in blend.state() if key.startswith("reverse")]


@pytest.mark.parametrize(
    ("kind", "flag"), [("histories", True), ("items", False)], ids=["histories", "items"]
)
def test_a_blend_contains_histories_if_a_member_does(split: Split, kind: str, flag: bool) -> None:
    blend = blend_of(split, "ease", "popularity")
    member: Any = blend.members["ease"]
    if kind == "histories":
        member.contains_histories = True
    blend.hand_over(blend.members)
    assert blend.contains_histories is flag


def test_untrained_and_other_members_are_refused(split: Split) -> None:
    untrained = Blend({name: NODES[name] for name in ("ease", "popularity")})
    with pytest.raises(DataError, match=r"made of trained models.*Received: ease, popularity"):
        untrained.fit(split, None, None, 0, SilentCallback())  # type: ignore[arg-type]
    members: dict[str, Model] = {"one": Popularity(), "two": Popularity()}
    members["one"].catalogue = split.catalogue
    ids = split.catalogue.ids[::-1]
    members["two"].catalogue = replace(split.catalogue, ids=ids)
    with pytest.raises(DataError, match="one and two have different catalogues"):
        untrained.hand_over(members)
    nobody = replace(split, validation=split.validation.take(np.arange(0)))
    blend = blend_of(split, "ease", "popularity")
    with pytest.raises(DataError, match="fitted to validation users"):
        blend.fit(nobody, None, None, 0, SilentCallback())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"Received: \{\}"):
        Blend({})
