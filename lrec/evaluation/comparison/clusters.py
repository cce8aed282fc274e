"""People who answer in several parts of the data, such as windows: each is one cluster of values.

The value of a comparison is the mean over parts of the means over their users. Written as a mean
over people, it can be resampled and tested by people, who do not count as new ones in each part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints, nan_mean


@dataclass(frozen=True)
class Part:
    """User tables of all models in one part of the data, as arrays.

    Attributes:
        values: `(models, seeds, users, metrics)` float64; NaN where a user has none.
        persons: `(users,)` code of each user's person, which is the same in all parts.
        groups: bucket -> its rows.
    """

    values: Floats
    persons: Ints
    groups: Mapping[str, Ints]


@dataclass(frozen=True)
class Clusters:
    """People who are users in one or more parts.

    Attributes:
        rows: of each part's users, the row of their person, `(users,)` each.
        n: number of people.
    """

    rows: Sequence[Ints]
    n: int

    @classmethod
    def of(cls, persons: Sequence[Ints]) -> Clusters:
        """The clusters of users by the codes of their persons, `(users,)` for each part."""
        _, rows = np.unique(np.concatenate(persons), return_inverse=True)
        ends = np.cumsum([len(codes) for codes in persons])
        return cls(np.split(rows, ends[:-1]), int(rows.max(initial=-1)) + 1)

    def any_of(self, parts: Sequence[Bools]) -> Bools:
        """True for people of whom it is true in any part; `(users, …)` each to `(n, …)`."""
        found = np.zeros((self.n, *parts[0].shape[1:]), bool)
        for rows, part in zip(self.rows, parts, strict=True):
            found[rows] |= part
        return found

    def scores(self, parts: Sequence[Floats]) -> tuple[Floats, Floats]:
        """Values of people whose mean over people is the mean over parts of their users' means.

        With d the value of user u of R parts with n users and mean m each, and U people, they are
        z = m̄ + U / R · Σ (d − m) / n, to be resampled: their spread is that of the mean over parts,
        to first order, and has nothing of the differences between parts. And y = U / R · Σ d / n,
        whose signs are flipped: under the null hypothesis they are symmetric around 0. With one
        part, both are d.

        Args:
            parts: `(users, m)` each; NaN where a value is not defined. Each column is by itself: a
                part without any value of it is none of its parts.

        Returns:
            z and y, `(n, m)` each; NaN for people without a value.
        """
        if len(parts) == 1:
            return parts[0], parts[0]
        defined = [~np.isnan(part) for part in parts]
        counts = np.array([part.sum(axis=0) for part in defined])
        means = np.array([nan_mean(part, axis=0) for part in parts])
        centred, plain = np.zeros((2, self.n, parts[0].shape[1]))
        for rows, part, known, count, mean in zip(
            self.rows, parts, defined, np.maximum(counts, 1), means, strict=True
        ):
            centred[rows] += np.where(known, part - mean, 0) / count  # a person is in it once
            plain[rows] += np.where(known, part, 0) / count
        seen = self.any_of(defined)
        n_parts = np.maximum((counts > 0).sum(axis=0), 1)
        scale = seen.sum(axis=0) / n_parts
        z = nan_mean(means, axis=0) + scale * centred
        return np.where(seen, z, np.nan), np.where(seen, scale * plain, np.nan)
