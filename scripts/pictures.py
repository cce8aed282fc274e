"""Pictures of comparison pages and of MLflow's UI, taken with a real browser.

    pip install selenium                    # and Chromium with its chromedriver, from the system
    python scripts/pictures.py --page comparison.html --out docs/pictures
    python scripts/pictures.py --store sqlite:///mlflow.db --experiment lrec --out docs/pictures

A page is taken as a desktop and as a phone see it, light and dark: comparison_desktop_light.png
and so on. Of a store come mlflow_runs.png, the training runs with a column per metric, and
mlflow_compare.png, the newest training run of each model side by side. That is a check too: where
MLflow does not show the metrics by bucket, it ends with exit code 1. Pictures are made small by
taking colours out.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import numpy as np
from PIL import Image
from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

WIDTHS = {"desktop": 1200, "phone": 390}
SCHEMES = ("light", "dark")
METRICS = ("recall_at_20/tail", "recall_at_20/head", "ndcg_at_10/tail")
TRAINED = "tags.`lrec.command` = 'train'"
MLFLOW = (1280, 910)  # less cuts off the fourth run, or metrics
BYTES = 150_000
PATIENCE = 180  # seconds that a server or a page may take
FLAGS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)

# What MLflow 3.17's UI keeps in the browser, so that it opens on model training, without its
# assistant. It goes by the experiment's id that columns are kept.
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


def main() -> None:
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that all is stopped and removed
    try:
        with browser() as chrome:
            for page in options.page:
                for name, image in page_pictures(chrome, page, options.height, options.full):
                    save(image, options.out / name, None if options.full else BYTES)
            if options.store:
                with server(options.store) as address:
                    for name, image in mlflow_pictures(chrome, address, options.experiment):
                        save(image, options.out / name, BYTES)
    except (RuntimeError, WebDriverException) as error:
        sys.exit(f"pictures.py: {str(error).strip()}")


def arguments() -> argparse.Namespace:
    """Options, checked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--page", type=Path, action="append", default=[], help="an HTML file")
    parser.add_argument("--store", help="MLflow's store, for example sqlite:///mlflow.db")
    parser.add_argument("--experiment", default="lrec")
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    parser.add_argument("--height", type=int, default=1500, help="of a page's pictures, at most")
    parser.add_argument("--full", action="store_true", help="whole pages, of any height and size")
    options = parser.parse_args()
    if not options.page and not options.store:
        parser.error("there is nothing to take a picture of: name a --page or a --store.")
    if options.height < 1:
        parser.error(f"--height needs to be positive. Received: {options.height}")
    for page in options.page:
        if not page.is_file():
            parser.error(f"there is no file {page}.")
    if len({page.stem for page in options.page}) < len(options.page):
        parser.error("two pages have the same name, and so would their pictures.")
    file = Path((options.store or "").removeprefix("sqlite:///"))
    if (options.store or "").startswith("sqlite:///") and not file.is_file():
        parser.error(f"there is no store {file}, and MLflow would make an empty one.")
    return options


@contextlib.contextmanager
def browser() -> Iterator[Chrome]:
    """The system's Chromium, with a profile of its own that is removed afterwards."""
    names = ("chromium", "chromium-browser", "google-chrome")
    binary = next(filter(None, map(shutil.which, names)), None)
    driver = shutil.which("chromedriver")
    if not binary or not driver:
        raise RuntimeError(
            "Chromium and its chromedriver need to be on the PATH (Debian: apt install chromium "
            f"chromium-driver). Found: {binary} and {driver}"
        )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = ChromeOptions()
        options.binary_location = binary
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        if os.geteuid() == 0:
            options.add_argument("--no-sandbox")  # which root cannot have
        chrome = Chrome(options, Service(driver))
        try:
            yield chrome
        finally:
            chrome.quit()


def page_pictures(
    chrome: Chrome, page: Path, height: int, full: bool
) -> Iterator[tuple[str, Image.Image]]:
    """A page on both devices in both colour schemes."""
    for device, width in WIDTHS.items():
        for scheme in SCHEMES:
            show(chrome, scheme, width, 800, phone=device == "phone")
            chrome.get(page.resolve().as_uri())
            chrome.execute_async_script("document.fonts.ready.then(arguments[0])")
            image = picture(chrome, width, None if full else height)
            yield f"{page.stem}_{device}_{scheme}.png", image


def show(chrome: Chrome, scheme: str, width: int, height: int, phone: bool = False) -> None:
    """Set what the browser pretends to be."""
    features = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
    named = [{"name": name, "value": value} for name, value in features.items()]
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": named})
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def picture(chrome: Chrome, width: int, height: int | None = None) -> Image.Image:
    """What the page shows, from its top to a height or to its end."""
    whole = chrome.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
    if whole["width"] > width:
        print(f"warning: the page is {whole['width']} px wide on a screen of {width} px")
    tall = min(whole["height"], height or whole["height"])
    clip = {"x": 0, "y": 0, "width": width, "height": tall, "scale": 1}
    shot = chrome.execute_cdp_cmd(
        "Page.captureScreenshot", {"format": "png", "clip": clip, "captureBeyondViewport": True}
    )
    return Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB")


def save(image: Image.Image, path: Path, limit: int | None) -> None:
    """Write a PNG of few colours, the fewer the larger it would be."""
    for colours in (256, 128, 64, 32):
        file = io.BytesIO()
        reduced(image, colours).save(file, "PNG", optimize=True)
        if limit is None or file.tell() <= limit:
            break
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.getvalue())
    note = "" if limit is None or file.tell() <= limit else f", more than {limit / 1000:.0f}"
    print(f"{path}: {image.width}x{image.height}, {file.tell() / 1000:.0f} kB{note}", flush=True)


def reduced(image: Image.Image, colours: int) -> Image.Image:
    """The picture in fewer colours: the commonest as they are, the others as near as can be.

    Pillow alone averages, which tints what is plain.
    """
    pixels = np.asarray(image).astype(np.int64) @ (1 << 16, 1 << 8, 1)
    codes, where, counts = np.unique(pixels, return_inverse=True, return_counts=True)
    common = codes[np.argsort(-counts)[: colours // 2]]
    others = image.quantize(colours - len(common), Image.Quantize.MAXCOVERAGE).getpalette() or []
    palette = np.concatenate([channels(common), np.reshape(others, (-1, 3))])
    far = ((channels(codes)[:, None] - palette) ** 2).sum(axis=2)
    found = Image.fromarray(far.argmin(axis=1).astype(np.uint8)[where].reshape(pixels.shape))
    found.putpalette(palette.astype(np.uint8).tobytes())
    return found


def channels(codes: np.ndarray) -> np.ndarray:
    """Red, green and blue of colours that are one number each."""
    return np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=-1)


@contextlib.contextmanager
def server(store: str) -> Iterator[str]:
    """MLflow's UI on a free port of this machine.

    Raises:
        RuntimeError: it ends, or does not answer in time.
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
            if not answers(process, f"{address}/health"):
                log.seek(0)
                last = "".join(log.readlines()[-10:])
                raise RuntimeError(f"mlflow server does not answer. It said last:\n{last}")
            yield address
        finally:
            stop(process)


def answers(process: subprocess.Popen[bytes], url: str) -> bool:
    """Whether a server comes up in time."""
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
        answer = ask(f"{api}/experiments/get-by-name?experiment_name={quote(experiment)}")
        number = answer["experiment"]["experiment_id"]
        finished = f"attributes.status = 'FINISHED' and {TRAINED}"
        body = {"experiment_ids": [number], "filter": finished, "max_results": 50}
        runs: list[dict[str, Any]] = ask(f"{api}/runs/search", body).get("runs", [])
    except HTTPError as error:
        message = json.loads(error.read()).get("message", error)
        raise RuntimeError(f"MLflow cannot list experiment {experiment}: {message}") from None
    except OSError as error:
        raise RuntimeError(f"MLflow's server went away: {error}") from None
    if not runs:
        raise RuntimeError(f"experiment {experiment} has no finished training runs.")
    return number, runs


def ask(url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """What MLflow answers to a request."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(url, data, headers), timeout=PATIENCE) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def choose(runs: list[dict[str, Any]], most: int = 4) -> list[str]:
    """Ids of the newest run of each model, or of the newest ones where there is but one model."""
    newest: dict[str, str] = {}
    for run in runs:
        params = {param["key"]: param["value"] for param in run["data"].get("params", [])}
        newest.setdefault(params.get("model", ""), run["info"]["run_id"])
    ids = list(newest.values()) if len(newest) > 1 else [run["info"]["run_id"] for run in runs]
    return ids[:most]


def prepare(chrome: Chrome, address: str, number: str) -> None:
    """Keep in the browser what the UI is to show, and no first-use dialogs."""
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


def wait(chrome: Chrome) -> WebDriverWait[Chrome]:
    """Looks again and again until something is there."""
    return WebDriverWait(chrome, PATIENCE, poll_frequency=0.1)


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


if __name__ == "__main__":
    main()
