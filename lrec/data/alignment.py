"""Alignment of a split with the catalogue of a model that was trained on another one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lrec.base.arrays import Array, Bools, Ints, Strings
from lrec.base.errors import DataError
from lrec.base.sets import is_among
from lrec.data import genre_matrix
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.queries import Queries, Split


def align(split: Split, catalogue: Catalogue) -> Split:
    """Give the items of a split the codes that a model's catalogue has for them.

    Items that the model does not have get codes behind its catalogue.
    """
    ids = split.catalogue.ids
    code = index_of(ids, catalogue.ids)
    new = code < 0
    code[new] = len(catalogue.ids) + np.arange(new.sum())
    truth = split.truth
    if truth is not None:
        items = index_of(catalogue.ids, ids)
        truth = None if (items < 0).any() else truth.take(items)

    extended = replace(catalogue, ids=np.concatenate([catalogue.ids, ids[new]]))
    recoded = _recoded(split, code, extended)
    return replace(recoded, train=recoded.train.within(catalogue.n_items), truth=truth)


def extend(split: Split, catalogue: Catalogue) -> Split:
    """Give the items of an older catalogue their codes there; new ones get codes behind them.

    Unlike `align`, new items of the training data belong to the catalogue. So do old ones that the
    training data has no more, with a popularity of 0.
    """
    new, old = split.catalogue, catalogue.n_items
    code = index_of(new.ids, catalogue.ids[:old])
    inside = np.arange(len(new.ids)) < new.n_items
    more = (code < 0) & inside
    code[more] = old + np.arange(more.sum())
    n_items = old + int(more.sum())
    beyond = code < 0
    code[beyond] = n_items + np.arange(beyond.sum())
    total = n_items + int(beyond.sum())

    def spread(values: Array, rows: int = total) -> Array:
        shape, kind = (rows, *values.shape[1:]), values.dtype
        result = np.full(shape, "" if kind.kind == "U" else 0, kind)
        result[code[: len(values)]] = values
        return result

    source = np.full(total, -1)
    source[code] = np.arange(len(code))
    ids = np.concatenate([catalogue.ids[:old], new.ids[more], new.ids[beyond]])
    content = new.features
    features = replace(
        content,
        titles=None if content.titles is None else spread(content.titles),
        genres=None if content.genres is None else genre_matrix.spread(content.genres, source),
        vectors=None if content.vectors is None else spread(content.vectors, n_items),
        described=None if content.described is None else spread(content.described),
        released=None if content.released is None else spread(content.released),
    )
    return _recoded(
        split,
        code,
        replace(
            new,
            ids=ids,
            popularity=spread(new.popularity, n_items),
            interactions=spread(new.interactions, n_items),
            features=features,
        ),
    )


def _recoded(split: Split, code: Ints, catalogue: Catalogue) -> Split:
    """A split with other item codes, and the catalogue that goes with them."""

    def recode(histories: Histories) -> Histories:
        return replace(histories, item=code[histories.item].astype(np.int32))

    def recode_queries(queries: Queries) -> Queries:
        masked = queries.masked_items
        return Queries(
            recode(queries.history),
            recode(queries.train_history),
            recode(queries.target),
            None if masked is None else recode(masked),
        )

    return replace(
        split,
        train=recode(split.train),
        validation=recode_queries(split.validation),
        test=recode_queries(split.test),
        catalogue=catalogue,
    )


def index_of(wanted: Strings, ids: Strings) -> Ints:
    """Index of each wanted id in `ids`, -1 where it is not there; `(len(wanted),)` int64."""
    order = np.argsort(ids)
    rank = np.searchsorted(ids[order], wanted).clip(max=len(ids) - 1)
    index = order[rank]
    return np.where(ids[index] == wanted, index, -1)


def refuse_leakage(split: Split, trained: Split) -> Split:
    """Make sure that a model is not evaluated on targets that it was trained or selected on.

    Args:
        split: to evaluate on, with its own user codes and the codes of `trained` for items.
        trained: the split that the model was trained on.

    Returns:
        The split, without its validation part where that overlaps with the model's training: it
        would calibrate ratings on inflated scores.

    Raises:
        DataError: a test target was in the model's training or validation data.
    """
    leaked = seen(split.test.target, split.user_ids, trained)
    if leaked.any():
        raise DataError(
            f"{leaked.sum()} of {len(leaked)} test targets were in this run's training or "
            "validation data: its scores for them would be flattering. Evaluate on data or a split "
            "whose targets the run has not seen."
        )
    if seen(split.validation.target, split.user_ids, trained).any():
        return replace(split, validation=split.validation.take(np.arange(0)))
    return split


def seen(targets: Histories, user_ids: Strings, trained: Split, selected: bool = True) -> Bools:
    """True where a target pair is among those that a model was trained or selected on.

    Args:
        targets: in the user codes of `user_ids`, and the item codes of `trained`.
        selected: also pairs of the validation part, which the model was selected on.
    """
    user = index_of(user_ids, trained.user_ids)[targets.user][targets.row]
    n_items = int(max(trained.catalogue.ids.size, targets.item.max(initial=0) + 1))
    pairs = np.concatenate(
        [
            part.user[part.row].astype(np.int64) * n_items + part.item
            for part in (trained.train, *([trained.validation.target] if selected else []))
        ]
    )
    return (user >= 0) & is_among(user * n_items + targets.item, pairs)
