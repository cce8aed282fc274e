"""MovieLens latest, small."""

from __future__ import annotations

from lrec.data.dataset.movielens import MovieLens
from lrec.data.download.published import Published, Remote


class MovieLensLatestSmall(Published, MovieLens):
    """100,836 ratings of half to five stars by 610 users of 9,742 films, 1996 to 2018.

    GroupLens may publish another release at the same address: then the checksum no longer fits.

    Reference: Harper and Konstan 2015, "The MovieLens Datasets: History and Context".
    """

    name = "movielens_latest_small"
    remote = (
        Remote(
            "https://files.grouplens.org/datasets/movielens/ml-latest-small.zip",
            # the release of September 2018
            # tensorflow/datasets: tensorflow_datasets/url_checksums/movielens.txt
            "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
        ),
    )
    members = ("ml-latest-small/ratings.csv", "ml-latest-small/movies.csv")
