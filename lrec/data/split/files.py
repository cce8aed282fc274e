"""Splits that come ready-made, in the files of the data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lrec.base.arrays import Ints
from lrec.base.errors import DataError
from lrec.base.sets import is_among, unique
from lrec.data.interactions import Interactions
from lrec.data.queries import Split
from lrec.data.ready_made.parts import PARTS
from lrec.data.split import TEST, TRAIN, VALIDATION, Splitter, check_seed, shuffled


class Files(Splitter):
    """The split that the data comes with, as published ones do.

    Where it has no validation part, a share of the training interactions is drawn for one, at
    random, whoever they belong to; one of each user's stays, so that nobody becomes cold.

    Args:
        validation: share of the training interactions that is drawn then; 0 draws none.
        seed: of the draw.
    """

    name = "files"

    def __init__(self, validation: float = 0.1, seed: int = 42) -> None:
        if not 0 <= validation < 1:
            raise ValueError(
                f"validation must be a share that leaves something. Received: {validation}"
            )
        check_seed(seed)
        self.validation = validation
        self.seed = seed

    def __call__(self, data: Interactions) -> Split:
        split = super().__call__(data)
        counts, test = split.counts, split.test
        assert data.part is not None
        has_own = bool((data.part == PARTS.index("validation")).any())
        outside = test.target.item[test.target.item >= split.catalogue.n_items]
        in_test_only = ~is_among(outside, split.validation.target.item)
        more = {
            "validation_drawn": 0 if has_own else counts["validation_interactions"],
            "test_only_users": int((test.history.lengths == 0).sum()),
            "test_only_items": len(unique(outside[in_test_only])),
        }
        return replace(split, counts={**counts, **more})

    def assign(self, data: Interactions) -> Ints:
        if data.part is None:
            raise DataError(
                "split=files needs data that comes with a split: name the column that says train, "
                "validation or test (dataset.part), or the file of the test part beside that of "
                "training (dataset.test_path, auto finds it)."
            )
        if data.known is None:  # of data that `lrec update` wrote, all may be training
            _refuse_missing(data)
        part = np.array([TRAIN, VALIDATION, TEST], np.int8)[data.part]
        if not (part == VALIDATION).any():
            part[self._drawn(data, np.flatnonzero(part == TRAIN))] = VALIDATION
        return part

    def _drawn(self, data: Interactions, train: Ints) -> Ints:
        """Some of the rows `(n,)` of the training part, at random; never a user's only one."""
        order = shuffled(data, np.random.default_rng(self.seed))[train]
        train = train[np.argsort(order)]
        stays = np.unique(data.user[train], return_index=True)[1]
        return np.delete(train, stays)[: round(len(train) * self.validation)]


def _refuse_missing(data: Interactions) -> None:
    """Refuse data without a training or a test part.

    Raises:
        DataError: saying which parts it has.
    """
    assert data.part is not None
    counts = dict(zip(PARTS, np.bincount(data.part, minlength=len(PARTS)).tolist(), strict=True))
    missing = [name for name in ("train", "test") if not counts[name]]
    if missing:
        column = None if data.columns is None else data.columns.chosen.get("part")
        where = "the data has" if column is None else f"column {column} has, of the rows kept,"
        found = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
        raise DataError(
            f"split=files needs rows of train and of test, and {where} no row of "
            f"{' and '.join(missing)}: {found}. Add them, name another column in dataset.part, or "
            "choose another split."
        )
