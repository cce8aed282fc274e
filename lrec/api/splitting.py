"""Splits of interactions, and their parts as data frames."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from lrec.api.calling import call, check_overrides
from lrec.base.arguments import check_argument
from lrec.base.config.conf import options
from lrec.base.errors import ConfigError, listed, nearest
from lrec.cli.from_python import composed
from lrec.data.histories import Histories
from lrec.data.interactions import Interactions
from lrec.data.queries import Split

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class SplitData:
    """Interactions with the split that models are trained and tested on.

    Attributes:
        data: all interactions.
        overrides: that make the split on the command line, `split=ratio split.test=0.1`.
        parts: histories and queries in codes, as models and metrics read them.
    """

    data: Interactions
    overrides: tuple[str, ...]
    parts: Split

    @cached_property
    def train(self) -> pd.DataFrame:
        """The training part: user, item and, where there are any, rating and timestamp."""
        return self._frame(self.parts.train)

    @cached_property
    def validation(self) -> pd.DataFrame:
        """The targets of the validation part, with the same columns."""
        return self._frame(self.parts.validation.target)

    @cached_property
    def test(self) -> pd.DataFrame:
        """The targets of the test part, with the same columns."""
        return self._frame(self.parts.test.target)

    @cached_property
    def history(self) -> pd.DataFrame:
        """The items that each test user had before the targets, with the same columns.

        They are a model's input, and what it must not recommend.
        """
        return self._frame(self.parts.test.history)

    @property
    def counts(self) -> dict[str, float]:
        """Users and interactions of each part, and of what was left out."""
        return dict(self.parts.counts)

    def __repr__(self) -> str:
        counts = {key: f"{value:,.0f}" for key, value in self.parts.counts.items()}
        return (
            f"SplitData({' '.join(self.overrides)}: {counts['users']} users, training "
            f"{counts['train_interactions']} interactions, test {counts['test_users']} users)"
        )

    def _frame(self, histories: Histories) -> pd.DataFrame:
        import pandas as pd

        users = np.repeat(histories.user, histories.lengths)
        columns: dict[str, Any] = {
            "user": self.parts.user_ids[users],
            "item": self.parts.catalogue.ids[histories.item],
        }
        for name in ("rating", "timestamp"):
            values = getattr(histories, name)
            if values is not None:
                columns[name] = values
        return pd.DataFrame(columns)


def split(data: Interactions, *overrides: str) -> SplitData:
    """Split interactions as the command line does: `split(data, "split=ratio", "split.test=0.1")`.

    Args:
        data: see `lrec.Interactions.from_frame`.
        overrides: `split=NAME`, its keys, and `plugins=[mine]` for one of your own.

    Raises:
        ConfigError: there is no such split, or a value does not fit.
        DataError: the data cannot support it, such as one by time without times.
    """
    check_argument(
        data,
        Interactions,
        "data must be lrec.Interactions; make one by lrec.Interactions.from_frame(frame)",
    )
    check_overrides(overrides, 'lrec.split(data, "split=ratio", "split.test=0.1")')
    chosen = tuple(word for word in overrides if word.lstrip("+").startswith("split"))
    if not any(word.startswith("split=") for word in chosen):
        names = options("split")
        near = nearest(" ".join(overrides), names)
        raise ConfigError(f"the split is chosen by split=NAME{near}: {listed(names)}")
    with call(verbose=True), composed("data", overrides) as composition:
        splitter = composition.settings.split
    return SplitData(data, tuple(overrides), splitter(data))


def leave_one_out(data: Interactions) -> SplitData:
    """Hold out each user's last interaction for the test, and the one before for validation.

    Raises:
        DataError: the data has no times.
    """
    return split(data, "split=leave_one_out")


def global_time(data: Interactions, validation: float = 0.1, test: float = 0.1) -> SplitData:
    """Train on the past and test on the future, with one clock for all users.

    Args:
        validation, test: shares of the interactions.

    Raises:
        ConfigError: the shares leave nothing.
        DataError: the data has no times.
    """
    return split(data, "split=global_time", *_keys(validation=validation, test=test))


def ratio(
    data: Interactions,
    validation: float = 0.1,
    test: float = 0.2,
    order: Literal["random", "time"] = "random",
    seed: int = 42,
    folds: int | None = None,
    fold: int = 0,
) -> SplitData:
    """Hold out a share of each user's interactions.

    Args:
        validation, test: shares.
        order: `time` holds out the latest ones.
        seed: of the random order.
        folds: number of folds, of which each interaction is tested in one; None for a single test.
        fold: the one that is tested, from 0.

    Raises:
        ConfigError: a value does not fit.
        DataError: the data has no times, and `order` asks for them.
    """
    keys = _keys(validation=validation, test=test, order=order, seed=seed, folds=folds, fold=fold)
    return split(data, "split=ratio", *keys)


def rolling(
    data: Interactions,
    windows: int = 4,
    window: int = 0,
    length: float | None = None,
    gap: float = 0.0,
    validation: float | None = None,
    span: float | None = None,
) -> SplitData:
    """Test in one of several windows of time, and train on what lies before it.

    Args:
        windows: number of test windows, the last of which ends with the data.
        window: the one that is tested, from 0, the oldest.
        length, gap, validation, span: days of a window, between validation and test, of
            validation, and of training; None for a twentieth of the data's time, and for all of it.

    Raises:
        ConfigError: a value does not fit.
        DataError: the data has no times, or does not reach the window.
    """
    keys = _keys(
        windows=windows,
        window=window,
        length=length,
        gap=gap,
        validation=validation,
        span=span,
    )
    return split(data, "split=rolling", *keys)


def user_holdout(
    data: Interactions,
    validation: float = 0.1,
    test: float = 0.1,
    fold_in: float = 0.8,
    order: Literal["random", "time"] = "random",
    seed: int = 42,
) -> SplitData:
    """Hold out whole users, of whom a model sees a part of the history.

    Args:
        validation, test: shares of the users.
        fold_in: share of their interactions that is seen.
        order: of the part that is seen: random, or by time the earliest.
        seed: of the choice.

    Raises:
        ConfigError: a value does not fit.
        DataError: the data has no times, and `order` asks for them.
    """
    keys = _keys(validation=validation, test=test, fold_in=fold_in, order=order, seed=seed)
    return split(data, "split=user_holdout", *keys)


def _keys(**values: object) -> list[str]:
    return [f"split.{key}={'null' if value is None else value}" for key, value in values.items()]
