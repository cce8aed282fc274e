"""MovieLens 10M."""

from __future__ import annotations

from lrec.data.dataset.movielens import MovieLens
from lrec.data.download.published import Published, Remote


class MovieLens10M(Published, MovieLens):
    """10,000,054 ratings of half to five stars by 69,878 users of 10,677 films, 1995 to 2009.

    Reference: Harper and Konstan 2015, "The MovieLens Datasets: History and Context".
    """

    name = "movielens_10m"
    remote = (
        Remote(
            "https://files.grouplens.org/datasets/movielens/ml-10m.zip",
            # ISG-Siegen/OmniRec: src/omnirec/data_loaders/movielens_small.py
            "813c411ccb6122564edfe752e7f80c4dcc5aa25fa94c93622f6877a7ba252862",
        ),
    )
    members = ("ml-10M100K/ratings.dat", "ml-10M100K/movies.dat")
