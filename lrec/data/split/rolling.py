"""Windows of time on one clock, one after the other: train on all before one, and test in it."""

from __future__ import annotations

import numpy as np

from lrec.base.arrays import Ints
from lrec.base.errors import DataError
from lrec.data.interactions import Interactions
from lrec.data.split import EXCLUDED, TEST, TRAIN, VALIDATION, Splitter

DAY = 86_400  # seconds
SHARE = 0.05  # of the data's time, the length of a window where none is stated


class Rolling(Splitter):
    """Test windows of equal length, the last of which ends with the data; one of them is tested.

    Before it lie a gap, the validation window, and the time that is trained on. What lies in the
    gap, behind the window and before the stated span is left out, as if it were not recorded yet
    or any more. Users who first appear after training have no training history: they are cold.

    Args:
        windows: number of test windows.
        window: the one that is tested, from 0, the oldest.
        length: days of a test window; None for a twentieth of the data's time.
        gap: days before the test window that nothing is known of.
        validation: days of validation before the gap; None for the length of a test window.
        span: days of training before validation; None for all there are.
    """

    name = "rolling"
    needs_order = True

    def __init__(
        self,
        windows: int = 4,
        window: int = 0,
        length: float | None = None,
        gap: float = 0.0,
        validation: float | None = None,
        span: float | None = None,
    ) -> None:
        if not 0 <= window < windows:
            raise ValueError(
                "window must be one of the windows, which count from 0. "
                f"Received: window={window}, windows={windows}"
            )
        for name, days in (("length", length), ("span", span)):
            if days is not None and not days > 0:
                raise ValueError(f"{name} must be a positive number of days. Received: {days}")
        for name, days in (("gap", gap), ("validation", validation)):
            if days is not None and not days >= 0:
                raise ValueError(f"{name} must be a number of days, 0 or more. Received: {days}")
        self.windows = windows
        self.window = window
        self.length = length
        self.gap = gap
        self.validation = validation
        self.span = span

    def assign(self, data: Interactions) -> Ints:
        time = self.need_order(data)
        if not data.clock:
            raise DataError(
                "split=rolling needs a clock, and this data's timestamps are positions in "
                "each user's history (clock: false). Use split=leave_one_out or split=ratio."
            )
        first, last = (float(time.min()), float(time.max())) if len(data) else (0.0, 0.0)
        length = SHARE * (last - first) if self.length is None else self.length * DAY
        validation = length if self.validation is None else self.validation * DAY
        start = last - (self.windows - self.window) * length
        known = start - self.gap * DAY
        trained = known - validation
        earliest = -np.inf if self.span is None else trained - self.span * DAY
        part = np.full(len(data), EXCLUDED, np.int8)
        part[(time > earliest) & (time <= trained)] = TRAIN
        part[(time > trained) & (time <= known)] = VALIDATION
        part[(time > start) & (time <= start + length)] = TEST
        days = (last - first) / DAY
        for name, kind, what, begin in (
            ("training", TRAIN, "its validation begins", trained),
            ("test", TEST, "it begins", start),
        ):
            if not (part == kind).any():
                raise DataError(
                    f"split=rolling leaves no {name} interactions for window {self.window} of "
                    f"{self.windows}: {what} {(last - begin) / DAY:.4g} days before the end of the "
                    f"data, which has {data.n_users} users, {len(data)} interactions in "
                    f"{days:.4g} days. Choose another window, or fewer or other lengths of them."
                )
        return part
