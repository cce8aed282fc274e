"""Checkpoint of training after an epoch, in a file of the run's folder."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lrec.base.array_files import read_arrays, write_arrays
from lrec.base.arrays import Array
from lrec.base.errors import DataError, one_line

ORIGIN = "origin"  # among the arrays


class Checkpoint:
    """A file of arrays, replaced atomically: a run killed at any time leaves a whole one or none.

    Args:
        folder: of the run.
        origin: identifies the data and the settings of training.
    """

    def __init__(self, folder: Path, origin: str = "") -> None:
        self.path = folder / "checkpoint.npz"
        self.origin = origin

    def save(self, arrays: Mapping[str, Array]) -> None:
        """Replace the saved arrays. If the file cannot be written, warn and go on."""
        try:
            write_arrays(self.path, {ORIGIN: np.array(self.origin), **arrays})
        except OSError as error:
            warnings.warn(
                f"{self.path} cannot be written ({error.strerror}): if the run is killed now, "
                "it goes on from an earlier epoch",
                stacklevel=2,
            )

    def load(self) -> dict[str, Array] | None:
        """The saved arrays; None if there are none, or (with a warning) if the file is damaged.

        Raises:
            DataError: the file is of training on other data, or with other settings.
        """
        if not self.path.exists():
            return None
        try:
            arrays = read_arrays(self.path)
            origin = str(arrays.pop(ORIGIN))
        except Exception as error:
            warnings.warn(
                f"{self.path} is damaged ({one_line(error)}): training starts at the beginning",
                stacklevel=2,
            )
            return None
        if origin != self.origin:
            raise DataError(
                f"{self.path} is of training on other data, or with other settings: give the run "
                "its data back, or train anew."
            )
        return arrays

    def remove(self) -> None:
        """Delete the file at the end of training, and partial files of killed processes."""
        for path in self.path.parent.glob("checkpoint*.npz"):
            path.unlink()
