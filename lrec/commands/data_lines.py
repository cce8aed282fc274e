"""Data, split and buckets in a few lines, as several commands print them."""

from __future__ import annotations

from collections.abc import Sequence

from lrec.data.interactions import Interactions
from lrec.data.queries import Split
from lrec.evaluation.bucket import Buckets


def data_lines(data: Interactions, split: Split, buckets: Sequence[Buckets]) -> list[str]:
    """Counts of the data and of the split's parts, and the edges of the buckets."""
    counts = split.counts
    described = data.features.described
    items_file = (
        []
        if described is None
        else [f"items file: {described.sum():,} of {data.n_items:,} items have a row"]
    )
    return [
        f"data: {data.n_users:,} users, {data.n_items:,} items, {len(data):,} interactions; "
        f"trained on {counts['train_users']:,} users and {counts['catalogue_items']:,} items",
        f"evaluated: {counts['validation_users']:,} users for validation, "
        f"{counts['test_users']:,} for test; {counts['users_without_test_items']:,} users have "
        f"no test items; {counts['test_targets_outside_catalogue']:.1%} of the test items are "
        "in no training history",
        *items_file,
        *(
            f"buckets by {bucket.bucketing}: "
            + ", ".join(f"{name}: {words}" for name, words in bucket.edges.items())
            for bucket in buckets
        ),
    ]


def augmentation_line(name: str, split: Split, training: Split) -> str:
    """Count what an augmenter added to the training data; empty if nothing."""
    added = training.train.lengths - split.train.lengths
    if not added.any():
        return ""
    return (
        f"augment={name}: {added.sum():,} interactions more for {(added > 0).sum():,} "
        "users with few, for training only"
    )
