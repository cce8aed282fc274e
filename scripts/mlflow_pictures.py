"""Pictures of MLflow's UI: its table of runs and its comparison of runs, by bucket."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

from browser import PATIENCE, picture, show, wait
from PIL import Image

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

METRICS = ("recall_at_20/tail", "recall_at_20/head", "ndcg_at_10/tail")
TRAINED = "tags.`lrec.command` = 'train'"
MLFLOW = (1280, 910)  # less cuts off the fourth run, or metrics
# What MLflow 3.17's UI keeps in the browser, so that it opens on model training, without its
# assistant. Columns are kept by the experiment's id.
SETTINGS = {
    "mlflow.workflowType_v1": "machine_learning",
    "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1": True,
    "mlflow.assistant.panelOpen_v1": False,
    "mlflow.telemetry.info.alert.dismissed_v1": True,
}
COLUMNS = 'MLflowLocalStorage-1.1-ExperimentPage-["{}"]-ReactComponentState'

FOLD = """
for (const head of document.querySelectorAll('[class*=collapse-header][aria-expanded=true]'))
    if (!['Run details', 'Metrics'].includes(head.textContent)) head.click();
"""
# The metrics are in two grids, of names and of values, that hold only the rows in view. Scrolls
# them until the row is there, then brings the first one of its metric to the top of both: the
# names are one step behind the values.
SCROLL = """
const [names, values] = document.querySelectorAll('.ReactVirtualized__Grid');
if (!values) return 'loading';
const rows = [...names.firstElementChild.children];
const end = values.scrollHeight - values.clientHeight;
const metric = arguments[0].split('/')[0] + '/';
if (rows.some(row => row.textContent.trim() === arguments[0])) {
    const same = rows.filter(row => row.textContent.trim().startsWith(metric));
    const top = Math.min(end, ...same.map(row => row.offsetTop));
    if (names.scrollTop === top && values.scrollTop === top) return 'found';
    names.scrollTop = values.scrollTop = top;
    names.scrollIntoView({block: 'nearest'});
    return 'aligning';
}
if (values.scrollTop >= end - 1) return 'missing';
values.scrollTop += values.clientHeight;
return 'searching';
"""
HEADS = """
return [...document.querySelectorAll('[role=columnheader][col-id]')].map(e => e.innerText.trim());
"""
CELLS = """
return [...document.querySelectorAll('[role=gridcell]')].filter(
    e => e.getAttribute('col-id') === arguments[0]).map(e => e.innerText.trim());
"""


@contextlib.contextmanager
def server(store: str) -> Iterator[str]:
    """MLflow's UI on a free port of this machine.

    Raises:
        RuntimeError: it ends, or does not respond in time.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", store]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"},
            start_new_session=True,  # it starts processes of its own, to be stopped with it
        )
        try:
            address = f"http://127.0.0.1:{port}"
            if not responds(process, f"{address}/health"):
                log.seek(0)
                last = "".join(log.readlines()[-10:])
                raise RuntimeError(f"mlflow server does not answer. Its last output:\n{last}")
            yield address
        finally:
            stop(process)


def responds(process: subprocess.Popen[bytes], url: str) -> bool:
    """True if a server comes up in time."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError), urlopen(url, timeout=5):
            return True
        time.sleep(0.2)
    return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process and those that it started."""
    for signum in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signum)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(3)


def mlflow_pictures(
    chrome: Chrome, address: str, experiment: str
) -> Iterator[tuple[str, Image.Image]]:
    """The runs of an experiment, and a few of them compared."""
    number, runs = find(address, experiment)
    show(chrome, "light", *MLFLOW)
    prepare(chrome, address, number)
    yield "mlflow_runs.png", runs_picture(chrome, address, number)
    yield "mlflow_compare.png", compare_picture(chrome, address, number, choose(runs))


def find(address: str, experiment: str) -> tuple[str, list[dict[str, Any]]]:
    """An experiment's id and its finished training runs, newest first.

    Raises:
        RuntimeError: there is no such experiment, or it has no such runs.
    """
    api = f"{address}/api/2.0/mlflow"
    try:
        response = call(f"{api}/experiments/get-by-name?experiment_name={quote(experiment)}")
        number = response["experiment"]["experiment_id"]
        finished = f"attributes.status = 'FINISHED' and {TRAINED}"
        body = {"experiment_ids": [number], "filter": finished, "max_results": 50}
        runs: list[dict[str, Any]] = call(f"{api}/runs/search", body).get("runs", [])
    except HTTPError as error:
        message = json.loads(error.read()).get("message", error)
        raise RuntimeError(f"MLflow cannot list experiment {experiment}: {message}") from None
    except OSError as error:
        raise RuntimeError(f"MLflow's server went away: {error}") from None
    if not runs:
        raise RuntimeError(f"experiment {experiment} has no finished training runs.")
    return number, runs


def call(url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """MLflow's response to a request."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(url, data, headers), timeout=PATIENCE) as response:
        content: dict[str, Any] = json.load(response)
        return content


def choose(runs: list[dict[str, Any]], most: int = 4) -> list[str]:
    """Ids of the newest run of each model, or of the newest ones where there is but one model."""
    newest: dict[str, str] = {}
    for run in runs:
        params = {param["key"]: param["value"] for param in run["data"].get("params", [])}
        newest.setdefault(params.get("model", ""), run["info"]["run_id"])
    ids = list(newest.values()) if len(newest) > 1 else [run["info"]["run_id"] for run in runs]
    return ids[:most]


def prepare(chrome: Chrome, address: str, number: str) -> None:
    """Store the columns to show in the browser, and that first-use dialogs have been closed."""
    chrome.get(f"{address}/health")  # of the same origin, without the UI
    columns = [column(metric) for metric in METRICS]
    widths = dict.fromkeys(columns, 150)
    state = {"selectedColumns": columns, "columnOrder": columns, "columnWidths": widths}
    for key, value in {**SETTINGS, COLUMNS.format(number): state}.items():
        chrome.execute_script("localStorage.setItem(...arguments)", key, json.dumps(value))


def column(metric: str) -> str:
    """A metric's name in the UI's columns and order."""
    return f"metrics.`{metric}`"


def runs_picture(chrome: Chrome, address: str, number: str) -> Image.Image:
    """The table of training runs, the best for tail users first.

    Raises:
        RuntimeError: the metrics' columns are not there, or are empty.
    """
    from selenium.common.exceptions import TimeoutException

    first = quote(column(METRICS[0]))
    chrome.get(
        f"{address}/#/experiments/{number}/runs?searchFilter={quote(TRAINED)}"
        f"&orderByKey={first}&orderByAsc=false"
    )
    try:
        wait(chrome).until(lambda _: set(METRICS) <= set(chrome.execute_script(HEADS)))
    except TimeoutException:
        raise RuntimeError(
            f"MLflow's table of runs does not show {', '.join(METRICS)}. Its columns: "
            f"{', '.join(filter(None, chrome.execute_script(HEADS)))}"
        ) from None
    try:
        wait(chrome).until(lambda _: any(chrome.execute_script(CELLS, column(METRICS[0]))))
    except TimeoutException:
        raise RuntimeError(f"no run has a value of {METRICS[0]} in MLflow's table.") from None
    return settled(chrome)


def compare_picture(chrome: Chrome, address: str, number: str, runs: list[str]) -> Image.Image:
    """Runs side by side: which ones they are, and a metric in every bucket.

    Raises:
        RuntimeError: the metric is not there.
    """
    from selenium.common.exceptions import TimeoutException

    chrome.get(
        f"{address}/#/compare-runs?runs={quote(json.dumps(runs))}"
        f"&experiments={quote(json.dumps([number]))}"
    )
    state = "loading"

    def scrolled(_: Chrome) -> bool:
        nonlocal state
        chrome.execute_script(FOLD)
        state = chrome.execute_script(SCROLL, METRICS[0])
        return state in ("found", "missing")

    with contextlib.suppress(TimeoutException):
        wait(chrome).until(scrolled)
    image = settled(chrome)
    if not scrolled(chrome) or state != "found":
        raise RuntimeError(f"MLflow's comparison of runs does not show {METRICS[0]}: {state}.")
    return image


def settled(chrome: Chrome) -> Image.Image:
    """The window, without the assistant's button, once it no longer changes."""
    chrome.execute_script(
        "const style = document.createElement('style');"
        "style.textContent = '[data-assistant-ui] {display: none}';"
        "document.head.append(style);"
    )
    before = None
    for _ in range(20):
        image = picture(chrome, *MLFLOW)
        if before is not None and image.tobytes() == before.tobytes():
            break
        before = image
        time.sleep(0.5)
    return image
