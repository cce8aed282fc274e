"""User tables among the artifacts of runs, and their replacement."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lrec.base.errors import DataError, one_line
from lrec.tracking import new_store
from lrec.tracking.saved_runs import fetch
from lrec.tracking.store import Store


@dataclass(frozen=True)
class ChangedTable:
    """The user table of a run, as it was gone through.

    Attributes:
        run: the run's id.
        digest: of the run's data.
        removed: number of rows.
        model: that the run trained.
        tags: of the run.
        started: when the run began, in milliseconds.
        fault: what is wrong with the table, which then is as it was; or None.
    """

    run: str
    digest: str
    removed: int
    model: str
    tags: dict[str, str]
    started: int
    fault: str | None = None


def change_user_tables(name: str, change: Callable[[Path], int]) -> Iterator[ChangedTable]:
    """Let a function change the user table of every run in the store.

    Args:
        name: of the file.
        change: gets a copy of the file, and returns the number of rows that it has removed from
            it; the copy replaces the run's file if there are any. A DataError is the run's `fault`.

    Yields:
        Every run, also those without a table.

    Raises:
        RuntimeError: the store does not respond, or does not take a file.
    """
    store = Store()
    if new_store.is_missing(store.uri):
        return  # reading would make it
    client = store.client
    try:
        for run in _runs(client):
            changed, fault = 0, None
            if any(file.path == name for file in client.list_artifacts(run.info.run_id)):
                with TemporaryDirectory() as folder:
                    path = fetch(run.info.run_id, name, Path(folder))
                    try:
                        changed = change(path)
                    except DataError as error:
                        fault = str(error).replace(str(path), name)
                    if changed:
                        client.log_artifact(run.info.run_id, str(path))
            inputs = run.inputs.dataset_inputs if run.inputs else []
            yield ChangedTable(
                run=run.info.run_id,
                digest=inputs[0].dataset.digest if inputs else "",
                removed=changed,
                model=run.data.params.get("model", ""),
                tags=dict(run.data.tags),
                started=run.info.start_time,
                fault=fault,
            )
    except RuntimeError:
        raise
    except Exception as error:
        raise RuntimeError(f"MLflow at {store} does not answer: {one_line(error)}") from None


def _runs(client: Any) -> Iterator[Any]:
    """All runs of all experiments that are not deleted."""
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    token = None
    while experiments:
        page = client.search_runs(experiments, page_token=token)
        yield from page
        token = page.token
        if not token:
            return
