"""MLflow's tracking store, as runs write to it."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shlex
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lrec.base.errors import MissingStoreError, one_line, redact, redact_addresses
from lrec.base.loading import first_import
from lrec.base.uninterrupted import uninterrupted
from lrec.tracking import new_store, pyfunc
from lrec.tracking.journal import Entry, Journal

if TYPE_CHECKING:
    from filelock import FileLock

WORKFLOW = "workflowType=machine_learning"  # or MLflow 3's UI opens on generative AI
VIEW = "lrec"  # name of the view of an experiment that lrec keeps
BATCH = 1000  # metrics in one request at most
PARAMS = 100  # parameters in one request at most
REMOTE = ("http", "postgresql", "mysql", "mssql")  # stores that may be temporarily unreachable
# Schemes of stores that `mlflow ui` shows; none at all is a folder.
LOCAL_UI = ("sqlite", "postgresql", "mysql", "mssql", "file", "")
# Requests to a server that does not respond time out after seconds instead of minutes.
TIMEOUTS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
}
# Error codes of requests that will never succeed.
FINAL = ("BAD_REQUEST", "INVALID_PARAMETER_VALUE", "INVALID_STATE", "RESOURCE_DOES_NOT_EXIST")
DENIED = ("PERMISSION_DENIED", "UNAUTHENTICATED", "ENDPOINT_NOT_FOUND", "NOT_FOUND")


class UnreachableError(Exception):
    """MLflow is not reachable now."""


class Store:
    """MLflow's tracking store, at `$MLFLOW_TRACKING_URI` or in mlflow.db of this folder."""

    def __init__(self) -> None:
        for name in ("alembic", "mlflow", "mlflow.store.db.utils"):
            logging.getLogger(name).setLevel(logging.ERROR)
        os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
        for name, value in TIMEOUTS.items():
            os.environ.setdefault(name, value)
        with first_import("mlflow"):
            import mlflow

            if str(mlflow.get_tracking_uri()).startswith(new_store.SQLITE):
                import mlflow.store.tracking.sqlalchemy_store

        for name in ("alembic", "mlflow"):
            logging.getLogger(name).setLevel(logging.ERROR)
        logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)  # it raises them too
        self.mlflow: Any = mlflow
        self.uri = str(mlflow.get_tracking_uri())

    def __str__(self) -> str:
        """The address, without a password."""
        return redact(self.uri)

    @property
    def digest(self) -> str:
        """Identifies the store without its address, which may hold a password."""
        return hashlib.sha256(self.uri.encode()).hexdigest()[:16]

    @property
    def client(self) -> Any:
        """MLflow's client; that of a database connects at once.

        Raises:
            RuntimeError: the store does not answer.
        """
        try:
            return self.mlflow.MlflowClient()
        except Exception as error:
            raise RuntimeError(
                f"MLflow at {self} does not answer: {new_store.fault(error)}"
            ) from None

    @property
    def ui(self) -> str:
        """The command that shows the store in a browser, or the address of its server."""
        if self.uri.startswith("http"):
            return str(self)
        if self.uri in (f"sqlite:///{Path.cwd() / 'mlflow.db'}", "sqlite:///mlflow.db"):
            return "mlflow ui"
        shown = str(self) == self.uri  # the command has to work as it stands, and tell no password
        uri = shlex.quote(self.uri) if shown else '"$MLFLOW_TRACKING_URI"'
        return f"mlflow ui --backend-store-uri {uri}"

    def name_of(self, experiment_id: str) -> str:
        """The name of an experiment.

        Raises:
            RuntimeError: there is none of this id.
        """
        try:
            return str(self.client.get_experiment(experiment_id).name)
        except Exception as error:
            raise RuntimeError(
                f"MLFLOW_EXPERIMENT_ID={experiment_id} is no experiment of {self}: "
                f"{one_line(error)}"
            ) from None

    def share_columns(self, run_id: str, metrics: Sequence[str]) -> str:
        """Address of a run's experiment with columns of these metrics; empty if there is none now.

        MLflow's interface keeps such a view as a tag of the experiment.
        """
        view = {"selectedColumns": [f"metrics.`{name}`" for name in metrics]}
        try:
            client = self.client
            experiment = client.get_run(run_id).info.experiment_id
            client.set_experiment_tag(
                experiment, f"mlflow.sharedViewState.{VIEW}", json.dumps(view)
            )
        except Exception:
            return ""
        return self._page(f"experiments/{experiment}/runs?viewStateShareKey={VIEW}&{WORKFLOW}")

    def run_address(self, experiment_id: str, run_id: str) -> str:
        """Address of a run's page; empty if there is none."""
        return self._page(f"experiments/{experiment_id}/runs/{run_id}")

    def _page(self, path: str) -> str:
        """A page of the store's server, or of the UI that `mlflow ui` starts here.

        Its address holds neither a user's name nor a password.
        """
        address = urlsplit(self.uri)
        if address.scheme in ("http", "https"):
            server = f"{address.scheme}://{address.netloc.rpartition('@')[2]}{address.path}"
        elif address.scheme.partition("+")[0] in LOCAL_UI:
            server = "http://127.0.0.1:5000"
        else:
            return ""
        return f"{server.rstrip('/')}/#/{path}"

    def open(self, experiment: str) -> str:
        """The id of an experiment; it, and a local store, are created if they do not exist.

        Raises:
            UnreachableError: the store is on another machine, which does not respond.
            RuntimeError: the store cannot be used or created.
        """
        given = os.environ.get("MLFLOW_EXPERIMENT_ID")
        try:
            self.make()
            with self._alone():  # concurrent first uses of one SQLite file collide
                return str(self.mlflow.set_experiment(experiment).experiment_id)
        except Exception as error:
            code = getattr(error, "error_code", "")
            if self.uri.startswith(REMOTE) and code not in (*FINAL, *DENIED):
                raise UnreachableError(one_line(error)) from error
            raise RuntimeError(
                f"MLflow's store {self} cannot be used: {new_store.fault(error).rstrip('.')}. "
                "Set MLFLOW_TRACKING_URI to another, or mend this one."
            ) from error
        finally:  # MLflow has set it, which the next run would take for the user's
            os.environ.pop("MLFLOW_EXPERIMENT_ID", None)
            if given is not None:
                os.environ["MLFLOW_EXPERIMENT_ID"] = given

    def require(self) -> None:
        """Refuse to read a local store that is not there; MLflow would make an empty one.

        Raises:
            MissingStoreError: it is not there.
        """
        if new_store.is_missing(self.uri):
            raise MissingStoreError(
                f"there is no store {self}: runs belong to the folder that they were started in. "
                "Go there, or set MLFLOW_TRACKING_URI to its store "
                "(sqlite:////path/of/that/folder/mlflow.db); lrec train begins one here."
            )
        self.make()

    def make(self) -> None:
        """Make a local store that is not there yet, or only in part."""
        if new_store.is_unfinished(self.uri):
            with self._alone():
                new_store.make(self.uri)

    def _alone(self) -> FileLock:
        """The lock that one process at a time uses a store for the first time under."""
        from filelock import FileLock

        name = f"lrec-{os.getuid()}-{self.digest}.lock"
        return FileLock(Path(tempfile.gettempdir()) / name)

    def send(self, journal: Journal) -> None:
        """Send the unsent entries of a journal, in order.

        Raises:
            UnreachableError: MLflow does not accept an entry now; it and the rest stay unsent.
            RuntimeError: MLflow will never accept an entry, or a file of the run is missing.
        """
        self._restart_if_gone(journal)
        for entry in journal.unsent:
            try:
                with uninterrupted(self.uri.startswith(new_store.SQLITE)):
                    journal.mark_sent(self._send_entry(journal, entry), self.digest)
            except (RuntimeError, UnreachableError):
                raise
            except Exception as error:  # of MLflow, its database, or its artifact store
                if getattr(error, "error_code", "") in FINAL:
                    raise RuntimeError(f"MLflow refuses to log: {one_line(error)}") from error
                raise UnreachableError(new_store.fault(error)) from error

    def _restart_if_gone(self, journal: Journal) -> None:
        """Send a run from its start again if its local store was deleted since."""
        if journal.run_id is not None and new_store.is_unfinished(self.uri):
            journal.forget_sent()
        self.make()
        if journal.run_id is not None and new_store.lacks_run(self.uri, journal.run_id):
            journal.forget_sent()

    @property
    def is_reachable(self) -> bool:
        """True if MLflow responds now."""
        try:
            self.make()
            self.client.search_experiments(max_results=1)
        except Exception:
            return False
        return True

    def has_failed_runs(self, parent: str) -> bool:
        """True if a child run failed; False if MLflow does not respond."""
        condition = f"tags.mlflow.parentRunId = '{parent}' and attributes.status = 'FAILED'"
        try:
            client = self.client
            experiment = client.get_run(parent).info.experiment_id
            return bool(client.search_runs([experiment], condition, max_results=1))
        except Exception:
            return False

    def _send_entry(self, journal: Journal, entry: Entry) -> str:
        """Send an entry by the method of its kind; return the run's id.

        Errors are MLflow's own, which `send` tells from those that end a run: not by `client`.
        """
        if entry["kind"] == "start":
            return self._start(journal, entry)
        if journal.run_id is None:
            raise RuntimeError(f"{journal.path} does not begin with a run's start.")
        if "path" in entry:
            entry = {**entry, "path": str(journal.resolve(entry["path"]))}
        send: Callable[[Any, str, Entry], None] = getattr(self, f"_{entry['kind']}")
        send(self.mlflow.MlflowClient(), journal.run_id, entry)
        return journal.run_id

    def _start(self, journal: Journal, entry: Entry) -> str:
        from mlflow.tracking.context.registry import resolve_tags

        experiment = self.open(entry["experiment"])
        client = self.mlflow.MlflowClient()
        existing = client.search_runs([experiment], f"tags.`lrec.journal` = '{entry['id']}'")
        if existing:  # created before, and the response was lost
            return str(existing[0].info.run_id)
        parent = {"mlflow.parentRunId": entry["parent"]} if entry["parent"] else {}
        own = {"lrec.journal": entry["id"], "lrec.folder": str(journal.folder.absolute())}
        tags = resolve_tags({**entry["tags"], **parent, **own})
        tags = {key: redact_addresses(value) for key, value in tags.items()}  # MLflow's, of git
        run = client.create_run(experiment, entry["time"], tags, entry["name"])
        return str(run.info.run_id)

    def _again(self, client: Any, run_id: str, entry: Entry) -> None:
        client.update_run(run_id, "RUNNING")
        if entry.get("parent"):  # what goes on with the run, and not what began it
            client.set_tag(run_id, "mlflow.parentRunId", entry["parent"])

    def _killed(self, client: Any, run_id: str, entry: Entry) -> None:
        client.set_terminated(run_id, "KILLED", entry["time"])

    def _params(self, client: Any, run_id: str, entry: Entry) -> None:
        from mlflow.entities import Param

        params = [Param(key, value) for key, value in entry["values"].items()]
        for start in range(0, len(params), PARAMS):
            client.log_batch(run_id, params=params[start : start + PARAMS])

    def _tags(self, client: Any, run_id: str, entry: Entry) -> None:
        from mlflow.entities import RunTag

        client.log_batch(run_id, tags=[RunTag(k, v) for k, v in entry["values"].items()])

    def _metrics(self, client: Any, run_id: str, entry: Entry) -> None:
        time, step = entry["time"], entry["step"]
        values = [(key, value, time, step) for key, value in entry["values"].items()]
        self._log_metrics(client, run_id, values)

    def _file(self, client: Any, run_id: str, entry: Entry) -> None:
        client.log_artifact(run_id, entry["path"], entry["folder"])

    def _dataset(self, client: Any, run_id: str, entry: Entry) -> None:
        from mlflow.data.code_dataset_source import CodeDatasetSource
        from mlflow.data.meta_dataset import MetaDataset
        from mlflow.entities import DatasetInput, InputTag

        source = CodeDatasetSource(entry["source"])
        data = MetaDataset(source, name=entry["name"], digest=entry["digest"])
        tags = [InputTag("mlflow.data.context", "training")]
        inputs = [DatasetInput(data._to_mlflow_entity(), tags)]
        try:
            client.log_inputs(run_id, inputs)
        except self.mlflow.MlflowException:  # another run logged the same data at this moment
            client.log_inputs(run_id, inputs)

    def _model(self, client: Any, run_id: str, entry: Entry) -> None:
        model = pyfunc.log(client, run_id, entry["path"], entry["example"])
        self._log_metrics(client, run_id, entry["metrics"], model)

    def _log_metrics(
        self,
        client: Any,
        run_id: str,
        values: Sequence[tuple[str, float, int, int]],
        model: str | None = None,
    ) -> None:
        """Log metrics of a run or of its model: key, value, time in milliseconds, step."""
        from mlflow.entities import Metric

        metrics = [Metric(*value, model_id=model, run_id=run_id) for value in values]
        for start in range(0, len(metrics), BATCH):
            client.log_batch(run_id, metrics=metrics[start : start + BATCH])

    def _end(self, client: Any, run_id: str, entry: Entry) -> None:
        client.set_terminated(run_id, entry["status"], entry["time"])
