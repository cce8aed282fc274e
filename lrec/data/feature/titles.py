"""Items by the words of their titles."""

from __future__ import annotations

from lrec.base.arrays import Floats
from lrec.base.errors import DataError
from lrec.base.ranges import check_sizes
from lrec.data.feature import Feature
from lrec.data.queries import Split
from lrec.data.semantic_vectors import semantic_vectors


class Titles(Feature):
    """Titles by latent semantic analysis, see `lrec.data.semantic_vectors`.

    Args:
        size: width of the vectors; less where there are fewer words.
    """

    name = "titles"

    def __init__(self, size: int = 64) -> None:
        check_sizes(size=size)
        self.size = size

    def __call__(self, split: Split) -> Floats:
        titles = split.catalogue.features.titles
        if titles is None:
            raise DataError(
                "feature=titles needs titles, and the data has none. Name a table of items that "
                "has them: dataset.items_path."
            )
        titles = titles[: split.catalogue.n_items]
        try:
            return semantic_vectors(titles.tolist(), self.size)
        except ValueError:
            raise DataError(
                "feature=titles found no word that two titles share. Received: "
                f"{titles[:3].tolist()}, …"
            ) from None
