"""MovieLens 20M."""

from __future__ import annotations

from lrec.data.dataset.movielens import MovieLens
from lrec.data.download.published import Published, Remote


class MovieLens20M(Published, MovieLens):
    """20,000,263 ratings of half to five stars by 138,493 users of 27,278 films, 1995 to 2015.

    Reference: Harper and Konstan 2015, "The MovieLens Datasets: History and Context".
    """

    name = "movielens_20m"
    remote = (
        Remote(
            "https://files.grouplens.org/datasets/movielens/ml-20m.zip",
            # tensorflow/datasets: tensorflow_datasets/url_checksums/movielens.txt
            "96f243c338a8665f6bcc89c53edf6ee39162a846940de6b7c8c48aeada765ff3",
        ),
    )
    members = ("ml-20m/ratings.csv", "ml-20m/movies.csv")
