"""A split of lrec's, written to files that other tools read, and that lrec reads back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from lrec.base.errors import ConfigError, DataError, listed
from lrec.base.files import write_text
from lrec.commands import loading
from lrec.commands.composing import Invocation
from lrec.commands.settings import RunSettings
from lrec.commands.write_split.part_tables import csv_text, elliot_text, part_table, recbole_text
from lrec.commands.written_folder import foreign, replaced
from lrec.data.interactions import Interactions
from lrec.data.queries import Split
from lrec.data.ready_made.parts import PARTS, TEST, TRAIN, VALIDATION, WORDS
from lrec.reporting.terminal import Screen, show_warnings

TEXTS = {"csv": csv_text, "recbole": recbole_text, "elliot": elliot_text}
Form = Literal["csv", "recbole", "elliot"]


@dataclass(frozen=True)
class SplitSettings(RunSettings):
    """The root of `conf/split.yaml`.

    Attributes:
        to: folder to write; None for one in the command's own.
        form: of the files.
    """

    to: str | None
    form: Form

    file: ClassVar[str] = "conf/split.yaml"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.to is None:
            return
        folder = Path(self.to).expanduser()
        if folder.is_file():
            raise ConfigError(f"to is a file, and a folder is needed. Received: {self.to}")
        if (path := foreign(folder)) is not None:
            raise ConfigError(
                f"to holds what lrec split did not write, or what has changed since, "
                f"{listed([path])}, and it would be lost: name another folder. Received: {self.to}"
            )


def run(settings: SplitSettings, invocation: Invocation) -> None:
    """Split the data, and write a file for each part."""
    screen = Screen()
    show_warnings(screen)
    data = loading.load_data(settings)
    split = loading.split(settings, data)
    refuse_fold_in(split, settings.split.name)
    folder = invocation.folder / "split"
    if settings.to is not None:
        folder = Path(settings.to).expanduser()
    paths = {part: folder / file_name(folder, part, settings.form) for part in PARTS}
    parts = {
        TRAIN: split.train,
        VALIDATION: split.validation.target,
        TEST: split.test.target,
    }
    with replaced(folder) as unfinished:
        for part, histories in parts.items():
            table = part_table(histories, split.user_ids, split.catalogue.ids)
            write_text(unfinished / paths[part].name, TEXTS[settings.form](table))
    for part, histories in parts.items():
        screen.note(f"{len(histories.item):,} interactions: {paths[part]}")
    if left := split.counts["interactions_not_asked"]:
        screen.line(
            f"left out: {left:,} interactions of behaviours that are not asked for, which come "
            "after training"
        )
    screen.commands("next", ["lrec", "train", "model=popularity", *read_back(data, paths)])


def refuse_fold_in(split: Split, name: str) -> None:
    """Refuse splits whose test users have a history that is not trained on.

    Raises:
        DataError: it is such a split.
    """
    for queries in (split.validation, split.test):
        trained = queries.train_history
        if set(trained.user[trained.lengths > 0].tolist()) - set(split.train.user.tolist()):
            raise DataError(
                f"split={name} shows models a part of the histories of users that they are not "
                "trained on, which files of training, validation and test cannot say. Use another "
                "split, such as split=ratio."
            )


def file_name(folder: Path, part: str, form: Form) -> str:
    """The name of a part's file; RecBole asks for that of its folder in front."""
    if form != "recbole":
        return f"{part}.{'csv' if form == 'csv' else 'tsv'}"
    return f"{folder.resolve().name}.{WORDS[part][1] if part == VALIDATION else part}.inter"


def read_back(data: Interactions, paths: dict[str, Path]) -> list[str]:
    """Words of a command line that read the files as they were written."""
    words = ["dataset=csv", f"dataset.path={paths[TRAIN]}", "dataset.test_path=auto", "split=files"]
    if data.timestamp is not None and not data.clock:
        words.append("dataset.clock=false")
    if not data.unique_pairs:
        words.append("dataset.duplicates=keep")
    return words
