"""The contract of every augmenter in conf/augment, and the distribution of its draws."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from helpers.cli import SilentCallback
from helpers.composing import checked, composed

from lrec.base.arrays import Floats
from lrec.base.config.conf import options
from lrec.commands.settings import RunSettings
from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.model.common.protocols import Callback, Strategy
from lrec.training.augment import PseudoInteractionAugmenter, prepend

pytestmark = pytest.mark.usefixtures("eagerly")

SMALL = {
    "vae": ("augment.model.hidden_sizes=[16]", "augment.model.latent_size=4"),
    "gan": ("augment.model.hidden_sizes=[16]", "augment.model.discriminator_sizes=[8]"),
}
DRAWING = [name for name in options("augment") if name != "none"]


def parts_with(tiny: Path, *overrides: str) -> RunSettings:
    data = ("dataset=csv", f"dataset.path={tiny}", "split=leave_one_out")
    parts = checked(composed(*data, *overrides))
    parts.strategy.start()
    return parts


def augmented(tiny: Path, name: str, seed: int = 1, *overrides: str) -> tuple[Split, Split]:
    """The tiny data's split, before and after augmentation."""
    short = ("augment.schedule.epochs=2",) if name in SMALL else ()
    parts = parts_with(tiny, f"augment={name}", *SMALL.get(name, ()), *short, *overrides)
    split = parts.split(parts.dataset.load())
    return split, parts.augment(split, parts.strategy, seed, SilentCallback())


@pytest.fixture(scope="module", params=DRAWING)
def pair(request: pytest.FixtureRequest, tiny: Path) -> tuple[Split, Split]:
    return augmented(tiny, request.param)


def rows(histories: Histories) -> Iterator[list[int]]:
    for start, end in zip(histories.offsets[:-1], histories.offsets[1:], strict=True):
        yield histories.item[start:end].tolist()


def test_none_changes_nothing(tiny: Path) -> None:
    split, more = augmented(tiny, "none")
    assert more is split


def test_only_the_training_histories_change(pair: tuple[Split, Split]) -> None:
    split, more = pair
    for name in ("validation", "test", "catalogue", "user_ids", "counts", "truth", "clock"):
        assert getattr(more, name) is getattr(split, name)
    assert np.array_equal(more.train.user, split.train.user)


def test_users_with_few_get_as_many_as_requested_before_their_own(
    pair: tuple[Split, Split],
) -> None:
    split, more = pair
    edge = sorted(split.train.lengths)[math.ceil(len(split.train) / 2) - 1]
    for old, new in zip(rows(split.train), rows(more.train), strict=True):
        added = new[: len(new) - len(old)]
        assert new[len(added) :] == old
        assert len(added) == (5 if len(old) <= edge else 0)
        assert len(set(added)) == len(added)
        assert not set(added) & set(old)
        assert all(0 <= item < split.catalogue.n_items for item in added)


def test_added_items_have_no_rating_and_the_time_of_the_first(pair: tuple[Split, Split]) -> None:
    split, more = pair
    assert more.train.rating is not None
    assert more.train.timestamp is not None
    assert split.train.timestamp is not None
    added = (more.train.lengths - split.train.lengths)[more.train.row]
    rank = np.arange(len(more.train.item)) - more.train.offsets[:-1][more.train.row]
    assert np.array_equal(np.isnan(more.train.rating), rank < added)
    first = split.train.timestamp[split.train.offsets[:-1]][more.train.row]
    assert np.array_equal(more.train.timestamp[rank < added], first[rank < added])
    assert more.train.timestamp.dtype == split.train.timestamp.dtype


@pytest.mark.parametrize("name", DRAWING)
def test_seed_decides_the_draw(tiny: Path, name: str) -> None:
    first, again, other = (augmented(tiny, name, seed)[1].train.item for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_all_add_the_same_number_to_the_same_users(tiny: Path) -> None:
    lengths = [augmented(tiny, name)[1].train.lengths for name in DRAWING]
    assert all(np.array_equal(other, lengths[0]) for other in lengths)


class KnownWeights(PseudoInteractionAugmenter):
    """Draws item i by weight i + 1."""

    def fit(self, split: Split, strategy: Strategy, seed: int, callback: Callback) -> None:
        self.n_items = split.catalogue.n_items

    def log_weights(self, histories: Histories) -> Floats:
        return np.tile(np.log(1.0 + np.arange(self.n_items)), (len(histories), 1))


def test_items_are_drawn_in_proportion_to_their_weights(tiny: Path) -> None:
    parts = parts_with(tiny)
    split = parts.split(parts.dataset.load())
    n_items = split.catalogue.n_items
    counts, free = np.zeros(n_items), np.zeros(n_items)
    for seed in range(200):
        more = KnownWeights(1, 1.0)(split, parts.strategy, seed, SilentCallback())
        drawn = more.train.item[more.train.offsets[:-1]]
        counts += np.bincount(drawn, minlength=n_items)
    for row in rows(split.train):
        weights = 1.0 + np.arange(n_items)
        weights[row] = 0
        free += 200 * weights / weights.sum()
    assert (np.abs(counts - free) < 5 * np.sqrt(free) + 5).all()


def test_a_catalogue_that_runs_out_gives_what_it_has(tiny: Path) -> None:
    split, more = augmented(tiny, "popularity", 1, "augment.per_user=1000", "augment.quantile=1")
    assert all(len(set(row)) == split.catalogue.n_items for row in rows(more.train))


def test_neighbours_are_drawn_before_others(tiny: Path) -> None:
    parts = parts_with(tiny, "augment=knn", "augment.per_user=1")
    split = parts.split(parts.dataset.load())
    more = parts.augment(split, parts.strategy, 1, SilentCallback())
    users = [set(row) for row in rows(split.train)]
    for old, new in zip(rows(split.train), rows(more.train), strict=True):
        near = set().union(*(user for user in users if user & set(old))) - set(old)
        assert len(new) == len(old) or not near or new[0] in near


def test_prepend_keeps_rows_apart() -> None:
    before = Histories.of([[1, 2], [], [3]])
    after = prepend(before, np.array([2, 0, 2]), np.array([7, 8, 9]))
    assert list(rows(after)) == [[8, 1, 2], [], [7, 9, 3]]
    assert after.rating is None


def test_every_model_trains_on_pseudo_interactions_without_ratings(tiny: Path) -> None:
    parts = parts_with(
        tiny, "augment=popularity", "model=dense", "schedule.epochs=2", "model.hidden_sizes=[8]"
    )
    split = parts.split(parts.dataset.load())
    more = parts.augment(split, parts.strategy, 1, SilentCallback())
    parts.model.fit(more, parts.schedule, parts.strategy, 1, SilentCallback())
    assert np.isfinite(parts.model.score(split.test.history)).all()
