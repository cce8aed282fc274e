"""The folder conf/ and its config groups."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2]
CONF = next(path for path in (PACKAGE / "conf", PACKAGE.parent / "conf") if path.is_dir())
OTHERS = ("hydra", "search")  # folders of conf/ that are no groups of a run's config


def options(group: str) -> list[str]:
    """The files of a config group, by name."""
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


def groups() -> list[str]:
    """The config groups."""
    return sorted(path.name for path in CONF.iterdir() if path.is_dir() and path.name not in OTHERS)
