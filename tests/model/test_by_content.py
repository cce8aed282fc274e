"""Any model beside a score by content: places, masks, what is saved, and what goes on learning."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lrec.data.histories import Histories
from lrec.data.interactions import Interactions, ItemFeatures
from lrec.data.queries import Split
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.data.trained_part import trained_part
from lrec.model import Pretrained
from lrec.model.common import saving
from lrec.model.common.protocols import StatelessCallback
from lrec.model.content.by_content import PLACES, ByContent, node_of, with_content
from lrec.model.itemknn import ItemKNN

N_ITEMS, COLD = 150, 40
NODE = {"_target_": "lrec.model.itemknn.ItemKNN"}


@pytest.fixture(scope="module")
def split() -> Split:
    """Two kinds of users and items; a user has what is of the own kind; nobody has some of both."""
    draw = np.random.default_rng(3)
    pairs = [
        (user, int(item), step)
        for user in range(120)
        for step, item in enumerate(
            2 * draw.choice((N_ITEMS - COLD) // 2, 7, replace=False, p=skewed()) + user % 2
        )
    ]
    user, item, time = np.array(pairs).T
    kind = np.arange(N_ITEMS) % 2
    data = Interactions(
        user=user.astype(np.int32),
        item=item.astype(np.int32),
        rating=None,
        timestamp=time,
        user_ids=np.array([f"person-{n}" for n in range(120)]),
        item_ids=np.array([f"i{n:03}" for n in range(N_ITEMS)]),
        features=ItemFeatures(described=np.ones(N_ITEMS, bool)),
        all_items=True,
    )
    split = LeaveOneOut()(data)
    code = np.array([int(name[1:]) for name in split.catalogue.ids])
    vectors = (np.eye(2)[kind] + 0.1 * draw.normal(size=(N_ITEMS, 2))).astype(np.float32)[code]
    content = replace(split.catalogue.features, vectors=vectors)
    return replace(split, catalogue=replace(split.catalogue, features=content))


def skewed() -> np.ndarray:
    weights = 1 / np.arange(1, (N_ITEMS - COLD) // 2 + 1)
    return weights / weights.sum()


def fitted(split: Split) -> ByContent:
    model = with_content(ItemKNN(), split.catalogue)
    assert isinstance(model, ByContent)
    model.fit(trained_part(split), None, None, 1, StatelessCallback())  # type: ignore[arg-type]
    return model


@pytest.fixture(scope="module")
def model(split: Split) -> ByContent:
    return fitted(split)


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
