"""The folder conf/ and its config groups, with the folders that plugins add to it."""

from __future__ import annotations

from pathlib import Path

from lrec.base.errors import ConfigError

PACKAGE = Path(__file__).resolve().parents[2]
CONF = next(path for path in (PACKAGE / "conf", PACKAGE.parent / "conf") if path.is_dir())
OTHERS = ("hydra", "search")  # folders of conf/ that are no groups of a run's config

_added: list[Path] = []  # of this process, in the order of the search


def search_folders() -> list[Path]:
    """The folders in which the files of config groups are looked for, lrec's own first."""
    return [CONF, *_added]


def add_folder(folder: Path) -> None:
    """Look for files of config groups in this folder too.

    Raises:
        ConfigError: it has a file of a name that is taken, which would never be found.
    """
    folder = folder.resolve()
    if folder in (CONF.resolve(), *_added):
        return
    for group in (*groups(), "search"):
        for path in sorted((folder / group).glob("*.yaml")):
            if (other := file_of(group, path.stem)) is not None:
                raise ConfigError(
                    f"{path} has the name of another {group}, {other}: rename one of them."
                )
    _added.append(folder)


def file_of(group: str, name: str) -> Path | None:
    """The file of a choice of a config group; None where there is none."""
    paths = (folder / group / f"{name}.yaml" for folder in search_folders())
    return next((path for path in paths if path.is_file()), None)


def shown_file(group: str, name: str) -> str:
    """A file as errors name it: `conf/model/vae.yaml`, or the whole path of one that is not lrec's.

    Args:
        group: a config group, or `search`.
    """
    path = file_of(group, name)
    if path is None or path.is_relative_to(CONF):
        return f"conf/{group}/{name}.yaml"
    return str(path)


def options(group: str) -> list[str]:
    """The files of a config group, by name."""
    return sorted(
        path.stem for folder in search_folders() for path in (folder / group).glob("*.yaml")
    )


def groups() -> list[str]:
    """The config groups."""
    return sorted(path.name for path in CONF.iterdir() if path.is_dir() and path.name not in OTHERS)
