"""`lrec sync`: send to MLflow the runs that it could not be sent when they took place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from lrec.base.errors import ConfigError
from lrec.commands.composing import Invocation
from lrec.reporting.terminal import Screen, show_warnings
from lrec.tracking.store import Store, UnreachableError
from lrec.tracking.sync import send_all


@dataclass(frozen=True)
class SyncSettings:
    """The root of `conf/sync.yaml`.

    Attributes:
        folder: searched for runs, with all folders in it.
    """

    folder: str

    file: ClassVar[str] = "conf/sync.yaml"

    def __post_init__(self) -> None:
        if not Path(self.folder).expanduser().is_dir():
            raise ConfigError(f"folder must be a folder with runs. Received: {self.folder}")


def run(settings: SyncSettings, invocation: Invocation) -> None:
    """Send the runs of a folder; print a line for each.

    Raises:
        RuntimeError: MLflow cannot be reached.
    """
    screen, store, count = Screen(), Store(), 0
    show_warnings(screen)
    try:
        for count, sentence in enumerate(send_all(Path(settings.folder).expanduser(), store), 1):  # noqa: B007
            screen.note(sentence)
    except UnreachableError as error:
        raise RuntimeError(f"MLflow at {store} does not take the runs: {error}") from None
    screen.note(f"{count} runs were left in {settings.folder}; the store is {store}")
    screen.note(f"see them: {store.ui}")
