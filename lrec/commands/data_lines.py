"""Data, split and buckets in a few lines, as several commands print them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from lrec.commands.catalogue_lines import UNTRAINED, catalogue_line
from lrec.data.interactions import Interactions
from lrec.data.queries import Split
from lrec.evaluation.bucket import Buckets
from lrec.evaluation.evaluator import SAMPLE_SEED

# Steps of cleaning in words, with the keys that change them, by the first words of their names.
STEPS = {
    "missing id": "without a user or item id (dataset.missing_id)",
    "missing behavior": "without a behaviour (dataset.missing_behavior)",
    "missing timestamp": "without a time (dataset.missing_timestamp)",
    "missing rating": "without a rating (dataset.missing_rating)",
    "behaviour ": "of other behaviours (dataset.behaviors)",
    "duplicate": "repeats of a user and item (dataset.duplicates=keep keeps them, sum counts them)",
    "rating below": "of lower ratings (dataset.min_rating)",
}
CORE = "of rare users and items (dataset.k_core)"


def data_lines(data: Interactions, split: Split, buckets: Sequence[Buckets]) -> list[str]:
    """Counts of the data and of the split's parts, and the edges of the buckets."""
    counts = split.counts
    described = data.features.described
    items_file = (
        []
        if described is None
        else [f"items file: {described.sum():,} of {data.n_items:,} items have a row"]
    )
    columns = [] if data.columns is None else [f"columns: {data.columns}"]
    if data.items_columns is not None:
        columns.append(f"columns of the items file: {data.items_columns}")
    trained = counts["catalogue_items"] - counts.get(UNTRAINED, 0)
    return [
        *columns,
        *row_lines(data),
        f"data: {data.n_users:,} users, {data.n_items:,} items, {len(data):,} interactions; "
        f"trained on {counts['train_users']:,} users and {trained:,} items",
        f"evaluated: {counts['validation_users']:,} users for validation, "
        f"{counts['test_users']:,} for test; {counts['users_without_test_items']:,} users have "
        f"no test items; {counts['test_targets_outside_catalogue']:.1%} of the test items are "
        + ("not in the catalogue" if split.catalogue.all_items else "in no training history"),
        *_ready_made(counts),
        *items_file,
        *filter(None, [catalogue_line(split)]),
        *bucket_lines(buckets),
    ]


def bucket_lines(buckets: Sequence[Buckets]) -> list[str]:
    """The edges of each bucketing, and a note on users who could not be sorted."""
    return [
        edges_line(f"buckets by {bucket.bucketing}", bucket.edges)
        + (f"; {bucket.note}" if bucket.note else "")
        for bucket in buckets
    ]


def edges_line(title: str, edges: Mapping[str, str]) -> str:
    """The edges of buckets, of users or of items, in a line.

    >>> edges_line("buckets by activity", {"tail": "1–4", "head": "> 8"})
    'buckets by activity: tail: 1–4, head: > 8'
    """
    return f"{title}: {', '.join(f'{name}: {words}' for name, words in edges.items())}"


def _ready_made(counts: Mapping[str, float]) -> list[str]:
    """A line on a split that the data came with; none for others."""
    if "test_only_users" not in counts:
        return []
    drawn = counts["validation_drawn"]
    origin = (
        f"{drawn:,} of the training interactions were drawn for validation (split.validation, "
        "split.seed), as the files have none; "
        if drawn
        else ""
    )
    return [
        f"ready-made split: {origin}{counts['test_only_users']:,} users and "
        f"{counts['test_only_items']:,} items are in the test part only"
    ]


def row_lines(data: Interactions) -> list[str]:
    """A line on what became of the rows that were read, if cleaning dropped any."""
    dropped: Counter[str] = Counter()
    for step in data.audit:
        words = (words for start, words in STEPS.items() if step.name.startswith(start))
        dropped[next(words, CORE)] += step.rows_removed
    dropped = +dropped
    if not dropped:
        return []
    counts = ", ".join(f"{rows:,} {words}" for words, rows in dropped.items())
    read = len(data) + dropped.total()
    return [f"rows: {read:,} read; dropped: {counts}; {len(data):,} kept"]


def validation_line(validated: int, there: int, validate_users: int | None) -> str:
    """A sentence on the sample of validation users; empty where it was not asked for.

    Args:
        validated: users of the sample.
        there: users of the whole part.
    """
    if validate_users is None:
        return ""
    if validate_users > there:
        return f"validated: all {there:,} users, as validate_users={validate_users} asks for more"
    return (
        f"validated: a fixed sample of {validated:,} of the {there:,} validation users "
        f"(validate_users, seed {SAMPLE_SEED}); the test is whole"
    )


def augmentation_line(name: str, split: Split, training: Split) -> str:
    """Count what an augmenter added to the training data; empty if nothing."""
    added = training.train.lengths - split.train.lengths
    if not added.any():
        return ""
    return (
        f"augment={name}: {added.sum():,} interactions more for {(added > 0).sum():,} "
        "users with few, for training only"
    )
