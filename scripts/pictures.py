"""Pictures of comparison pages and of MLflow's UI, taken with a real browser.

    pip install selenium                    # and Chromium with its chromedriver, from the system
    python scripts/pictures.py --page comparison.html --out docs/pictures
    python scripts/pictures.py --store sqlite:///mlflow.db --experiment lrec --out docs/pictures

A page is taken as a desktop, a tablet and a phone see it, light and dark:
comparison_desktop_light.png and so on. Of a store come mlflow_runs.png, the training runs with a
column per metric, and mlflow_compare.png, the newest training run of each model side by side. That
is a check too: where MLflow does not show the metrics by bucket, it ends with exit code 1. Pictures
are made small by taking colours out.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from browser import browser, picture, save, show
from mlflow_pictures import mlflow_pictures, server
from PIL import Image

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

WIDTHS = {"desktop": 1280, "tablet": 768, "phone": 390}
SCHEMES = ("light", "dark")
BYTES = 150_000  # of a picture


def main() -> None:
    options = arguments()
    from selenium.common.exceptions import WebDriverException

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


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
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
    options = parser.parse_args(argv)
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


if __name__ == "__main__":
    main()
