"""Scores of held-out items by the members, and of the rivals that those are ranked among."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lrec.base.arrays import Bools, Floats, Ints
from lrec.base.sets import unique
from lrec.data.histories import Histories
from lrec.data.queries import Queries
from lrec.model import Model
from lrec.model.blend.probabilities import ScoreScale, scales, usual_unit

BATCH = 2**22  # scores at once, of a member
TOP = 60  # best items of each member: a list of ten of the mixture is nearly always among them
ENTRIES = 2**22  # rivals that are kept, of all held-out items together
NEVER = -69.0  # log-probability of an item that a member does not score


@dataclass(frozen=True)
class Rivals:
    """Held-out items that a member ranks high, each with the best items of all members.

    Other held-out items are in no list of a mixture, whatever its weights.

    Attributes:
        row: `(n,)` of each in the table of all held-out items.
        first: `(n,)` first of its entries, one for each of the best items, itself among them.
        held: `(n,)` its own entry.
        user: `(n,)` rows of the queries.
        logs: `(n_entries, n_members)` float32 of each shape, see `ScoreScale.logs`.
    """

    row: Ints
    first: Ints
    held: Ints
    user: Ints
    logs: dict[str, Floats]

    @property
    def example(self) -> Ints:
        """The held-out item of each entry, `(n_entries,)`."""
        n_entries = len(next(iter(self.logs.values())))
        return np.repeat(np.arange(len(self.first)), np.diff(self.first, append=n_entries))

    def after(self, row: int, entry: int, user: int) -> Rivals:
        """The same behind so many held-out items, entries and users."""
        return Rivals(
            self.row + row, self.first + entry, self.held + entry, self.user + user, self.logs
        )

    @classmethod
    def joined(cls, parts: Sequence[Rivals]) -> Rivals:
        """The rivals of all batches, each `after` those before it."""
        return cls(
            np.concatenate([part.row for part in parts]),
            np.concatenate([part.first for part in parts]),
            np.concatenate([part.held for part in parts]),
            np.concatenate([part.user for part in parts]),
            {s: np.concatenate([part.logs[s] for part in parts]) for s in parts[0].logs},
        )

    def take(self, members: Ints) -> Rivals:
        """The same by some of the members."""
        logs = {shape: values[:, members] for shape, values in self.logs.items()}
        return Rivals(self.row, self.first, self.held, self.user, logs)


@dataclass(frozen=True)
class Evidence:
    """Scores of held-out items and of their rivals, by the scales that are tried.

    Attributes:
        options: the scales of each member.
        tables: of each member, the log-probability of each held-out item by each scale.
        sums: of each member, the log of the sum of a user's odds by each scale.
        rivals: of the held-out items.
    """

    options: list[list[ScoreScale]]
    tables: list[Floats]
    sums: list[Floats]
    rivals: Rivals

    def take(self, members: Ints) -> Evidence:
        """The evidence of some of the members."""
        return Evidence(
            [self.options[i] for i in members],
            [self.tables[i] for i in members],
            [self.sums[i] for i in members],
            self.rivals.take(members),
        )

    def probabilities(self, chosen: Sequence[int]) -> Floats:
        """Those of the rivals by each member, `(n_entries, n_members)`.

        Args:
            chosen: the scale of each member, among its options.
        """
        rivals, columns = self.rivals, []
        user = rivals.user[rivals.example]
        for member, (options, option) in enumerate(zip(self.options, chosen, strict=True)):
            scale = options[option]
            logs = np.float32(scale.factor) * rivals.logs[scale.shape][:, member]
            columns.append(np.exp(logs - self.sums[member][user, option]))
        return np.stack(columns, axis=1)


@dataclass
class _Said:
    """Scores by one member, batch by batch."""

    options: list[ScoreScale] = field(default_factory=list)
    tables: list[Floats] = field(default_factory=list)
    sums: list[Floats] = field(default_factory=list)

    def look(
        self, member: Model, queries: Queries, own: Histories, kind: str, n_items: int
    ) -> dict[str, Floats]:
        """Look at the scores of a batch; logs of all items by shape, -inf behind its catalogue."""
        scores, held = np.array(member.score(queries.history), np.float32), queries.target
        own = own.within(scores.shape[1])
        self.options = self.options or scales(kind, usual_unit(scores, own.row, own.item))
        logs: dict[str, Floats] = {}
        columns, sums = [], []
        for scale in self.options:
            if scale.shape not in logs:
                scored = scores.copy()
                scale.logs(scored, own.row, own.item)
                logs[scale.shape] = _widened(scored, n_items)
            sharp, shaped = np.float32(scale.factor), logs[scale.shape]
            sums.append(np.log(np.exp(shaped * sharp).sum(axis=1)))
            column = sharp * shaped[held.row, held.item] - sums[-1][held.row]
            columns.append(np.where(np.isneginf(column), np.float32(NEVER), column))
        self.tables.append(np.stack(columns, axis=1))
        self.sums.append(np.stack(sums, axis=1))
        return logs


def evidence_of(
    members: Mapping[str, Model], queries: Queries, kind: str, status: Callable[[str], None]
) -> Evidence:
    """Score users once with every member.

    Args:
        queries: with targets in the catalogue that their users do not have.
        kind: `probability` or `rank`.
        status: shows how far it is.
    """
    n_items = max(member.catalogue.n_items for member in members.values())
    history, masked = queries.history.within(n_items), queries.masked.within(n_items)
    said = {name: _Said() for name in members}
    parts: list[Rivals] = []
    size = max(1, BATCH // n_items)
    rows = entries = 0
    for start in range(0, len(queries), size):
        status(f"blend: members score {len(queries):,} validation users, {start:,} are done")
        stop = min(start + size, len(queries))
        batch = Queries(
            *(h.between(start, stop) for h in (queries.history, queries.history, queries.target))
        )
        own, held = history.between(start, stop), batch.target
        logs = [
            said[name].look(member, batch, own, kind, n_items) for name, member in members.items()
        ]
        if entries < ENTRIES:
            known = [member.is_personalised(batch.history) for member in members.values()]
            found = _rivals(logs, known, masked.between(start, stop), held)
            parts.append(found.after(rows, entries, start))
            entries += len(next(iter(found.logs.values())))
        rows += len(held.item)
    return Evidence(
        [own.options for own in said.values()],
        [np.concatenate(own.tables).astype(float) for own in said.values()],
        [np.concatenate(own.sums) for own in said.values()],
        Rivals.joined(parts),
    )


def _widened(logs: Floats, n_items: int) -> Floats:
    """Logs of `n_items`, -inf of those that are not there."""
    missing = n_items - logs.shape[1]
    return np.pad(logs, [(0, 0), (0, missing)], constant_values=-np.inf) if missing else logs


def _rivals(
    logs: Sequence[Mapping[str, Floats]], known: Sequence[Bools], masked: Histories, held: Histories
) -> Rivals:
    """The rivals of a batch.

    Args:
        logs: of all items by each member and shape, `(n, n_items)`.
        known: False for users that a member has no scores for.
        masked: items that are not recommended.
    """
    best = []
    for by_shape, personalised in zip(logs, known, strict=True):
        ranked = -next(iter(by_shape.values()))
        ranked[masked.row, masked.item] = np.inf
        n, n_items = ranked.shape
        top = np.argpartition(ranked, min(TOP, n_items) - 1, axis=1)[:, :TOP]
        usable = np.isfinite(np.take_along_axis(ranked, top, 1)) & personalised[:, None]
        best.append((np.arange(n)[:, None] * n_items + top)[usable])
    pairs = unique(np.concatenate(best))
    row, item = np.divmod(pairs, n_items)
    start = np.searchsorted(row, np.arange(n + 1))
    at = np.searchsorted(pairs, key := held.row * n_items + held.item)
    ranked_high = np.flatnonzero(np.append(pairs, -1)[at] == key)
    user = held.row[ranked_high]
    counts = np.diff(start)[user]
    first = np.cumsum(counts) - counts
    entry = np.arange(counts.sum()) + np.repeat(start[user] - first, counts)
    own = at[ranked_high] - start[user] + first
    shaped = {
        shape: np.stack([by_shape[shape][row, item] for by_shape in logs], axis=1)[entry]
        for shape in logs[0]
    }
    return Rivals(ranked_high, first, own, user, shaped)
