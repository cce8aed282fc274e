"""A small table of interactions to try components on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

N_USERS, N_ITEMS = 60, 40


def write_small_data(path: Path) -> None:
    """Write 60 users, `person-…`, and 40 items, with times, ratings from 1 to 5 and a long tail.

    The items' titles and genres are in `items.csv` beside it. The first five users have one
    interaction, the next five have two.
    """
    generator = np.random.default_rng(0)
    popularity = 1 / np.arange(1, N_ITEMS + 1) ** 0.7
    rows = ["user_id,item_id,rating,timestamp"]
    for user in range(N_USERS):
        activity = 1 + user // 5 if user < 10 else min(3 + generator.geometric(0.12), 25)
        taste = np.where(np.arange(N_ITEMS) % 2 == user % 2, 4.0, 1.0) * popularity
        items = generator.choice(N_ITEMS, activity, replace=False, p=taste / taste.sum())
        times = 1_500_000_000 + np.sort(generator.integers(0, 10_000_000, activity))
        ratings = generator.integers(1, 6, activity)
        rows += [
            f"person-{user:03d},thing-{item:02d},{rating},{time}"
            for item, rating, time in zip(items, ratings, times, strict=True)
        ]
    path.write_text("\n".join(rows) + "\n")
    things = [f"thing-{i:02d},Thing {i} of {'ab'[i % 2]},{'ab'[i % 2]}|c" for i in range(N_ITEMS)]
    path.with_name("items.csv").write_text("\n".join(["item_id,title,genres", *things]) + "\n")
