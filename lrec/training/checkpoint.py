"""Training as it stood after an epoch, in a file of the run's folder."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lrec.base.arrays import Array
from lrec.base.errors import DataError
from lrec.base.files import write_arrays

ORIGIN = "origin"  # among the arrays


class Checkpoint:
    """Written beside and renamed, so that a run killed at any time leaves a whole one or none.

    Args:
        folder: of the run.
        origin: tells apart what is trained: the data and the settings.
    """

    def __init__(self, folder: Path, origin: str = "") -> None:
        self.path = folder / "checkpoint.npz"
        self.origin = origin

    def save(self, arrays: Mapping[str, Array]) -> None:
        """Replace what was saved before. Where it cannot be, training goes on with a warning."""
        try:
            write_arrays(self.path, {ORIGIN: np.array(self.origin), **arrays})
        except OSError as error:
            warnings.warn(
                f"{self.path} cannot be written ({error}): if the run is killed now, it goes on "
                "from an earlier epoch",
                stacklevel=2,
            )

    def load(self) -> dict[str, Array] | None:
        """What was saved, or None where there is none or it is damaged (then with a warning).

        Raises:
            DataError: it is of training on other data, or with other settings.
        """
        if not self.path.exists():
            return None
        try:
            with np.load(self.path, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            origin = str(arrays.pop(ORIGIN))
        except Exception as error:
            warnings.warn(
                f"{self.path} is damaged ({error}): training starts at the beginning", stacklevel=2
            )
            return None
        if origin != self.origin:
            raise DataError(
                f"{self.path} is of training on other data, or with other settings: give the run "
                "its data back, or train anew."
            )
        return arrays

    def remove(self) -> None:
        """Training has come to its end, or begins anew; with what a kill left half-written."""
        for path in self.path.parent.glob("checkpoint*.npz"):
            path.unlink()
