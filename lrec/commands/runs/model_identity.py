"""Identity of models across runs, and the reasons for which two runs cannot be compared."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from lrec.tracking import SavedRun

# Root keys of the parameters that define a model, and of those that define the queries.
MODEL_KEYS = ("model", "schedule", "feature", "augment", "monitor", "validate_users")
QUERY_KEYS = ("split",)


def name(run: SavedRun) -> str:
    """Name of a run's model: its config, and the features and augmenter of its training data."""
    parts = [run.params.get("model", "?")]
    parts += [run.params[g] for g in ("feature", "augment") if run.params.get(g, "none") != "none"]
    return "-".join(parts)


def settings(run: SavedRun) -> tuple[tuple[str, str], ...]:
    """Every parameter that defines the model."""
    return tuple(sorted(_under(run.params, MODEL_KEYS).items()))


def split_settings(run: SavedRun) -> dict[str, str]:
    """Every parameter of the split, without its class, by name."""
    found = _under(run.params, QUERY_KEYS)
    return {key: found[key] for key in sorted(found) if not key.endswith("._target_")}


def differences(run: SavedRun, other: SavedRun, apart: Collection[str] = ()) -> list[str]:
    """Reasons for which two runs have different queries; empty if they have the same.

    Args:
        apart: parameters that may differ.
    """
    catalogues = [r.params.get("catalogue", "training") for r in (other, run)]
    if catalogues[0] != catalogues[1]:
        return [f"they recommend from different catalogues, {' and '.join(catalogues)}"]
    if run.digest != other.digest:
        return [
            f"they have different data, {other.data} ({other.digest[:12]}) "
            f"and {run.data} ({run.digest[:12]})"
        ]
    one, two = _under(other.params, QUERY_KEYS), _under(run.params, QUERY_KEYS)
    keys = sorted(k for k in {*one, *two}.difference(apart) if one.get(k) != two.get(k))
    return [f"{key} is {one.get(key)} and {two.get(key)}" for key in keys]


def _under(params: Mapping[str, str], groups: Sequence[str]) -> dict[str, str]:
    found = {key: value for key, value in params.items() if key.partition(".")[0] in groups}
    if found.get("validate_users") == "None":  # older runs have no such key
        del found["validate_users"]
    return found
