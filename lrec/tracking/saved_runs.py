"""Runs saved in MLflow, and their artifacts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lrec.base.errors import one_line
from lrec.tracking.store import FINAL, Store

LISTS = "lists"  # the command of runs that hold lists of another make, and no model
ADOPTED = "lrec.found."  # tags of a sweep: the runs that were there before it
WITHOUT = {"model": ", or tracking.log_model was false"}  # why an artifact may be missing
# Of runs whose model contains people's histories: a tag, and the key that keeps it all the same.
CONTAINS_HISTORIES, KEEP_HISTORIES = "lrec.contains_histories", "tracking.keep_histories"
UNSAVED = "lrec.unsaved"  # tag: why a run's model was refused when it was to be saved


@dataclass(frozen=True)
class SavedRun:
    """A finished run.

    Attributes:
        data, digest: name of the data set it was trained on, and digest of its content.
        seconds: from start to end.
        started: when it began, in milliseconds since 1970.
        address: of its page in MLflow's UI; empty where that is not known.
    """

    id: str
    params: dict[str, str]
    metrics: dict[str, float]
    tags: dict[str, str]
    data: str
    digest: str
    seconds: float
    address: str = ""
    started: int = 0

    @property
    def seed(self) -> int:
        return int(self.params.get("seed", 0))

    @property
    def seeded(self) -> bool:
        """False if runs with other seeds would be the same."""
        return self.tags.get("lrec.seeded") != "False"

    @property
    def trained(self) -> bool:
        """True if it trained a model, unlike sweeps, comparisons and the like."""
        return self.tags.get("lrec.command") == "train"

    @property
    def has_lists(self) -> bool:
        """True if it evaluated lists of another make, and has no model."""
        return self.tags.get("lrec.command") == LISTS


def finished(experiment: str, where: str = "", ids: Sequence[str] = ()) -> list[SavedRun]:
    """Finished runs of an experiment, newest first, or those of `ids`, in that order.

    Args:
        where: filter in MLflow's search language, for example `params.model = 'vae'`.

    Raises:
        RuntimeError: no such experiment or run, one that is not finished, or a malformed filter.
    """
    store = Store()
    if ids:
        return [_saved(store, find_run(store, run_id)) for run_id in ids]
    store.require()
    try:
        client = store.client
        entity = client.get_experiment_by_name(experiment)
    except Exception as error:
        raise RuntimeError(f"MLflow at {store} does not answer: {one_line(error)}") from None
    if entity is None:
        raise RuntimeError(
            f"there is no experiment {experiment} in {store}. Train first "
            "(lrec train), go where its mlflow.db is, or set MLFLOW_TRACKING_URI."
        )
    conditions = " and ".join(part for part in ("attributes.status = 'FINISHED'", where) if part)
    runs, token = [], None
    while True:
        try:
            page = client.search_runs([entity.experiment_id], conditions, page_token=token)
        except Exception as error:
            raise RuntimeError(
                f"MLflow cannot read this filter: {one_line(error)} Received: {where}"
            ) from None
        runs += [_saved(store, run) for run in page]
        token = page.token
        if not token:
            return runs


def adopt(sweep: str, run_id: str) -> None:
    """Count a finished run among those of a sweep that it was not trained for.

    Raises:
        RuntimeError: MLflow does not respond.
    """
    store = Store()
    try:
        store.client.set_tag(sweep, f"{ADOPTED}{run_id}", "found")
    except Exception as error:
        raise RuntimeError(f"MLflow at {store} does not answer: {one_line(error)}") from None


def of_sweep(experiment: str, sweep: str) -> list[SavedRun]:
    """Finished runs of a sweep, newest first, and those that it found finished.

    Raises:
        RuntimeError: there is no such run, or MLflow does not respond.
    """
    adopted = [tag.removeprefix(ADOPTED) for tag in tags_of(sweep) if tag.startswith(ADOPTED)]
    own = finished(experiment, f"tags.mlflow.parentRunId = '{sweep}'")
    return [*own, *(finished(experiment, ids=adopted) if adopted else [])]


def _saved(store: Store, run: Any) -> SavedRun:
    if run.info.status != "FINISHED":
        raise RuntimeError(f"run {run.info.run_id} is {run.info.status}, and not FINISHED.")
    inputs = run.inputs.dataset_inputs if run.inputs else []
    return SavedRun(
        id=run.info.run_id,
        params=dict(run.data.params),
        metrics=dict(run.data.metrics),
        tags=dict(run.data.tags),
        data=inputs[0].dataset.name if inputs else "",
        digest=inputs[0].dataset.digest if inputs else "",
        seconds=(run.info.end_time - run.info.start_time) / 1000,
        address=store.run_address(run.info.experiment_id, run.info.run_id),
        started=run.info.start_time,
    )


def find_run(store: Store, run_id: str) -> Any:
    """MLflow's entity of a run.

    Raises:
        RuntimeError: there is no such run, or MLflow does not respond.
    """
    store.require()
    try:
        return store.mlflow.get_run(run_id)
    except Exception as error:
        if getattr(error, "error_code", "") not in FINAL:
            raise RuntimeError(f"MLflow at {store} does not answer: {one_line(error)}") from None
        raise RuntimeError(
            f"there is no run {run_id} in {store}. Run ids are in the last line of lrec train and "
            "in the MLflow UI."
        ) from None


def lists_words(run_id: str) -> str:
    """A sentence on a run of lists, of which something is asked that only models have."""
    return (
        f"run {run_id} has lists of another make and no model: lrec compare takes it, and nothing "
        "that asks a model."
    )


def finished_words(run_id: str) -> str:
    """A sentence on a run that is to go on and is finished: what can be done with it."""
    return (
        f"run {run_id} is finished: there is nothing to go on with. Score it again with lrec "
        f"evaluate run={run_id}, use it with lrec recommend run={run_id} users=all."
    )


def tags_of(run_id: str) -> dict[str, str]:
    """The tags of a run.

    Raises:
        RuntimeError: there is no such run.
    """
    return dict(find_run(Store(), run_id).data.tags)


def folder_of(run_id: str) -> Path:
    """Folder of a killed or failed run, which holds what is needed to resume it.

    Raises:
        RuntimeError: there is no such run, or it is finished.
    """
    run = find_run(Store(), run_id)
    if run.info.status == "FINISHED":
        raise RuntimeError(finished_words(run_id))
    return Path(run.data.tags.get("lrec.folder", "."))


def fetch(run_id: str, artifact: str, folder: Path) -> Path:
    """Download an artifact of a run.

    Raises:
        RuntimeError: there is no such run, or it has no such artifact.
    """
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    store = Store()
    store.require()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = store.mlflow.artifacts.download_artifacts(
            artifact_uri=f"runs:/{run_id}/{artifact}", dst_path=str(folder)
        )
    except Exception:
        run = find_run(store, run_id)  # or the store does not respond, or has no such run
        if run.data.tags.get("lrec.command") == LISTS:
            raise RuntimeError(lists_words(run_id)) from None
        if artifact == "model" and UNSAVED in run.data.tags:
            raise RuntimeError(
                f"run {run_id} has no model: {run.data.tags[UNSAVED].rstrip('.')}."
            ) from None
        kept = run.data.params.get(KEEP_HISTORIES) == "True"
        if artifact == "model" and CONTAINS_HISTORIES in run.data.tags and not kept:
            raise RuntimeError(
                f"run {run_id} has no model: it would contain people's histories, and "
                f"{KEEP_HISTORIES} was false. Train it again with {KEEP_HISTORIES}=true."
            ) from None
        raise RuntimeError(
            f"run {run_id} has no {artifact}: it failed{WITHOUT.get(artifact, '')}, or its files "
            "were removed."
        ) from None
    return Path(path)
