"""A shop's log as shops write it: views, carts and purchases, ISO times, blanks, categories.

    python tests/helpers/shop.py FOLDER [EVENTS]

writes `events.csv` (three quarters of the events), `week1.csv` to `week3.csv`, in which nine of ten
rows repeat what the shop has seen before, and `items.csv` with titles and categories.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

DAY = 86_400
START = 1_704_067_200  # 2024-01-01
KINDS = np.array(["view", "cart", "purchase"])
SECTIONS = ("kitchen", "garden", "books", "toys", "sports", "office")
REPEATED = 0.9


def write(folder: Path, events: int = 200_000, seed: int = 1) -> None:
    """Write the log, three weeks and the items to a folder."""
    generator = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    n_users, n_items = max(40, events // 20), max(40, events // 80)
    n_log, n_week = events * 3 // 4, events // 12
    log = visits(generator, n_log, n_users, n_items, (0, 180))
    save(log, folder / "events.csv", generator)
    for week in range(3):
        days = (180 + 7 * week, 187 + 7 * week)
        n_new = n_week - round(REPEATED * n_week)
        new = visits(generator, n_new, n_users * 11 // 10, n_items, days)
        again = log.iloc[generator.integers(0, len(log), round(REPEATED * n_week))].copy()
        again["time"] = times(generator, len(again), days).to_numpy()
        both = pd.concat([again, new], ignore_index=True)
        save(both, folder / f"week{week + 1}.csv", generator)
        log = pd.concat([log, both], ignore_index=True)
    section = np.array(SECTIONS)[np.arange(n_items) % len(SECTIONS)]
    items = pd.DataFrame({"product_id": [product(n) for n in range(n_items)]})
    items["title"] = [f"{name.title()} article {n}" for n, name in enumerate(section)]
    items["categories"] = section
    items.to_csv(folder / "items.csv", index=False)


def visits(
    generator: np.random.Generator, n: int, n_users: int, n_items: int, days: tuple[int, int]
) -> pd.DataFrame:
    """Events of users who keep to a section of the shop; few users and items have most of them."""
    user = (n_users * generator.random(n) ** 2).astype(int)
    item = (n_items * generator.random(n) ** 2).astype(int)
    loyal = generator.random(n) < 0.7
    own = item - item % len(SECTIONS) + user % len(SECTIONS)
    item = np.where(loyal, own.clip(max=n_items - 1), item)
    kind = KINDS[generator.choice(3, n, p=[0.8, 0.12, 0.08])]
    users = [f"c{code:06d}" for code in user]
    return pd.DataFrame(
        {
            "user_id": users,
            "product_id": [product(code) for code in item],
            "event": kind,
            "time": times(generator, n, days),
        }
    )


def times(generator: np.random.Generator, n: int, days: tuple[int, int]) -> pd.Series:
    """Seconds since 1970 between two days of the year."""
    return pd.Series(START + generator.integers(days[0] * DAY, days[1] * DAY, n))


def product(code: int) -> str:
    """The id of a product."""
    return f"SKU-{code:05d}"


def save(events: pd.DataFrame, path: Path, generator: np.random.Generator) -> None:
    """Write events in the order of time, with ISO times and a few visitors without an id."""
    events = events.sort_values("time", kind="stable")
    users = events["user_id"].where(generator.random(len(events)) >= 0.01, "")
    iso = pd.to_datetime(events["time"], unit="s").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    events.assign(user_id=users, time=iso).to_csv(path, index=False)


if __name__ == "__main__":
    write(Path(sys.argv[1]), *map(int, sys.argv[2:3]))
