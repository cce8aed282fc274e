"""MovieLens 25M."""

from __future__ import annotations

from lrec.data.dataset.movielens import MovieLens
from lrec.data.download.published import Published, Remote


class MovieLens25M(Published, MovieLens):
    """25,000,095 ratings of half to five stars by 162,541 users of 62,423 films, 1995 to 2019.

    Reference: Harper and Konstan 2015, "The MovieLens Datasets: History and Context".
    """

    name = "movielens_25m"
    remote = (
        Remote(
            "https://files.grouplens.org/datasets/movielens/ml-25m.zip",
            # tensorflow/datasets: tensorflow_datasets/url_checksums/movielens.txt
            "8b21cfb7eb1706b4ec0aac894368d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa",
        ),
    )
    members = ("ml-25m/ratings.csv", "ml-25m/movies.csv")
