"""Any model beside a score by content: places, masks, what is saved, and what goes on learning."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.untrained import COLD, N_ITEMS, exported_lists, fitted, world

from lrec.data.histories import Histories
from lrec.data.interactions import ItemFeatures
from lrec.data.queries import Queries, Split
from lrec.data.trained_part import trained_part
from lrec.evaluation.ranking import Ranker
from lrec.model import Model, Pretrained
from lrec.model.common import saving
from lrec.model.common.protocols import StatelessCallback
from lrec.model.content.by_content import PLACES, ByContent, base_of, node_of, with_content
from lrec.model.itemknn import ItemKNN
from lrec.model.popularity import Popularity

NODE = {"_target_": "lrec.model.itemknn.ItemKNN"}


@pytest.fixture(scope="module")
def split() -> Split:
    return world()


@pytest.fixture(scope="module")
def model(split: Split) -> ByContent:
    model = fitted(ItemKNN(), split)
    assert isinstance(model, ByContent)
    return model


def test_catalogue_has_all_items_and_training_ones_come_first(split: Split) -> None:
    catalogue = split.catalogue
    assert catalogue.n_items == N_ITEMS
    assert catalogue.is_trained[: catalogue.n_trained].all()
    assert N_ITEMS - catalogue.n_trained >= COLD
    part = trained_part(split).catalogue
    assert part.n_items == catalogue.n_trained == len(part.features.vectors)
    assert part.ids.tolist() == catalogue.ids.tolist()
    assert trained_part(split, least=N_ITEMS) is split


def test_scores_of_training_items_are_the_base_s_own(split: Split, model: ByContent) -> None:
    history = split.validation.history
    alone = ItemKNN()
    alone.fit(trained_part(split))
    scores = model.score(history)
    assert scores.shape == (len(history), N_ITEMS)
    assert scores.dtype == np.float32
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(scores[:, : alone.catalogue.n_items], alone.score(history))


def test_as_many_as_are_let_in_are_among_the_first_places(split: Split, model: ByContent) -> None:
    histories = split.train
    scores = model.score(histories)
    scores[histories.row, histories.item] = -np.inf
    first = np.argsort(-scores, axis=1, kind="stable")[:, :PLACES]
    untrained = ~split.catalogue.is_trained
    listed = untrained[first].sum(axis=1)
    likely = model._log_probabilities(histories)
    let_in = (likely >= model.levels[0]).sum(axis=1).clip(max=PLACES)
    assert ((listed == let_in) | (listed == let_in - 1)).all()  # the very last ties with the base's
    assert (listed == let_in).mean() > 0.95
    assert listed.mean() / PLACES == pytest.approx(model.choice.share, abs=0.02)
    own = np.array([int(split.user_ids[user].split("-")[1]) % 2 for user in histories.user])
    kind = np.array([int(name[1:]) % 2 for name in split.catalogue.ids])
    row, place = np.nonzero(untrained[first])
    assert (kind[first[row, place]] == own[row]).mean() > 0.9


def test_saved_model_scores_alike_and_is_loaded_by_its_config(
    split: Split, model: ByContent, tmp_path: Path
) -> None:
    saving.save(tmp_path, model, node_of(model, NODE))
    loaded = saving.load(tmp_path)
    assert isinstance(loaded, ByContent)
    assert loaded.name == "itemknn"
    history = split.test.history
    np.testing.assert_array_equal(loaded.score(history), model.score(history))
    assert node_of(model.base, NODE) is NODE


def test_it_goes_on_where_it_was(split: Split, model: ByContent) -> None:
    """Codes stay: of items that have been trained on since, and of others before them."""
    catalogue = split.catalogue
    popularity = catalogue.popularity.copy()
    popularity[-1] = 2
    grown = replace(
        split, catalogue=replace(catalogue, popularity=popularity, interactions=popularity)
    )
    going_on = with_content(ItemKNN(), grown.catalogue)
    going_on.warm_start(Pretrained("run", model.state(), catalogue))
    going_on.fit(trained_part(grown, N_ITEMS), None, None, 1, StatelessCallback())  # type: ignore[arg-type]
    scores = going_on.score(split.validation.history)
    assert scores.shape[1] == N_ITEMS
    assert np.isfinite(scores).all()
    assert going_on.untrained.tolist() == model.untrained[:-1].tolist()
    assert_exported_alike(going_on, split.test.history)


def test_it_goes_on_where_items_begin_or_cease_to_be_untrained(
    split: Split, model: ByContent
) -> None:
    pretrained = Pretrained("run", model.state(), split.catalogue)
    alone = base_of(pretrained)
    assert alone.state.keys() == model.base.state().keys()
    assert alone.catalogue.n_items == model.base.catalogue.n_items
    assert base_of(alone) is alone
    going_on = with_content(ItemKNN(), split.catalogue)
    going_on.warm_start(alone)
    assert isinstance(going_on, ByContent)
    assert going_on.base.pretrained is alone


def assert_exported_alike(model: Model, histories: Histories) -> None:
    histories = replace(histories, user=np.full(len(histories), -1, np.int32))
    queries = Queries(histories, histories, Histories.of([[]] * len(histories)))
    found, own = exported_lists(model, histories, N_ITEMS), Ranker(model, N_ITEMS)(queries)
    np.testing.assert_array_equal(found.items, own.items)
    shown = own.items >= 0
    wide = np.abs(own.scores[shown]).max()
    np.testing.assert_allclose(found.scores[shown], own.scores[shown], atol=1e-6 * wide)


@pytest.mark.parametrize("base", [ItemKNN(), Popularity()], ids=["itemknn", "popularity"])
def test_an_exported_graph_has_lrecs_lists(split: Split, base: Model) -> None:
    """Also for histories of items that nobody trained on alone, some or none."""
    model = fitted(base, split)
    assert isinstance(model, ByContent)
    cold = model.untrained.tolist()
    assert_exported_alike(model, Histories.of([[], [cold[3]], [0, cold[5], 4], [1, 1, 999, 8]]))
    assert_exported_alike(model, split.test.history)


def test_ratings_of_items_nobody_trained_on_are_left_to_others(
    split: Split, model: ByContent
) -> None:
    model.base.rating_head = "native"
    items = [0, int(model.untrained[0])]
    target = Histories.of([items] * len(split.test))
    queries = replace(split.test, target=target)
    rated = model.rate(queries, np.ones(2 * len(split.test), np.float32))
    model.base.rating_head = "calibrated"
    assert rated is not None
    assert np.isnan(rated[1::2]).all()
    assert (rated[::2] == 1).all()


def test_models_stay_alone_without_vectors(split: Split) -> None:
    base = ItemKNN()
    bare = replace(split.catalogue, features=ItemFeatures())
    assert with_content(base, bare) is base
    assert with_content(base, replace(split.catalogue, all_items=False)) is base
