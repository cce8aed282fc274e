"""What a run leaves in MLflow: config, data, metrics, user table, figures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from omegaconf import OmegaConf

from lrec.base.arrays import Strings
from lrec.base.files import write_table, write_text
from lrec.commands.composing import ComposedConfig
from lrec.commands.settings import RunSettings
from lrec.data.interactions import Interactions
from lrec.data.queries import Split
from lrec.evaluation.bucket import group_names
from lrec.evaluation.evaluator import EvaluationResult, Evaluator
from lrec.evaluation.references import Rows, with_references
from lrec.reporting import figures
from lrec.tracking import Log

if TYPE_CHECKING:
    import pandas as pd

# Metrics of the figure by bucket, at the largest k.
DRAWN = ("recall", "ndcg", "novelty", "mse")


def log_config(log: Log, composed: ComposedConfig) -> None:
    """Config, command line and versions: what it takes to repeat the run."""
    flat: dict[str, Any] = {}
    for group, node in composed.values.items():
        flat |= {group: node} if not isinstance(node, dict) else _flat(node, group)
    log.params({**composed.choices, **flat})
    log.environment()
    log.tags(
        {
            "lrec.base.config.check": config_digest(composed.values),
            "lrec.overrides": " ".join(composed.overrides)[:5000],
        }
    )
    files = {
        "config.yaml": OmegaConf.to_yaml(composed.values),
        "overrides.txt": "\n".join(composed.overrides),
    }
    for name, text in files.items():
        write_text(composed.folder / name, text)
        log.file(composed.folder / name)


def log_data(
    log: Log, composed: ComposedConfig, parts: RunSettings, data: Interactions, split: Split
) -> None:
    """Which data, by its content, and what the split made of it."""
    source = {key: str(value) for key, value in composed.values["dataset"].items()}
    log.dataset(parts.dataset.name, data.digest, source)
    log.metrics({f"data/{key}": value for key, value in split.counts.items()})


def log_training(log: Log, composed: ComposedConfig, epochs: int, seconds: float) -> None:
    """How long training took: no metrics, because these are the same for the same config."""
    log.tags({"lrec.epochs": epochs, "lrec.fit_seconds": f"{seconds:.3f}"})
    path = composed.folder / "training.json"
    write_text(path, json.dumps({"epochs": epochs, "seconds": seconds}))
    log.file(path)


def log_augmentation(log: Log, split: Split, training: Split) -> None:
    """How much was added to the training data, and to how many users."""
    added = training.train.lengths - split.train.lengths
    log.metrics(
        {
            "data/augmented_users": float((added > 0).sum()),
            "data/augmented_interactions": float(added.sum()),
        }
    )


def log_result(
    log: Log,
    composed: ComposedConfig,
    parts: RunSettings,
    evaluator: Evaluator,
    data: Interactions,
    result: EvaluationResult,
    references: Rows,
) -> None:
    """The user table, and the metrics: the model's as they are, references' under their names."""
    log.metrics(result.values)
    for name, values in references.items():
        log.metrics({f"{name}/{key}": value for key, value in values.items()})
    log.tags(
        {
            "lrec.rating_head": result.rating_head,
            "lrec.history_items_ignored": result.ignored,
            **{
                f"lrec.evaluation.bucket.{name}": words
                for bucket in evaluator.buckets["test"]
                for name, words in bucket.edges.items()
            },
        }
    )
    path = composed.folder / "users.parquet"
    write_table(path, public_table(parts, evaluator, data, result))
    log.file(path)
    summary = composed.folder / "metrics.json"
    rows = with_references(parts.model.name, result.values, references)
    write_text(summary, json.dumps(rows, indent=1))
    log.file(summary)


def public_table(
    parts: RunSettings, evaluator: Evaluator, data: Interactions, result: EvaluationResult
) -> pd.DataFrame:
    """The user table with the items' ids, and the users' pseudonyms or ids."""
    import pandas as pd

    split = evaluator.split
    ids = [[str(split.catalogue.ids[i]) for i in row if i >= 0] for row in result.table["items"]]
    users = split.user_ids[result.table["user"]]
    if not parts.tracking.keep_user_ids:
        users = pseudonyms(users, data.digest)
    table = result.table.assign(user=users)
    table["items"] = pd.Series(ids, index=table.index)
    return table


def log_figures(
    log: Log,
    composed: ComposedConfig,
    parts: RunSettings,
    data: Interactions,
    history: Sequence[Mapping[str, float]],
    rows: Rows,
) -> None:
    """Curves over epochs (where there were any), metrics by bucket, activity and popularity."""
    folder = composed.folder / "figures"
    if history:
        figures.curves(history, parts.monitor, folder / "curves.png")
    k = max(parts.k)
    drawn = [metric if metric == "mse" else f"{metric}_at_{k}" for metric in DRAWN]
    groups = group_names(parts.bucket.values())
    figures.by_bucket(rows, drawn, groups, folder / "by_bucket.png")
    figures.distributions(data, folder / "distributions.png")
    for path in sorted(folder.iterdir()):
        log.file(path, "figures")


def config_digest(config: Mapping[str, Any]) -> str:
    """Hex digest of all that decides a run's numbers: not where it runs, or where it is logged."""
    decisive = {k: v for k, v in config.items() if k not in ("tracking", "strategy")}
    decisive["precision"] = (config.get("strategy") or {}).get("precision")
    return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:32]


def _flat(node: dict[str, Any], prefix: str) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in node.items():
        inner = isinstance(value, dict)
        flat |= _flat(value, f"{prefix}.{key}") if inner else {f"{prefix}.{key}": value}
    return flat


def pseudonyms(users: Strings, secret: str) -> Strings:
    """User ids as keyed hashes: a person has the same name in all runs on the same data."""
    key = secret.encode()[:64]
    return np.array(
        [hashlib.blake2b(str(u).encode(), key=key, digest_size=8).hexdigest() for u in users]
    )
