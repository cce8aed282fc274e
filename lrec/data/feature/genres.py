"""Items by their genres."""

from __future__ import annotations

from lrec.base.arrays import Floats
from lrec.base.errors import DataError
from lrec.data.feature import Feature
from lrec.data.genre_matrix import frequent
from lrec.data.queries import Split


class Genres(Feature):
    """1 for each genre of an item, over the root of their number: rows of length 1.

    Of more than 500 genres the most frequent count.
    """

    name = "genres"

    def __call__(self, split: Split) -> Floats:
        genres = split.catalogue.features.genres
        if genres is None:
            raise DataError(
                "feature=genres needs genres, and the data has none. Name a table of items that "
                "has them: dataset.items_path."
            )
        rows = frequent(genres, split.catalogue.n_items)
        number = rows.sum(axis=1, keepdims=True).clip(1)
        scaled: Floats = rows / number**0.5
        return scaled
