"""Blends of models whose catalogue has items that nobody trained on: scored by content, or not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.cli import SilentCallback
from helpers.untrained import N_ITEMS, exported_lists, fitted, world

from lrec.base.arrays import Floats
from lrec.base.errors import DataError
from lrec.data.histories import Histories
from lrec.data.interactions import ItemFeatures
from lrec.data.queries import Queries, Split
from lrec.data.trained_part import trained_part
from lrec.evaluation.ranking import Ranker
from lrec.model import Model, Pretrained
from lrec.model.blend.blended import Blend
from lrec.model.blend.evidence import NEVER, evidence_of
from lrec.model.blend.fitting import findable
from lrec.model.blend.mixture import Mixture
from lrec.model.blend.probabilities import ScoreScale
from lrec.model.common import saving
from lrec.model.content.by_content import ByContent
from lrec.model.itemknn import ItemKNN
from lrec.model.popularity import Popularity

TARGETS = {
    "content": "itemknn.ItemKNN",
    "bare": "itemknn.ItemKNN",
    "popular": "popularity.Popularity",
}
NODES = {name: {"_target_": f"lrec.model.{target}"} for name, target in TARGETS.items()}
SCALES = {
    "content": ScoreScale("exponential", 6.0, 0.5),
    "bare": ScoreScale("power", 1.5, 1.0),
    "popular": ScoreScale("power", 0.8, 1.0),
}
NODE = {"_target_": "lrec.model.blend.blended.Blend", "members": NODES}


@pytest.fixture(scope="module")
def split() -> Split:
    return world()


def without_vectors(split: Split) -> Split:
    """The split as a blend's run has it, and a run with feature=none."""
    return replace(split, catalogue=replace(split.catalogue, features=ItemFeatures()))


def members_of(split: Split, *names: str) -> dict[str, Model]:
    bare = without_vectors(split)
    members = {
        "content": fitted(ItemKNN(), split),
        "bare": fitted(ItemKNN(), bare),
        "popular": fitted(Popularity(), bare),
    }
    assert isinstance(members["content"], ByContent)
    return {name: members[name] for name in names}


def blend_of(split: Split, *names: str, fit: bool = True) -> Blend:
    """A blend of trained members, fitted, or with scales and weights that are given."""
    blend = Blend({name: NODES[name] for name in names})
    blend.hand_over(members_of(split, *names))
    if fit:
        part = trained_part(without_vectors(split))
        blend.fit(part, None, None, 0, SilentCallback())  # type: ignore[arg-type]
        return blend
    n = len(names)
    blend.mixture = Mixture(np.array([0.4, -0.2, 0.1][:n]), np.array([0.1, 0.3, -0.2][:n]), 1, 9)
    blend.scales = [SCALES[name] for name in names]
    return blend


def some_histories(split: Split) -> Histories:
    """Empty; of items that nobody trained on alone; with one of them; longer ones."""
    cold = np.flatnonzero(~split.catalogue.is_trained).tolist()
    return Histories.of([[], [cold[3]], [0, cold[5], 4], [1, 2, 9], list(range(12))])


def probabilities(member: Model, scale: ScoreScale, history: list[int]) -> Floats:
    """Those of all items, by the formula; 0 where the member has no score."""
    scores = member.score(Histories.of([history]))[0].astype(float)
    own = [item for item in history if item < len(scores)]
    if scale.shape == "exponential":
        odds = np.exp(scale.sharpness * (scores - np.delete(scores, own).max()) / scale.unit)
    else:
        odds = (np.maximum(scores, 0) / (scores.max() or 1) + 0.001) ** scale.sharpness
    odds[own] = 0
    return np.pad(odds / odds.sum(), (0, N_ITEMS - len(scores)))


@pytest.mark.parametrize("names", [("content", "bare", "popular"), ("popular", "content")])
def test_a_member_without_content_gives_nothing_to_items_behind_its_catalogue(
    split: Split, names: tuple[str, ...]
) -> None:
    blend = blend_of(split, *names, fit=False)
    assert blend.catalogue.n_items == N_ITEMS
    assert blend.scores_by_content
    histories = some_histories(split)
    scores, weights = blend.score(histories), blend.weights(histories)
    assert weights[1].tolist() == [float(name == "popular") for name in names]
    for row in range(2, len(histories)):
        history = histories.item[histories.row == row].tolist()
        parts = [
            weight * probabilities(member, scale, history)
            for weight, (member, scale) in zip(weights[row], blend._pairs, strict=True)
        ]
        scores[row, history] = 0
        np.testing.assert_allclose(scores[row], sum(parts), rtol=2e-4, atol=1e-7)
    cold = ~split.catalogue.is_trained
    assert (scores[2:, cold].sum(axis=1) > 0).all()
    assert (scores[1, cold] == 0).all()


def test_held_out_items_that_a_member_does_not_score_are_never_its_choice(split: Split) -> None:
    queries = replace(split.test, target=findable(split.test, N_ITEMS))
    evidence = evidence_of(members_of(split, "content", "bare"), queries, "probability", print)
    cold = ~split.catalogue.is_trained[queries.target.item]
    assert cold.any()
    by_content, bare = evidence.tables
    assert np.isfinite(by_content).all()
    assert (bare[cold] == NEVER).all()
    assert (bare[~cold] != NEVER).all()
    chosen = evidence.probabilities([0, 0])
    assert np.isfinite(chosen).all()
    assert (chosen[:, 1] == 0).any()


@pytest.mark.parametrize("fit", [True, False])
def test_it_survives_saving(split: Split, tmp_path: Path, fit: bool) -> None:
    blend = blend_of(split, "content", "popular", "bare", fit=fit)
    assert "content" in blend.members
    assert blend.catalogue.n_items == N_ITEMS
    saving.save(tmp_path, blend, NODE)
    loaded = saving.load(tmp_path)
    assert isinstance(loaded, Blend)
    assert isinstance(loaded.members["content"], ByContent)
    widths = {name: member.catalogue.n_items for name, member in blend.members.items()}
    assert {n: m.catalogue.n_items for n, m in loaded.members.items()} == widths
    own, again = (Ranker(model, 60)(split.test) for model in (blend, loaded))
    np.testing.assert_array_equal(own.items, again.items)
    np.testing.assert_array_equal(own.scores, again.scores)
    assert fit or (~split.catalogue.is_trained)[own.items].any()


@pytest.mark.parametrize("name", ["content", "bare"])
def test_a_single_member_gives_its_lists(split: Split, name: str) -> None:
    blend = blend_of(split, name)
    (member,) = blend.members.values()
    assert blend.catalogue.n_items == member.catalogue.n_items
    assert blend.scores_by_content == (name == "content")
    found, own = (Ranker(model, 20)(split.test) for model in (blend, member))
    np.testing.assert_array_equal(found.items, own.items)
    np.testing.assert_array_equal(found.scores, own.scores)


@pytest.mark.parametrize("names", [("content", "bare"), ("popular", "content"), ("content",)])
def test_an_exported_graph_has_lrecs_lists(split: Split, names: tuple[str, ...]) -> None:
    blend = blend_of(split, *names, fit=False)
    test = replace(split.test.history, user=np.full(len(split.test), -1, np.int32))
    for histories in (some_histories(split), test):
        queries = Queries(histories, histories, Histories.of([[]] * len(histories)))
        found, own = exported_lists(blend, histories, 20), Ranker(blend, 20)(queries)
        np.testing.assert_array_equal(found.items, own.items)


def test_members_without_vectors_go_on_learning(split: Split) -> None:
    blend = blend_of(split, "bare", "popular")
    fresh = Blend({name: NODES[name] for name in blend.members})
    fresh.warm_start(Pretrained("some", blend.state(), blend.catalogue))
    part = trained_part(without_vectors(split))
    fresh.fit(part, None, None, 0, SilentCallback())  # type: ignore[arg-type]
    histories = some_histories(split)
    np.testing.assert_array_equal(fresh.score(histories), blend.score(histories))
    blend = blend_of(split, "content", "popular")
    fresh = Blend({name: NODES[name] for name in blend.members})
    fresh.warm_start(Pretrained("some", blend.state(), blend.catalogue))
    with pytest.raises(DataError, match="content reads vectors of items"):
        fresh.fit(part, None, None, 0, SilentCallback())  # type: ignore[arg-type]
