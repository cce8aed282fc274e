"""Chromium without a window, and small PNGs of what it shows. Needs selenium only when it runs."""

from __future__ import annotations

import base64
import contextlib
import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from selenium.webdriver import Chrome
    from selenium.webdriver.support.ui import WebDriverWait

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


@contextlib.contextmanager
def browser() -> Iterator[Chrome]:
    """The system's Chromium, with a profile of its own that is removed afterwards."""
    from selenium.webdriver import Chrome, ChromeOptions
    from selenium.webdriver.chrome.service import Service

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


def show(chrome: Chrome, scheme: str, width: int, height: int, phone: bool = False) -> None:
    """Set the colour scheme and the size that a page is shown with."""
    features = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
    named = [{"name": name, "value": value} for name, value in features.items()]
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": named})
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def picture(chrome: Chrome, width: int, height: int | None = None) -> Image.Image:
    """A screenshot of the page, from its top to a height or to its end."""
    whole = chrome.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
    if whole["width"] > width:
        print(f"warning: the page is {whole['width']} px wide on a screen of {width} px")
    tall = min(whole["height"], height or whole["height"])
    clip = {"x": 0, "y": 0, "width": width, "height": tall, "scale": 1}
    shot = chrome.execute_cdp_cmd(
        "Page.captureScreenshot", {"format": "png", "clip": clip, "captureBeyondViewport": True}
    )
    return Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB")


def wait(chrome: Chrome) -> WebDriverWait[Chrome]:
    """Poll until a condition holds."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(chrome, PATIENCE, poll_frequency=0.1)


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
    """The image in fewer colours: the commonest unchanged, the others by the nearest of a palette.

    Pillow alone averages, which tints plain areas.
    """
    pixels = np.asarray(image).astype(np.int64) @ (1 << 16, 1 << 8, 1)
    codes, index, counts = np.unique(pixels, return_inverse=True, return_counts=True)
    common = codes[np.argsort(-counts)[: colours // 2]]
    others = image.quantize(colours - len(common), Image.Quantize.MAXCOVERAGE).getpalette() or []
    palette = np.concatenate([channels(common), np.reshape(others, (-1, 3))])
    far = ((channels(codes)[:, None] - palette) ** 2).sum(axis=2)
    result = Image.fromarray(far.argmin(axis=1).astype(np.uint8)[index].reshape(pixels.shape))
    result.putpalette(palette.astype(np.uint8).tobytes())
    return result


def channels(codes: np.ndarray) -> np.ndarray:
    """Red, green and blue of colours that are one number each."""
    return np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=-1)
