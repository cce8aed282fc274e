"""Maps of the space in which a model sees its users, coloured by bucket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from lrec.base.arrays import Floats
from lrec.base.config.check import component_class
from lrec.base.config.conf import options
from lrec.base.errors import ConfigError, DataError
from lrec.commands.composing import Invocation
from lrec.commands.runs.saved import load_model, split_of
from lrec.commands.settings import RunSettings
from lrec.data.queries import Queries, Split
from lrec.evaluation.bucket import Buckets
from lrec.model import Model
from lrec.reporting import figures
from lrec.reporting.terminal import Screen, show_warnings

SEED = 0  # of sample and pictures: the same users on the maps of all models


@dataclass(frozen=True)
class MapSettings(RunSettings):
    """The root of `conf/map.yaml`: the run's own config, and what to draw.

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
            able = [
                name
                for name in options("model")
                if component_class("model", name).encodes_histories()
            ]
            raise ConfigError(
                "a map needs a model that sees users as vectors: a run of "
                f"{', '.join(able)}. Received: run={self.run}, a run of {self.model.name}"
            )


@dataclass(frozen=True)
class Projection:
    """Users as points.

    Attributes:
        method: `pca` or `tsne`.
        points: `(n, 2)` float32.
        axes: what the two axes are.
    """

    method: str
    points: Floats
    axes: tuple[str, str]


def run(settings: MapSettings, invocation: Invocation) -> None:
    """Draw a sample of the run's test users as its model sees them; log a child run."""
    composed = invocation.config
    screen = Screen()
    show_warnings(screen)
    settings.strategy.start()
    model = load_model(settings.run)
    tags = {"lrec.command": "map", "lrec.maps": settings.run}
    with settings.tracking.run(f"map-{model.name}", tags, composed.folder, settings.run) as log:
        log.params({key: composed.values[key] for key in ("bucket", "sample", "perplexity")})
        split = split_of(settings, model, settings.run)
        queries, without = sample_users(split, settings)
        log.metrics({"data/mapped_users": len(queries), "data/users_without_history": without})
        screen.note(
            f"on the map: {len(queries):,} of {len(split.test):,} test users; {without:,} have no "
            "history and are left out"
        )
        space = model.encode_histories(queries.history)
        assert space is not None  # the check has asked
        buckets = [
            bucketing.sort(queries.train_history, split.train, split.catalogue)
            for bucketing in settings.bucket.values()
        ]
        log.metrics(numbers := silhouettes(space, buckets))
        for name, value in numbers.items():
            screen.note(f"{name} {value:.4f} (1: buckets lie apart, 0: they are mixed)")
        for path in draw_projections(
            project(space, settings.perplexity), buckets[0], model, composed.folder
        ):
            log.file(path, "figures")
            screen.note(f"figure: {path}")
    screen.note(log.where)


def sample_users(split: Split, settings: MapSettings) -> tuple[Queries, int]:
    """Random test users, and how many are left out because the model knows nothing of them.

    Raises:
        DataError: there are too few for t-SNE.
    """
    known = split.test.history.within(split.catalogue.n_items)
    rows = np.flatnonzero(known.lengths)
    if len(rows) <= settings.perplexity:
        raise DataError(
            f"t-SNE needs more users than its perplexity, and {len(rows)} test users have a "
            f"history. Lower perplexity. Received: {settings.perplexity:g}"
        )
    without = len(split.test) - len(rows)
    size = min(settings.sample, len(rows))
    drawn = np.random.default_rng(SEED).choice(rows, size, replace=False)
    return split.test.take(np.sort(drawn)), without


def silhouettes(space: Floats, buckets: Sequence[Buckets]) -> dict[str, float]:
    """Silhouette coefficient (Rousseeuw 1987) of each bucketing that parts the users at all.

    The mean over users of (b − a) / max(a, b), with a the mean distance to the others of the own
    bucket and b that to those of the nearest other bucket. Cold users are in no bucket.

    Args:
        space: `(n, width)` float32.
    """
    from sklearn.metrics import silhouette_score

    found = {}
    for bucket in buckets:
        inside = bucket.label >= 0
        if 2 <= len(np.unique(bucket.label[inside])) < inside.sum():
            value = silhouette_score(space[inside], bucket.label[inside])
            found[f"silhouette/{bucket.bucketing}"] = float(value)
    return found


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
        flat = pca.fit_transform(space)
        tsne = TSNE(perplexity=perplexity, init="pca", random_state=SEED).fit_transform(space)
    first, second = (
        f"principal component {place} ({share:.1%} of the variance)"
        for place, share in enumerate(pca.explained_variance_ratio_, start=1)
    )
    near = f"t-SNE, perplexity {perplexity:g}: only who is near whom has a meaning"
    return [Projection("pca", flat, (first, second)), Projection("tsne", tsne, (near, ""))]


def draw_projections(
    projections: Sequence[Projection], buckets: Buckets, model: Model, folder: Path
) -> list[Path]:
    """A figure for each map."""
    paths = []
    for drawn in projections:
        paths.append(folder / "figures" / f"map_{drawn.method}.png")
        title = f"{model.name}: {len(drawn.points):,} test users"
        figures.users(drawn.points, buckets, title, drawn.axes, paths[-1])
    return paths
