"""`lrec sync`: send to MLflow what it could not be sent when it happened."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from lrec.base.errors import ConfigError
from lrec.commands.composing import Invocation
from lrec.reporting.terminal import Screen
from lrec.tracking.store import Store, UnreachableError
from lrec.tracking.sync import send_all


@dataclass(frozen=True)
class SyncSettings:
    """The root of `conf/sync.yaml`."""

    folder: str

    file: ClassVar[str] = "conf/sync.yaml"

    def __post_init__(self) -> None:
        if not Path(self.folder).is_dir():
            raise ConfigError(f"folder must be a folder with runs. Received: {self.folder}")


def run(settings: SyncSettings, invocation: Invocation) -> None:
    """Send the runs of a folder, and say what became of each."""

    screen, store, reported = Screen(), Store(), 0
    try:
        for reported, sentence in enumerate(send_all(Path(settings.folder), store), 1):  # noqa: B007
            screen.note(sentence)
    except UnreachableError as error:
        raise RuntimeError(f"MLflow at {store} does not take the runs: {error}") from None
    screen.note(f"{reported} runs were left in {settings.folder}; the store is {store}")
