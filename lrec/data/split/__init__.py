"""Splits of interactions into training histories, and validation and test queries."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from dataclasses import replace

import numpy as np

from lrec.base.arrays import Bools, Ints
from lrec.base.config.component import Component
from lrec.base.errors import DataError
from lrec.base.sets import unique
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.interactions import ALWAYS, Interactions
from lrec.data.queries import Queries, Split, without_later_items
from lrec.data.used_columns import without_times

# The part of the split that an interaction belongs to.
EXCLUDED, TRAIN, FOLD_IN, VALIDATION, TEST = range(-1, 4)


class Splitter(Component, ABC):
    """A rule that assigns each interaction to a part of the split.

    Attributes:
        needs_order: True if it asks for each user's order, by timestamps.
        by_time: True if it has one clock for all users, so that items have a date.
    """

    needs_order: bool = False
    by_time: bool = False
    history_part = TRAIN  # of what is history after all, among what would be held out

    @abstractmethod
    def assign(self, data: Interactions) -> Ints:
        """The part of each interaction, `(len(data),)` int8.

        Args:
            data: grouped by user and ordered by time.

        Raises:
            DataError: the data cannot support this split.
        """

    def __call__(self, data: Interactions) -> Split:
        """Split `data`, and give the items of the training part the first codes.

        Raises:
            DataError: the data cannot support this split, or a part comes out empty.
        """
        data = data.by_user()
        data, part = self._with_known(data, self.assign(data))
        is_target = data.is_target  # other interactions stay in the histories
        tested = (part == TEST) & is_target
        all_known = data.known is not None and bool((data.known >= 0).all())
        for rows, name in ((part == TRAIN, "training interactions"), (tested, "test users")):
            if not rows.any() and not (all_known and rows is tested):
                raise DataError(
                    f"split={self.name} leaves no {name}: {data.n_users} users, "
                    f"{len(data)} interactions. Choose another split or its sizes."
                )
        data, catalogue = _recode(data, part == TRAIN, self.by_time)
        in_train = part == TRAIN
        train = Histories.select(data, in_train)
        folded = part == FOLD_IN
        trained = in_train | folded if folded.any() else in_train
        known = train if trained is in_train else None
        validation = _queries(data, trained, trained, (part == VALIDATION) & is_target, known)
        test = _queries(data, trained | (part == VALIDATION), trained, tested, known)
        if not data.unique_pairs:
            note_repeated(test)
        if self.by_time and data.all_items and data.features.released is not None:
            released = data.features.released[: catalogue.n_items]
            released = np.where(catalogue.is_trained, ALWAYS, released)
            validation, test = (without_later_items(q, released) for q in (validation, test))
        queried = unique(np.concatenate([validation.user, test.user]))
        outside = test.target.item >= catalogue.n_items
        untrained = {}
        if data.all_items:
            untrained["catalogue_items_never_trained"] = int((~catalogue.is_trained).sum())
        return Split(
            train=train,
            validation=validation,
            test=test,
            catalogue=catalogue,
            user_ids=data.user_ids,
            truth=data.truth,
            clock=data.clock,
            counts={
                "users": data.n_users,
                "interactions": len(data),
                "catalogue_items": catalogue.n_items,
                **untrained,
                "train_users": len(train),
                "train_interactions": len(train.item),
                "validation_users": len(validation),
                "validation_interactions": len(validation.target.item),
                "test_users": len(test),
                "test_interactions": len(test.target.item),
                "users_without_test_items": data.n_users - len(test),
                "users_never_asked": data.n_users - len(queried),
                "interactions_excluded": int((part == EXCLUDED).sum()),
                "interactions_not_asked": int((~is_target[part >= VALIDATION]).sum()),
                "test_targets_outside_catalogue": float(outside.mean()) if len(outside) else 0.0,
            },
        )

    def _with_known(self, data: Interactions, part: Ints) -> tuple[Interactions, Ints]:
        """Make known pairs that would be held out history, at the time that they are known since.

        Not at their own: an item at the end of a history would tell what comes after it. Where all
        are known, all is trained on.
        """
        if data.known is None:
            return data, part
        if (data.known >= 0).all():
            return data, np.full(len(data), TRAIN, np.int8)
        moved = (data.known >= 0) & (part >= VALIDATION)
        part = np.where(moved, self.history_part, part)
        if data.timestamp is None or data.position is None:
            return data, part
        time = np.where(moved, data.known, data.timestamp)
        order = np.lexsort([data.position, time, data.user])
        return replace(data, timestamp=time).at(order), part[order]

    def need_order(self, data: Interactions) -> Ints:
        """The timestamps, `(len(data),)` int64, for splits that need each user's order.

        Raises:
            DataError: the data has none.
        """
        if data.timestamp is None:
            raise DataError(without_times(self.name, data.columns))
        return data.timestamp


def note_repeated(queries: Queries) -> None:
    """Note the targets that stand in their user's history too, where nothing can recommend them."""
    owned = replace(queries, masked_items=None).owned
    if repeated := owned.sum():
        warnings.warn(
            f"{repeated:,} of {len(owned):,} test targets are items that the user has already, "
            "which are never recommended: no model can hit them. Leave one of several "
            "interactions, dataset.duplicates=last or sum",
            stacklevel=3,
        )


def check_shares(validation: float, test: float) -> None:
    """Refuse shares that leave nothing to test on, or nothing to train on.

    Raises:
        ValueError: with the shares.
    """
    if not (0 < test < 1 and 0 <= validation < 1 and test + validation < 1):
        raise ValueError(
            "validation and test must be shares that leave something to train on. "
            f"Received: validation={validation}, test={test}"
        )


def check_seed(seed: int) -> None:
    """Refuse seeds that no random generator takes.

    Raises:
        ValueError: it is negative.
    """
    if seed < 0:
        raise ValueError(f"seed must not be negative. Received: {seed}")


def rank_from_end(data: Interactions, order: Ints | None = None) -> Ints:
    """Rank from the end: 0 for each user's last interaction, 1 for the one before, and so on.

    Args:
        data: grouped by user and ordered by time.
        order: another order of a user's interactions, `(len(data),)`, all different.

    Returns:
        `(len(data),)` int64.
    """
    ranks = np.repeat(data.offsets[1:], data.activity) - 1 - np.arange(len(data))
    if order is None:
        return ranks
    sequence = np.argsort(data.user * np.int64(order.max(initial=0) + 1) + order)
    shuffled = np.empty_like(ranks)
    shuffled[sequence] = ranks
    return shuffled


def shuffled(data: Interactions, generator: np.random.Generator) -> Ints:
    """A random order that depends on the rows' order in the file, `(len(data),)` int64."""
    assert data.position is not None
    position = data.position
    if position.max(initial=-1) >= len(data):  # rows were left out
        position = np.argsort(np.argsort(position))
    return generator.permutation(len(data))[position]


def _recode(data: Interactions, train: Bools, by_time: bool) -> tuple[Interactions, Catalogue]:
    """Give training items the first codes, in their old order, and count their popularity.

    Other items of the catalogue, where it holds all of the items file, come behind them: by time
    without those of a date after all interactions.
    """
    interactions = np.bincount(data.item[train], minlength=data.n_items)
    listed = np.zeros(data.n_items, bool)
    if data.all_items and data.features.described is not None:
        listed = data.features.described
        if by_time and data.features.released is not None and data.timestamp is not None:
            listed = listed & (data.features.released <= data.timestamp.max())
    order = np.argsort(np.where(interactions > 0, 0, 2 - listed), kind="stable")
    n_items = int(((interactions > 0) | listed).sum())
    code = np.empty(data.n_items, np.int32)
    code[order] = np.arange(data.n_items, dtype=np.int32)
    popularity = interactions
    if not data.unique_pairs:
        pairs = unique(data.user[train].astype(np.int64) * data.n_items + data.item[train])
        popularity = np.bincount(pairs % data.n_items, minlength=data.n_items)
    catalogue = Catalogue(
        ids=data.item_ids[order],
        popularity=popularity[order][:n_items],
        interactions=interactions[order][:n_items],
        n_users=int(np.count_nonzero(np.bincount(data.user[train]))),
        features=data.features.take(order),
        all_items=data.all_items,
    )
    recoded = replace(
        data,
        item=code[data.item],
        item_ids=catalogue.ids,
        features=catalogue.features,
        truth=None if data.truth is None else data.truth.take(order),
    )
    return recoded, catalogue


def _queries(
    data: Interactions, history: Bools, trained: Bools, target: Bools, train: Histories | None
) -> Queries:
    """Queries of the users with targets.

    Args:
        history, trained, target: `(len(data),)` masks of the parts of a query.
        train: the histories of all users that `trained` marks, where they are made already.
    """
    held_out = Histories.select(data, target)
    users = held_out.user
    if train is not None and np.array_equal(users, train.user):
        known = train
    else:
        known = Histories.select(data, trained, users)
    return Queries(
        history=known if history is trained else Histories.select(data, history, users),
        train_history=known,
        target=held_out,
    )
