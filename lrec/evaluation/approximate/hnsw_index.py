"""An HNSW index of item vectors, by voyager (the extra `hnsw`)."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from lrec.base.arrays import Floats, Ints
from lrec.base.errors import ConfigError
from lrec.evaluation.approximate.kept_index import SMALLEST, kept_index
from lrec.model import Model
from lrec.model.common.factorised_scores import FactorisedScores, with_column

if TYPE_CHECKING:
    from voyager import Index

EXACT, HNSW = "exact", "hnsw"  # values of the setting `retrieval`
NEIGHBOURS, BUILD_DEPTH = 16, 200  # links of an item, candidates for them (Malkov and Yashunin's M
# and ef_construction)
FEW = 2_000  # items that are linked by one thread, the same way every time
DEPTH, DEPTH_PER_ITEM = 200, 2  # candidates of a search, at least, and for each item asked for


def check_retrieval(retrieval: object) -> None:
    """Refuse a retrieval that does not exist, or that is not installed.

    Raises:
        ConfigError: with what to do instead.
    """
    if retrieval not in (EXACT, HNSW):
        raise ConfigError(f"retrieval must be {EXACT} or {HNSW}. Received: {retrieval}")
    if retrieval == HNSW and find_spec("voyager") is None:
        raise ConfigError("retrieval=hnsw is not installed: pip install 'lrec[hnsw]'")


def index_of(model: Model, tell: Callable[[str], None] | None = None) -> HnswIndex | None:
    """An index of a model's items; None, where all lists are exact, if there are no vectors.

    Args:
        tell: is told before the index of a large catalogue is built.
    """
    scores = model.factorised_scores()
    return None if scores is None else HnswIndex(scores, tell)


def without_vectors(model: Model) -> str:
    """The note for a model that has no index."""
    return (
        f"retrieval=hnsw: scores of model={model.name} are no inner products of vectors, so all "
        "lists are exact"
    )


class HnswIndex:
    """The items whose vectors have the highest inner products with a query's, nearly always.

    HNSW (Malkov and Yashunin 2020) follows links between near items, and inner products are no
    nearness: an item of long vector is near to none. So each item gets one more dimension, which
    makes all equally long, and each query a 0 there (Bachrach et al. 2014): the products stay what
    they are, and order items as cosines do.

    Building a large one uses all cores, which link items in no fixed order: two indices of the same
    vectors may differ in an item that neither finds often.

    Args:
        tell: see `index_of`.

    Attributes:
        seconds: that building it took, or reading it.
        is_kept: True if it was built before, and read.
    """

    def __init__(self, scores: FactorisedScores, tell: Callable[[str], None] | None = None) -> None:
        start = time.perf_counter()
        self.scores = scores
        squares = np.einsum("ij,ij->i", scores.items, scores.items)
        vectors = with_column(scores.items, np.sqrt(squares.max() - squares))
        settings = {"M": NEIGHBOURS, "ef_construction": BUILD_DEPTH}
        self._index, self.is_kept = kept_index(
            vectors, settings, lambda: _built(vectors, settings, tell)
        )
        self.seconds = time.perf_counter() - start

    def __len__(self) -> int:
        return len(self.scores.items)

    def search(self, queries: Floats, k: int) -> Ints | None:
        """Codes of about the k best items of each query, best first, `(n, k)`; None if too few.

        Args:
            queries: `(n, width)`, of `scores.queries`.
            k: at most the number of items.
        """
        from voyager import RecallError

        depth = max(DEPTH, DEPTH_PER_ITEM * k)
        try:
            items, _ = self._index.query(with_column(queries, 0.0), k, query_ef=depth)
        except RecallError:  # the links from where the search began reach fewer items
            return None
        codes: Ints = items.astype(np.int64)
        return codes


def _built(vectors: Floats, settings: dict[str, int], tell: Callable[[str], None] | None) -> Index:
    from voyager import Index, Space

    n_items, width = vectors.shape
    if tell is not None and n_items >= SMALLEST:
        tell(f"retrieval=hnsw: building the index of {n_items:,} items; it is kept in the cache")
    index = Index(Space.Cosine, width, max_elements=n_items, **settings)
    # Without ids voyager's threads count for themselves, and now and then give two items one place.
    index.add_items(vectors, ids=range(n_items), num_threads=1 if n_items <= FEW else -1)
    return index
