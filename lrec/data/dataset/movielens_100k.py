"""MovieLens 100K."""

from __future__ import annotations

from lrec.data.dataset.movielens import MovieLens
from lrec.data.download.published import Published, Remote


class MovieLens100K(Published, MovieLens):
    """100,000 ratings of one to five stars by 943 users of 1,682 films, 1997 and 1998.

    Reference: Harper and Konstan 2015, "The MovieLens Datasets: History and Context".
    """

    name = "movielens_100k"
    remote = (
        Remote(
            "https://files.grouplens.org/datasets/movielens/ml-100k.zip",
            # tensorflow/datasets: tensorflow_datasets/url_checksums/movielens.txt
            "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
        ),
    )
    members = ("ml-100k/u.data", "ml-100k/u.item")
