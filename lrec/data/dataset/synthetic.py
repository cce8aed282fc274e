"""A seeded long-tailed world that keeps its ground truth: the data set that lrec ships."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from lrec.base.arrays import Floats, Ints
from lrec.data.dataset import Dataset, Resemblance
from lrec.data.interactions import Interactions, ItemFeatures

GENRES = (
    "Action Adventure Animation Biography Comedy Crime Documentary Drama Family Fantasy History "
    "Horror Musical Mystery Romance Science Sport Thriller War Western"
)
START = 1_600_000_000  # unix seconds of the world's first day
RATINGS = (1.0, 10.0)
MOVIETWEETINGS = Resemblance(
    "MovieTweetings 50K",
    {0.25: 1, 0.5: 2, 0.75: 5, 0.8: 6, 0.9: 11, 0.95: 18, 0.99: 39},
    0.746,
)
DRAWS = 30  # attempts to draw an item that the user does not have yet


@dataclass(frozen=True)
class World:
    """The ground truth: users' tastes on each day, the items' genres and quality.

    Attributes:
        early, late: `(n_users, n_genres)` float32, each user's taste on the first and last day; on
            a day between, the taste lies between.
        choice: `(n_genres, n_items)` float32, probability of each item for a taste of that genre.
        genres: `(n_items, n_genres)` float32, 1 where the item has the genre.
        quality: `(n_items,)` float32; leniency: `(n_users,)` float32; both in rating points.
        pull: rating points between the genre shares liked most and least.
        seconds: length of the world.
    """

    early: Floats
    late: Floats
    choice: Floats
    genres: Floats
    quality: Floats
    leniency: Floats
    pull: float
    seconds: int

    def taste(self, user: Ints, timestamp: Ints) -> Floats:
        """Probability of each genre, `(batch, n_genres)` float32."""
        age = ((timestamp - START) / self.seconds)[:, None].astype(np.float32)
        taste: Floats = (1 - age) * self.early[user] + age * self.late[user]
        return taste

    def preference(self, user: Ints, timestamp: Ints) -> Floats:
        """See `Truth`."""
        preference: Floats = self.taste(user, timestamp) @ self.choice
        return preference

    def rating(self, user: Ints, item: Ints, timestamp: Ints) -> Floats:
        """See `Truth`."""
        shares = self.genres[item] / self.genres[item].sum(axis=1, keepdims=True)
        liking = (self.taste(user, timestamp) * shares).sum(axis=1)
        utility = self.quality[item] + self.leniency[user] + self.pull * liking
        rating: Floats = np.clip(utility, *RATINGS).astype(np.float32)
        return rating

    def take(self, items: Ints) -> World:
        """See `Truth`."""
        return replace(
            self,
            choice=self.choice[:, items],
            genres=self.genres[items],
            quality=self.quality[items],
        )


class Synthetic(Dataset):
    """Users with log-normal activity draw items of Zipf popularity by tastes that drift.

    An interaction is drawn in two steps: a genre from the user's taste of the day, then an item of
    the genre by its popularity (a topic model, Blei et al. 2003); no user takes an item twice. The
    probability of every next choice is therefore known, and an oracle can rank by it. The rating
    is the true utility (item quality, user leniency, liking of the genres) plus noise, in whole
    points from 1 to 10.

    The defaults resemble the MovieTweetings snapshot of 50,000 ratings (Dooms et al. 2013) in
    activity quantiles and popularity Gini; `lrec data` shows both side by side.

    Args:
        n_users, n_items: of the world; items without interactions are left out.
        activity_median, activity_sigma: of the log-normal number of interactions, rounded up.
        popularity_exponent, popularity_shift: item of rank r has weight (r + shift)^-exponent.
        taste_concentration: of the Dirichlet tastes; small means few genres a user.
        drift: share of a taste that is exchanged between the first and the last day.
        noise: standard deviation of a rating about its utility, in points.
        days: length of the world.
        seed: of the whole world; training seeds do not change it.
    """

    name = "synthetic"
    resembles = MOVIETWEETINGS

    def __init__(
        self,
        n_users: int = 10_000,
        n_items: int = 7_000,
        activity_median: float = 1.7,
        activity_sigma: float = 1.38,
        popularity_exponent: float = 1.1,
        popularity_shift: float = 4.0,
        taste_concentration: float = 0.05,
        drift: float = 0.3,
        noise: float = 1.3,
        days: int = 365,
        seed: int = 42,
    ) -> None:
        for name, value in (
            ("n_users", n_users),
            ("n_items", n_items),
            ("activity_median", activity_median),
            ("taste_concentration", taste_concentration),
            ("days", days),
        ):
            if value <= 0:
                raise ValueError(f"{name} must be positive. Received: {value}")
        for name, value in (
            ("activity_sigma", activity_sigma),
            ("popularity_exponent", popularity_exponent),
            ("popularity_shift", popularity_shift),
            ("noise", noise),
            ("seed", seed),
        ):
            if value < 0:
                raise ValueError(f"{name} must not be negative. Received: {value}")
        if not 0 <= drift <= 1:
            raise ValueError(f"drift must lie between 0 and 1. Received: {drift}")
        self.n_users = n_users
        self.n_items = n_items
        self.activity_median = activity_median
        self.activity_sigma = activity_sigma
        self.popularity_exponent = popularity_exponent
        self.popularity_shift = popularity_shift
        self.taste_concentration = taste_concentration
        self.drift = drift
        self.noise = noise
        self.days = days
        self.seed = seed

    def load(self, ordered_for: str | None = None) -> Interactions:
        generator = np.random.default_rng(self.seed)
        world = self._world(generator)
        user, timestamp = self._visits(generator)
        item = _draw_items(world, user, timestamp, self.n_items, generator)
        drawn = item >= 0
        user, item, timestamp = user[drawn], item[drawn], timestamp[drawn]
        points = world.rating(user, item, timestamp) + generator.normal(0, self.noise, len(user))
        order = np.argsort(timestamp, kind="stable")
        taken, item = np.unique(item, return_inverse=True)
        world = world.take(taken)
        return Interactions(
            user=user[order].astype(np.int32),
            item=item[order].astype(np.int32),
            rating=np.clip(np.rint(points), *RATINGS).astype(np.float32)[order],
            timestamp=timestamp[order],
            user_ids=np.array([f"u{code}" for code in range(self.n_users)]),
            item_ids=np.array([f"i{code}" for code in taken]),
            features=ItemFeatures(genres=world.genres, genre_names=tuple(GENRES.split())),
            digest=hashlib.sha256(repr(sorted(vars(self).items())).encode()).hexdigest(),
            truth=world,
        )

    def _world(self, generator: np.random.Generator) -> World:
        n_genres = len(GENRES.split())
        shares = generator.dirichlet(np.full(n_genres, 2.0))
        concentration = self.taste_concentration * n_genres * shares
        first = generator.dirichlet(concentration, self.n_users)
        other = generator.dirichlet(concentration, self.n_users)
        genres = np.zeros((self.n_items, n_genres), np.float32)
        for _ in range(2):  # one or two genres an item
            drawn = generator.choice(n_genres, self.n_items, p=shares)
            genres[np.arange(self.n_items), drawn] = 1
        # Users cannot want a genre that no item has: small worlds lack some.
        absent = ~genres.any(axis=0)
        for taste in (first, other):
            taste[:, genres.sum(axis=0).argmax()] += taste[:, absent].sum(axis=1)
            taste[:, absent] = 0
        rank = generator.permutation(self.n_items) + 1
        weight = (rank + self.popularity_shift) ** -self.popularity_exponent
        choice = genres.T * weight
        return World(
            early=first.astype(np.float32),
            late=((1 - self.drift) * first + self.drift * other).astype(np.float32),
            choice=(choice / choice.sum(axis=1, keepdims=True).clip(1e-12)).astype(np.float32),
            genres=genres,
            quality=generator.normal(6.7, 1.0, self.n_items).astype(np.float32),
            leniency=generator.normal(0, 1.0, self.n_users).astype(np.float32),
            pull=3.0,
            seconds=self.days * 86_400,
        )

    def _visits(self, generator: np.random.Generator) -> tuple[Ints, Ints]:
        """User and timestamp of each interaction, `(n,)` each.

        Two thirds of the users are there from the start, and most stay long.
        """
        log_median = np.log(self.activity_median)
        activity = np.ceil(generator.lognormal(log_median, self.activity_sigma, self.n_users))
        activity = np.minimum(activity, self.n_items // 2 + 1).astype(int)
        arrival = generator.uniform(-2, 1, self.n_users).clip(0)
        stay = (1 - arrival) * generator.uniform(0, 1, self.n_users) ** 0.1
        user = np.repeat(np.arange(self.n_users), activity)
        moment = arrival[user] + stay[user] * generator.uniform(0, 1, len(user))
        timestamp = START + (moment * self.days * 86_400).astype(np.int64)
        return user, timestamp


def _draw_items(
    world: World, user: Ints, timestamp: Ints, n_items: int, generator: np.random.Generator
) -> Ints:
    """Item of each interaction, `(n,)` int64, none twice for a user; -1 where no draw was new."""
    ladder = np.cumsum(world.choice, axis=1, dtype=np.float64)
    ladder /= ladder[:, -1:].clip(1e-12)
    steps = (ladder + np.arange(len(ladder))[:, None]).ravel()
    item = np.full(len(user), -1, np.int64)
    undrawn = np.arange(len(user))
    for _ in range(DRAWS):
        taste = np.cumsum(world.taste(user[undrawn], timestamp[undrawn]), axis=1)
        draws = generator.uniform(0, 1, (2, len(undrawn)))
        genre = (taste < draws[0][:, None] * taste[:, -1:]).sum(axis=1)
        drawn = np.searchsorted(steps, draws[1] + genre, side="right") % n_items
        item[undrawn] = drawn
        pair = user * n_items + item
        _, first = np.unique(pair, return_index=True)
        repeated = np.ones(len(user), bool)
        repeated[first] = False
        repeated &= item >= 0
        item[repeated] = -1
        undrawn = np.flatnonzero(item < 0)
        if not len(undrawn):
            break
    return item
