"""MovieTweetings, the snapshot of 50,000 ratings."""

from __future__ import annotations

from lrec.data.dataset.movielens import MovieLens
from lrec.data.download.published import Published, Remote

SNAPSHOT = (
    "https://raw.githubusercontent.com/sidooms/MovieTweetings/"
    "a645287b5856975583467dac6432fb65f5386427/snapshots/50K"
)


class MovieTweetings(Published, MovieLens):
    """50,000 ratings of 0 to 10 by 10,455 users of 7,505 films, 2013: a real long tail of users.

    Reference: Dooms et al. 2013, "MovieTweetings: a Movie Rating Dataset Collected From Twitter".
    """

    name = "movietweetings"
    # The checksums are published nowhere. They were measured on a copy of the snapshot that was
    # laid out in its format again, and agrees with the repository's files in length and samples.
    remote = (
        Remote(
            f"{SNAPSHOT}/ratings.dat",
            "efa8e2f6535088630acf4ddb7a674fc13b952aaaac658df4acf73cb66f16c73a",
        ),
        Remote(
            f"{SNAPSHOT}/movies.dat",
            "a37ce5e680f17cd0ca9e99c6b32aed70912b4f8cd2d64a5b3eba67ec1de026b6",
        ),
    )
