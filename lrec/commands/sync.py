"""`lrec sync`: send to MLflow what it could not be told when it happened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import hydra
from omegaconf import DictConfig

from lrec.commands.job import job
from lrec.config import CONF, Record
from lrec.errors import ConfigError


@dataclass(frozen=True)
class Sync:
    """The root of `conf/sync.yaml`."""

    folder: str

    file: ClassVar[str] = "conf/sync.yaml"

    def __post_init__(self) -> None:
        if not Path(self.folder).is_dir():
            raise ConfigError(f"folder must be a folder with runs. Received: {self.folder}")


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="sync")
def main(config: DictConfig) -> None:
    job(config, send, root=Sync)


def send(settings: Sync, record: Record) -> None:
    from lrec.terminal import Screen  # after the check, which has to be quick
    from lrec.tracking.store import Store, UnreachableError
    from lrec.tracking.sync import send_all

    screen, store, told = Screen(), Store(), 0
    try:
        for told, sentence in enumerate(send_all(Path(settings.folder), store), 1):  # noqa: B007
            screen.note(sentence)
    except UnreachableError as error:
        raise RuntimeError(f"MLflow at {store} does not take the runs: {error}") from None
    screen.note(f"{told} runs were left in {settings.folder}; the store is {store}")
