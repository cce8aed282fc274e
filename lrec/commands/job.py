"""What every command does with the config that Hydra composed."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from hydra.conf import HydraConf
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from lrec.config import SINGLE, Parts, Record, Root, check, groups
from lrec.errors import ConfigError, Failed, one_line, redact
from lrec.files import write_text

T = TypeVar("T")


def job(
    config: DictConfig | Callable[[], DictConfig],
    act: Callable[[Root, Record], T],
    trains: bool = False,
    root: type[Root] = Parts,  # type: ignore[assignment]
) -> T:
    """Check a config and act on it.

    In a sweep a failed job says so at once, because Hydra reports only the first failure, and only
    when all jobs are done.

    Args:
        config: composed by Hydra, or a function that makes one of it.
        trains: whether the command needs the monitored metric.
        root: what the whole config looks like.

    Raises:
        Failed: outside a sweep; the cause is what went wrong.
    """
    hydra = HydraConfig.get()
    try:
        forget_passwords(hydra)
        config = config() if callable(config) else config
        folder = Path(hydra.runtime.output_dir)
        choices, said = hydra.runtime.choices, hydra.overrides.task
        prepared = prepare(config, choices, said, folder, trains, root)
        gc.enable()  # off since the start (lrec.cli): composing drops next to nothing
        return act(*prepared)
    except Exception as error:
        if hydra.mode != RunMode.MULTIRUN:
            raise Failed from error
        overrides = redact(" ".join(hydra.overrides.task).replace("++", ""))
        print(f"job {hydra.job.num} ({overrides}) failed: {one_line(error)}", file=sys.stderr)
        raise


def prepare(
    config: DictConfig,
    choices: Mapping[str, Any],
    overrides: Sequence[str],
    folder: Path,
    trains: bool,
    root: type[Root],
) -> tuple[Root, Record]:
    """A composed config, checked and built, and what has to be kept of it.

    Passwords in addresses are for the components only.

    Args:
        config: without its `hydra` node.
        choices: config group -> file chosen, as Hydra has them.

    Raises:
        ConfigError: see `lrec.config.check`.
    """
    for override in overrides:
        if key_of(override) in SINGLE and override.partition("=")[2].startswith("["):
            raise ConfigError(
                f"{key_of(override)} is one choice, and no list. Received: {override}"
            )
    known = groups()
    chosen = {group: str(c) for group, c in choices.items() if group in known and c}
    parts = check(config, chosen, trains, root)
    values = OmegaConf.to_container(config, resolve=True)
    plain = json.loads(json.dumps(values))  # every key as text, as digests and YAML want it
    record = Record(
        config=without_passwords(plain),
        overrides=[redact(override.removeprefix("++")) for override in overrides],
        choices=chosen,
        folder=folder,
    )
    return parts, record


def without_passwords(value: Any) -> Any:
    """Plain values with every address in them redacted."""
    if isinstance(value, dict):
        return {key: without_passwords(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_passwords(inner) for inner in value]
    return redact(value) if isinstance(value, str) else value


def forget_passwords(hydra: HydraConf) -> None:
    """Redact what Hydra has written of the command line, in the folders of job and sweep."""
    files = [*Path(hydra.runtime.output_dir, hydra.output_subdir or "").glob("*.yaml")]
    if hydra.mode == RunMode.MULTIRUN:
        files += Path(hydra.runtime.cwd, hydra.sweep.dir).glob("multirun.yaml")
    for path in files:
        said = path.read_text()
        if redact(said) != said:
            write_text(path, redact(said))


def key_of(override: str) -> str:
    """The key that an override of the command line sets."""
    return override.lstrip("+~").partition("=")[0]


def compose_once() -> None:
    """Spare Hydra a whole composition that only asks for `hydra.mode`: flags say it here."""
    from hydra._internal.hydra import Hydra

    setattr(Hydra, "get_mode", lambda self, config_name, overrides: None)  # noqa: B010
