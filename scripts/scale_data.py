"""Large generated sets for measuring speed and memory, the same rows on every machine.

    python scripts/scale_data.py FOLDER    # needs 1 GB; ml20m_like.parquet and .csv, wide.parquet

`ml20m_like` has the shape of MovieLens 20M: 138,493 users, 26,744 items, 16,944,131 ratings.
`wide` has a catalogue of half a million: 150,000 users, 416,404 items, 2,891,691 interactions.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

RATINGS = 20_000_263  # of MovieLens 20M; repeated pairs, about a sixth, are dropped after the draw
CLUSTERS, TASTES = 40, 3  # of items, and of them a user's own
OWN = 0.66  # share of interactions within a user's clusters


def ml20m_like(users: int = 138_493, items: int = 26_744, ratings: int = RATINGS) -> pd.DataFrame:
    """Ratings of users with a long-tailed activity, each with tastes for some clusters of items."""
    draw = np.random.default_rng(7)
    activity = np.maximum(20, draw.lognormal(np.log(68), 1.1, users)).astype(int)
    activity = np.minimum(activity, 6000)
    activity = (activity * (ratings * 1.16 / activity.sum())).astype(int).clip(18, 7000)
    popularity = 1 / (np.arange(1, items + 1) + 30) ** 1.05
    popularity /= popularity.sum()
    cluster = draw.integers(0, CLUSTERS, items)
    tastes = draw.integers(0, CLUSTERS, (users, TASTES))
    user = np.repeat(np.arange(users), activity)
    total = len(user)
    item = chosen(popularity, draw.random(total))
    members = [np.flatnonzero(cluster == number) for number in range(CLUSTERS)]
    taste = tastes[user, draw.integers(0, TASTES, total)]
    own = draw.random(total) < OWN
    for number, inside in enumerate(members):
        rows = np.flatnonzero(own & (taste == number))
        item[rows] = inside[chosen(popularity[inside], draw.random(len(rows)))]
    start, offset = draw.random(users), draw.random(total)
    time = (1.1e9 + start[user] * 3e8 + offset * 2e7).astype(np.int64)
    bias = 0.5 * draw.standard_normal(users)[user] + 0.5 * draw.standard_normal(items)[item]
    rating = np.clip(np.round((3.5 + bias + draw.standard_normal(total)) * 2) / 2, 0.5, 5)
    table = pd.DataFrame(
        {"userId": user + 1, "movieId": item + 1, "rating": rating, "timestamp": time}
    )
    return table.drop_duplicates(["userId", "movieId"]).iloc[:ratings]


def wide(users: int = 150_000, items: int = 500_000) -> pd.DataFrame:
    """Interactions of short histories with a wide catalogue."""
    draw = np.random.default_rng(3)
    activity = np.maximum(2, draw.lognormal(np.log(12), 1.0, users)).astype(int).clip(2, 500)
    popularity = 1 / (np.arange(1, items + 1) + 50) ** 0.9
    names = draw.permutation(items)
    item = chosen(popularity, draw.random(activity.sum()))
    user = np.repeat(np.arange(users), activity)
    time = (1.6e9 + draw.random(len(user)) * 3e7).astype(np.int64)
    table = pd.DataFrame({"user_id": user, "item_id": names[item], "timestamp": time})
    return table.drop_duplicates(["user_id", "item_id"])


def chosen(weight: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Indices drawn in proportion to their weights, from draws between 0 and 1."""
    edges = np.cumsum(weight) / weight.sum()
    return np.searchsorted(edges, draws).clip(0, len(weight) - 1)


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args(words).folder
    folder.mkdir(parents=True, exist_ok=True)
    ratings = ml20m_like()
    ratings.to_parquet(folder / "ml20m_like.parquet", index=False)
    ratings.to_csv(folder / "ml20m_like.csv", index=False)
    wide().to_parquet(folder / "wide.parquet", index=False)


if __name__ == "__main__":
    main()
