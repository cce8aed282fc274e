"""Values from the environment, `seed=${oc.env:SEED}`: numbers, which OmegaConf reads as text, and
variables that are not set."""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Mapping
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import InterpolationResolutionError

from lrec.base.config.schema import fits

VARIABLE = re.compile(r"\$\{oc\.env:[^{}]*\}")
WORDS = {"true": True, "false": False, "null": None}


def decode_environment(
    config: DictConfig, hints: Mapping[str, Any], target: Callable[[Any], type | None]
) -> None:
    """Give keys that are set from the environment the type that they are annotated with.

    Text stays text where a key may be one: a path may be called 2020.

    Args:
        config: is changed.
        hints: annotation of each key.
        target: the class that a `_target_` names, or None.
    """
    raw = OmegaConf.to_container(config, resolve=False)
    assert isinstance(raw, dict)
    for key, written in raw.items():
        if not VARIABLE.search(str(written)):
            continue
        if isinstance(written, dict):
            component = target(written["_target_"]) if "_target_" in written else None
            inner = typing.get_type_hints(component.__init__) if component else {}  # type: ignore[misc]
            decode_environment(config[key], inner, target)
            continue
        hint = hints.get(str(key), Any)
        value = config[key]
        value = OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value
        if not fits(value, hint) and fits(decoded := _decoded(value, written), hint):
            config[key] = decoded


def _decoded(value: Any, written: Any) -> Any:
    """A value with numbers and the like for the texts that are variables and nothing else."""
    if isinstance(value, list) and isinstance(written, list):
        return [_decoded(*pair) for pair in zip(value, written, strict=True)]
    if not (isinstance(value, str) and isinstance(written, str) and VARIABLE.fullmatch(written)):
        return value
    text = value.strip()
    if re.fullmatch(r"[+-]?\d{1,18}", text):
        return int(text)
    if re.fullmatch(r"[+-]?(\d{1,18}\.?\d*|\.\d+)(e[+-]?\d{1,3})?", text, re.IGNORECASE):
        return float(text)
    return WORDS.get(text.lower(), value)


def unresolved(error: InterpolationResolutionError) -> str:
    """An interpolation that stands for nothing, such as an unset variable, in one line."""
    key = f"{error.full_key}: " if error.full_key else ""
    if found := re.search(r"Environment variable '([^']*)' not found", str(error)):
        return f"{key}the environment variable {found[1]} is not set: export {found[1]}=…"
    return " ".join(str(error).split())
