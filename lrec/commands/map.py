"""`lrec map`: a model's representations of its users in two dimensions, coloured by bucket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from lrec.base.arrays import Floats
from lrec.base.config.check import component_class
from lrec.base.config.conf import options
from lrec.base.errors import ConfigError, DataError
from lrec.base.sets import unique
from lrec.commands.composing import Invocation, location_of
from lrec.commands.next_commands import with_model
from lrec.commands.runs.saved import load_model, refuse_changed, split_of
from lrec.commands.settings import RunSettings
from lrec.data.queries import Queries, Split
from lrec.evaluation.bucket import COLD, Buckets
from lrec.reporting import figures
from lrec.reporting.markdown import markdown_table
from lrec.reporting.terminal import Screen, show_warnings

SEED = 0  # of sample and pictures: the same users on the maps of all models


@dataclass(frozen=True)
class MapSettings(RunSettings):
    """The root of `conf/map.yaml`: the run's own config, and the keys of the map.

    Attributes:
        run: MLflow id of the run.
        sample: users drawn at most.
        perplexity: of t-SNE.
    """

    run: str
    sample: int
    perplexity: float

    file: ClassVar[str] = "conf/map.yaml"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.perplexity < 1:
            raise ConfigError(f"perplexity must be 1 or more. Received: {self.perplexity}")
        if self.sample <= self.perplexity:
            raise ConfigError(
                f"sample must be above perplexity, which is {self.perplexity:g}. "
                f"Received: {self.sample}"
            )
        if not self.model.encodes_histories():
            names = [
                name
                for name in options("model")
                if component_class("model", name).encodes_histories()
            ]
            raise ConfigError(
                "a map needs a model that sees users as vectors: a run of "
                f"{', '.join(names)}. Received: run={self.run}, a run of {self.model.name}"
            )


@dataclass(frozen=True)
class Projection:
    """Users as points in two dimensions.

    Attributes:
        method: `pca` or `tsne`.
        points: `(n, 2)` float32.
        axes: labels of the two axes.
    """

    method: str
    points: Floats
    axes: tuple[str, str]


def run(settings: MapSettings, invocation: Invocation) -> None:
    """Project a sample of the run's test users as its model encodes them; log a child run."""
    config = invocation.config
    screen = Screen()
    show_warnings(screen)
    # first: TensorFlow takes seconds to import
    data = refuse_changed(settings.dataset.load(), settings.run)
    settings.strategy.start_for(settings.model.uses_tensorflow())
    model = load_model(settings.run)
    tags = {"lrec.command": "map", "lrec.maps": settings.run}
    with settings.tracking.run(f"map-{model.name}", tags, config.folder, settings.run) as log:
        log.params({key: config.values[key] for key in ("bucket", "sample", "perplexity")})
        split = split_of(settings, model, settings.run, data)
        queries, without = sample_users(split, settings.sample, settings.perplexity)
        log.metrics({"data/mapped_users": len(queries), "data/users_without_history": without})
        screen.note(
            f"on the map: {len(queries):,} of {len(split.test):,} test users; {without:,} have no "
            "history and are left out"
        )
        space = model.encode_histories(queries.history)
        assert space is not None  # the settings refuse models without
        history = queries.train_history
        buckets = [bucketing.sort(history, split) for bucketing in settings.bucket.values()]
        log.metrics(numbers := silhouettes(space, buckets))
        log.describe(described(model.name, buckets, numbers))
        for name, value in numbers.items():
            screen.note(f"{name} {value:.4f} (1: buckets lie apart, 0: they are mixed)")
        for projection in project(space, settings.perplexity):
            path = config.folder / "figures" / f"map_{projection.method}.png"
            title = f"{model.name}: {len(queries):,} test users"
            draw(projection, buckets[0], title, path)
            log.file(path, "figures")
            screen.note(f"figure: {path}")
    screen.note(log.location)
    screen.commands("next", *with_model(settings.run, location=location_of(config)))


def described(model: str, buckets: Sequence[Buckets], numbers: Mapping[str, float]) -> str:
    """Markdown: the users on the map by bucket, and how far the buckets lie apart."""
    texts = [f"Test users as {model} represents them, by PCA and t-SNE: see figures/."]
    for bucket in buckets:
        value = numbers.get(f"silhouette/{bucket.bucketing}")
        labels = [*enumerate(bucket.names), (-1, COLD)]
        counts = [f"{int((bucket.label == label).sum()):,}" for label, _ in labels]
        heads = [bucket.bucketing, *(name for _, name in labels), "silhouette"]
        last = "–" if value is None else f"{value:.4f}"
        texts.append(markdown_table(heads, [["users", *counts, last]]))
    return "\n\n".join(texts)


def sample_users(split: Split, sample: int, perplexity: float) -> tuple[Queries, int]:
    """Draw test users at random.

    Args:
        sample: most users.
        perplexity: of t-SNE.

    Returns:
        The drawn queries, and the number of users left out for want of a history.

    Raises:
        DataError: there are too few for t-SNE.
    """
    history = split.test.history.within(split.catalogue.n_items)
    rows = np.flatnonzero(history.lengths)
    if len(rows) <= perplexity:
        raise DataError(
            f"t-SNE needs more users than its perplexity, and {len(rows)} test users have a "
            f"history. Lower perplexity. Received: {perplexity:g}"
        )
    size = min(sample, len(rows))
    drawn = np.random.default_rng(SEED).choice(rows, size, replace=False)
    return split.test.take(np.sort(drawn)), len(split.test) - len(rows)


def silhouettes(space: Floats, buckets: Sequence[Buckets]) -> dict[str, float]:
    """Silhouette coefficient (Rousseeuw 1987) of each bucketing with two buckets or more.

    The mean over users of (b − a) / max(a, b), with a the mean distance to the others of the own
    bucket and b that to those of the nearest other bucket. Cold users are in no bucket.

    Args:
        space: `(n, width)` float32.

    Returns:
        By `silhouette/<bucketing>`.
    """
    from sklearn.metrics import silhouette_score

    values = {}
    for bucket in buckets:
        inside = bucket.label >= 0
        if 2 <= len(unique(bucket.label[inside])) < inside.sum():
            value = silhouette_score(space[inside], bucket.label[inside])
            values[f"silhouette/{bucket.bucketing}"] = float(value)
    return values


def project(space: Floats, perplexity: float) -> list[Projection]:
    """The same users by PCA and by t-SNE (van der Maaten and Hinton 2008).

    Args:
        space: `(n, width)` float32.

    Raises:
        DataError: the space has less than two dimensions.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    if space.shape[1] < 2:
        raise DataError(
            "a map needs a model that sees users in two dimensions or more. Received: 1"
        )
    with threadpool_limits(1):  # threads add up in any order: t-SNE would never come out the same
        pca = PCA(2, random_state=SEED)
        components = pca.fit_transform(space)
        tsne = TSNE(perplexity=perplexity, init="pca", random_state=SEED).fit_transform(space)
    first, second = (
        f"principal component {index} ({share:.1%} of the variance)"
        for index, share in enumerate(pca.explained_variance_ratio_, start=1)
    )
    near = f"t-SNE, perplexity {perplexity:g}: only who is near whom has a meaning"
    return [Projection("pca", components, (first, second)), Projection("tsne", tsne, (near, ""))]


def draw(projection: Projection, buckets: Buckets, title: str, path: Path) -> None:
    """Write a figure of a projection."""
    groups = [f"{name}: {buckets.edges[name]}" for name in buckets.names]
    figures.users(
        projection.points,
        buckets.label,
        [*groups, f"{COLD}: no training history"],
        f"buckets by {buckets.bucketing}",
        title,
        projection.axes,
        path,
    )
