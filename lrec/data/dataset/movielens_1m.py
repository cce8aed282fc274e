"""MovieLens 1M."""

from __future__ import annotations

from lrec.data.dataset.movielens import MovieLens
from lrec.data.download.published import Published, Remote


class MovieLens1M(Published, MovieLens):
    """1,000,209 ratings of one to five stars by 6,040 users of 3,706 films, 2000 to 2003.

    Reference: Harper and Konstan 2015, "The MovieLens Datasets: History and Context".
    """

    name = "movielens_1m"
    remote = (
        Remote(
            "https://files.grouplens.org/datasets/movielens/ml-1m.zip",
            # tensorflow/datasets: tensorflow_datasets/url_checksums/movielens.txt
            "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
        ),
    )
    members = ("ml-1m/ratings.dat", "ml-1m/movies.dat")
