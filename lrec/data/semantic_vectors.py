"""Latent semantic analysis: texts as vectors, by the words that they share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lrec.base.arrays import Floats


def semantic_vectors(texts: Sequence[str], size: int) -> Floats:
    """TF-IDF of the texts' words, reduced by a truncated SVD, `(n, size or less)`.

    Deerwester et al. 1990, "Indexing by latent semantic analysis". Words count by 1 + log(count)
    and by their inverse document frequency; words of one text only are left out.

    Raises:
        ValueError: no two texts share a word.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(min_df=2, sublinear_tf=True).fit_transform(texts)
    if words.shape[1] == 1:  # nothing to reduce
        return np.asarray(words.toarray())
    vectors: Floats = TruncatedSVD(min(size, *words.shape), random_state=0).fit_transform(words)
    return vectors
