"""The bias model, and metrics of all references, computed once for all runs on the same split."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from lrec.base.config.code_digest import code_digest
from lrec.base.files import digest_of_values, write_text
from lrec.base.mapped_arrays import read_mapped, write_mapped
from lrec.commands.settings import RunSettings
from lrec.data import cache
from lrec.data.interactions import Interactions
from lrec.data.kept_splits import split_key
from lrec.data.queries import Split
from lrec.evaluation.evaluator import Evaluator
from lrec.evaluation.references import Rows
from lrec.model.common.bias import BiasModel

GROUPS = ("dataset", "split", "metric", "bucket", "k")  # of the config


def bias(split: Split, settings: RunSettings, data: Interactions) -> BiasModel | None:
    """The bias model of a split, from the cache where the data is large; None without ratings."""
    if split.train.rating is None:
        return None
    key, n_items = split_key(settings.split, data), split.catalogue.n_items
    if key is None:
        return BiasModel.fit(split.train, n_items)
    key = digest_of_values([key, split.catalogue.ids[:n_items].tolist()])  # codes may be others
    path = _folder(settings) / f"{key}.bias"
    try:
        arrays, meta = read_mapped(path)
        low, high = meta["scale"]
        return BiasModel(meta["mean"], arrays["item"], meta["user_shrink"], (low, high))
    except (OSError, ValueError):
        fitted = BiasModel.fit(split.train, n_items)
    with contextlib.suppress(OSError):  # the next run fits it again
        path.parent.mkdir(parents=True, exist_ok=True)
        numbers = asdict(fitted)
        write_mapped(path, {"item": numbers.pop("item")}, numbers)
    return fitted


def evaluator(split: Split, settings: RunSettings, data: Interactions) -> Evaluator:
    """The evaluator of a run, with the kept bias model."""
    return Evaluator(
        split,
        settings.metric,
        settings.bucket,
        settings.k,
        settings.validate_users,
        bias(split, settings, data),
    )


def references(
    evaluator: Evaluator, settings: RunSettings, config: Mapping[str, Any], data: Interactions
) -> Rows:
    """The references' metrics, from the cache of prepared data where they are known.

    Args:
        config: of the run; of it only what the references depend on counts.
    """
    path = _folder(settings) / f"{_key(evaluator, settings, config, data)}.json"
    rows = _read(path)
    if rows is None:
        rows = evaluator.references()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, json.dumps({"digest": digest_of_values(rows), "rows": rows}))
        except OSError:  # the next run computes them again
            pass
    return rows


def _folder(settings: RunSettings) -> Path:
    return cache.folder(getattr(settings.dataset, "cache", None)) / "references"


def _read(path: Path) -> Rows | None:
    """The kept metrics; None where there are none, or they are damaged."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return kept["rows"] if kept["digest"] == digest_of_values(kept["rows"]) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _key(
    evaluator: Evaluator, settings: RunSettings, config: Mapping[str, Any], data: Interactions
) -> str:
    chosen = {group: config[group] for group in GROUPS}
    chosen["dataset"] = {k: v for k, v in config["dataset"].items() if k not in ("path", "cache")}
    code = code_digest([*settings.metric.values(), *settings.bucket.values(), settings.split])
    split = _split_digest(evaluator)
    return digest_of_values([data.digest, chosen, code, split, _bucket_digest(evaluator)])


def _bucket_digest(evaluator: Evaluator) -> str:
    """Digest of the test users' buckets, which a table of users may decide."""
    digest = hashlib.sha256()
    for buckets in evaluator.buckets["test"]:
        digest.update("\n".join(buckets.names).encode())
        digest.update(buckets.label.astype(np.int32).tobytes())
    return digest.hexdigest()


def _split_digest(evaluator: Evaluator) -> str:
    """Digest of what is evaluated and can be recommended, in its codes, which break ties."""
    digest = hashlib.sha256()
    catalogue = evaluator.split.catalogue
    genres = catalogue.features.genres
    arrays = [catalogue.ids, catalogue.popularity, catalogue.interactions]
    arrays += [] if genres is None else [genres.indptr, genres.indices, genres.data]
    for queries in evaluator.parts.values():  # scores are calibrated on the validation sample
        arrays += [queries.target.user, queries.target.offsets, queries.target.item]
    for array in arrays:
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
