"""MovieLens 32M."""

from __future__ import annotations

from lrec.data.dataset.movielens import MovieLens
from lrec.data.download.published import Published, Remote


class MovieLens32M(Published, MovieLens):
    """32,000,204 ratings of half to five stars by 200,948 users of 87,585 films, 1995 to 2023.

    Reference: Harper and Konstan 2015, "The MovieLens Datasets: History and Context".
    """

    name = "movielens_32m"
    remote = (
        Remote(
            "https://files.grouplens.org/datasets/movielens/ml-32m.zip",
            # several public projects state it alike, for the archive of 238,950,008 bytes whose
            # MD5 GroupLens publishes beside it: d472be332d4daa821edc399621853b57
            "e4a68655d7386b8f95f2f2424b2ff975dfdd15ffd59e0d864a14dca43e99d6ee",
        ),
    )
    members = ("ml-32m/ratings.csv", "ml-32m/movies.csv")
