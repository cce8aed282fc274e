"""Items by the words of their titles."""

from __future__ import annotations

from lrec.base.arrays import Floats
from lrec.base.errors import DataError
from lrec.base.ranges import check_sizes
from lrec.data.feature import Feature
from lrec.data.queries import Split


class Titles(Feature):
    """TF-IDF of the titles' words, reduced by a truncated SVD (latent semantic analysis).

    Deerwester et al. 1990, "Indexing by latent semantic analysis". Words count by 1 + log(count)
    and by their inverse document frequency; words of one title only are left out.

    Args:
        size: width of the vectors; less where there are fewer words.
    """

    name = "titles"

    def __init__(self, size: int = 64) -> None:
        check_sizes(size=size)
        self.size = size

    def __call__(self, split: Split) -> Floats:
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        titles = split.catalogue.features.titles
        if titles is None:
            raise DataError(
                "feature=titles needs titles, and the data has none. Name a table of items that "
                "has them: dataset.items_path."
            )
        try:
            words = TfidfVectorizer(min_df=2, sublinear_tf=True).fit_transform(
                titles[: split.catalogue.n_items].tolist()
            )
        except ValueError:
            raise DataError(
                "feature=titles found no word that two titles share. Received: "
                f"{titles[: split.catalogue.n_items][:3].tolist()}, …"
            ) from None
        size = min(self.size, *words.shape)
        vectors: Floats = TruncatedSVD(size, random_state=0).fit_transform(words)
        return vectors
