"""Names by which people call saved runs."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lrec.base.errors import one_line
from lrec.tracking.saved_runs import LISTS, finished_words, lists_words
from lrec.tracking.store import Store

LATEST = "latest"  # stands for the newest run
ID = re.compile("[0-9a-f]{32}")
PAGE = 20  # runs that are read at once
# Commands that train what somebody named as a model; the runs of others are steps on their way.
OPEN = ("train", "compare", "blend")


def purpose(tags: Mapping[str, str]) -> str:
    """The command that a run was trained for."""
    return tags.get("lrec.for") or ("update" if "lrec.updates" in tags else "train")


def is_open(tags: Mapping[str, str]) -> bool:
    """True for a run that was trained for itself, or went on from one, and is no command's step."""
    return purpose(tags) in OPEN or "lrec.updates" in tags


def resolve(name: str, command: str = "train", finished: bool = True) -> str:
    """The id of the run that a name stands for: `latest`, a model, a run's name, or an id's start.

    Args:
        name: an id stands for itself. Of several runs of a model or a name the newest counts that
            somebody trained as such, and only where there is none the newest step on the way of a
            command, such as a confirmation of `lrec tune`.
        command: that made the run.
        finished: False for a run that failed or was killed.

    Raises:
        RuntimeError: there is no such run, it is finished or is not, or several ids begin so.
    """
    if ID.fullmatch(name):
        return name
    store = Store()
    store.require()
    if (run := _named(store, name, command, finished)) is not None:
        return str(run.info.run_id)
    other = _named(store, name, command, not finished)
    if other is None:
        if command != LISTS and (lists := _named(store, name, LISTS, finished)) is not None:
            raise RuntimeError(lists_words(lists.info.run_id))
        raise RuntimeError(
            f"there is no run {name} in {store}{'' if finished else ' that can go on'}. A run is "
            "named by its id (in the last lines of lrec train and in the MLflow UI) or its first "
            "letters, by its model, or by latest."
        )
    found = str(other.info.run_id)
    if not finished:
        raise RuntimeError(finished_words(found))
    again = f"lrec train resume={found}" if command == "train" else "the same command again"
    raise RuntimeError(
        f"run {found} is {other.info.status}, and not FINISHED: it cannot be used yet. If it was "
        f"killed, {again} goes on with it."
    )


def _named(store: Store, name: str, command: str, finished: bool) -> Any:
    """MLflow's entity of the run that a name stands for, or None; see `resolve`."""
    client = store.client
    quoted = name.replace("'", "")
    status = f"attributes.status {'=' if finished else '!='} 'FINISHED'"
    kinds = [""] if name == LATEST else [f"attributes.run_name = '{quoted}'"]
    if name != LATEST:
        kinds += [f"params.model = '{quoted}'", f"attributes.run_id LIKE '{quoted}%'"]
    try:
        experiments = [entity.experiment_id for entity in client.search_experiments()]
        for kind in kinds:
            words = (f"tags.`lrec.command` = '{command}'", status, kind)
            found = _found(client, experiments, " and ".join(filter(None, words)))
            first = next(found, None)
            if first is None:
                continue
            if "LIKE" in kind and (second := next(found, None)) is not None:
                ids = ", ".join(run.info.run_id[:16] for run in (first, second))
                raise RuntimeError(f"several runs begin with {name}: {ids}. Give more letters.")
            if name == LATEST:
                return first
            runs = itertools.chain([first], found)
            return next((run for run in runs if is_open(run.data.tags)), first)
    except store.mlflow.MlflowException as error:
        raise RuntimeError(f"MLflow at {store} does not answer: {one_line(error)}") from None
    return None


def _found(client: Any, experiments: Sequence[str], condition: str) -> Iterator[Any]:
    """Runs, newest first; they are read a page at a time, as far as somebody looks."""
    token = None
    while True:
        page = client.search_runs(experiments, condition, max_results=PAGE, page_token=token)
        yield from page
        token = page.token
        if not token:
            return
