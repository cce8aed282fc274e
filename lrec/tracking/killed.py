"""Runs that were killed, and whose folders hold what it takes to go on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lrec.base.errors import one_line
from lrec.tracking.journal import NAME, Journal, obstacle
from lrec.tracking.store import Store


def killed_runs(experiment: str, config: str, data: str) -> Iterator[Path]:
    """Folders of killed runs of one config on one data, newest first; not of those that go on.

    A run that failed is not among them: it would fail again.

    Args:
        config: digest of all that decides the numbers, the tag `lrec.config`.
        data: digest of the data.

    Raises:
        RuntimeError: MLflow does not respond.
    """
    store = Store()
    client = store.client
    words = (
        f"tags.`lrec.config` = '{config}'",
        "tags.`lrec.command` = 'train'",
        "attributes.status != 'FINISHED'",
    )
    try:
        entity = client.get_experiment_by_name(experiment)
        runs = client.search_runs([entity.experiment_id], " and ".join(words)) if entity else []
    except Exception as error:
        raise RuntimeError(f"MLflow at {store} does not answer: {one_line(error)}") from None
    for run in runs:
        inputs = run.inputs.dataset_inputs if run.inputs else []
        same = all(data.startswith(one.dataset.digest) for one in inputs)
        folder = Path(run.data.tags.get("lrec.folder", "."))
        if same and run.info.status != "FAILED" and is_resumable(folder, run.info.run_id):
            yield folder


def is_resumable(folder: Path, run_id: str | None = None) -> bool:
    """True if a folder holds a run to go on with, and no process has it open.

    Args:
        run_id: of the run; None for any.
    """
    if not (folder / NAME).exists():
        return False
    try:
        journal = Journal(folder)
    except RuntimeError:
        return False
    try:
        own = run_id is None or journal.run_id == run_id
        return own and bool(journal.entries) and not obstacle(folder, journal.entries)
    finally:
        journal.close()
