"""The data of a run: loaded once a process, with all that is wrong with its files told at once."""

from __future__ import annotations

import warnings

from lrec.base.errors import Problems
from lrec.commands.settings import RunSettings
from lrec.data import cache
from lrec.data.dataset import note
from lrec.data.interactions import Interactions
from lrec.data.kept_splits import kept_split
from lrec.data.queries import Split

_latest: dict[str, Interactions] = {}  # of the data set that was loaded last, by its identity


def ordered_for(settings: RunSettings) -> str | None:
    """The name of the split, if it needs each user's order."""
    return settings.split.name if settings.split.needs_order else None


def load_data(settings: RunSettings) -> Interactions:
    """Load a run's data, see `load_once`, and look at what it will need besides.

    That is files of features, which are read only when the data has been split.

    Raises:
        DataError: with the problems of all files.
    """
    problems, data = Problems(), None
    with problems.collected():
        data = load_once(settings)
    for feature in settings.feature.values():
        with problems.collected():
            feature.check()
    problems.refuse()
    assert data is not None
    return data


def load_once(settings: RunSettings) -> Interactions:
    """Load a run's data, or take it again where it is what was loaded last.

    Raises:
        DataError: with the problems of its files.
    """
    identity = settings.dataset.identity()
    data = _latest.get(identity)
    if data is None:
        data = settings.dataset.load(ordered_for(settings))
        _latest.clear()
        _latest[identity] = data
    else:
        note(data)
    return data


def split(settings: RunSettings, data: Interactions) -> Split:
    """The split of a run's data, which is kept in the cache where that is large.

    Args:
        data: as it was loaded.

    Raises:
        DataError: the data cannot support this split.
    """
    if data.part is not None and settings.split.name != "files":
        warnings.warn(
            f"the data comes with a split of its own, which split={settings.split.name} does not "
            "use: split=files does",
            stacklevel=2,
        )
    folder = cache.folder(getattr(settings.dataset, "cache", None))
    return kept_split(settings.split, data, folder)
