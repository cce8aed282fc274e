"""Pictures: all but what needs a browser, and with one a page."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import browser
import mlflow_pictures
import numpy as np
import pictures
import pytest
from PIL import Image


def test_few_colours_keep_the_commonest(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    pixels = np.full((60, 60, 3), (18, 52, 86), np.uint8)
    pixels[:20] = generator.integers(0, 256, (20, 60, 3))
    few = browser.reduced(Image.fromarray(pixels), 32)
    shown = np.asarray(few.convert("RGB"))
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) <= 32
    assert (shown[20:] == (18, 52, 86)).all()


def test_saved_picture_says_its_size(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    browser.save(Image.new("RGB", (30, 20), "white"), tmp_path / "a" / "b.png", 150_000)
    assert Image.open(tmp_path / "a" / "b.png").size == (30, 20)
    assert "b.png: 30x20, 1 kB" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "complaint"),
    [
        ([], "nothing to take a picture of"),
        (["--page", "missing.html"], "there is no file missing.html"),
        (["--store", "sqlite:///missing.db"], "there is no store missing.db"),
        (["--store", "http://a", "--height", "0"], "--height needs to be positive"),
    ],
)
def test_options_are_checked(
    argv: list[str], complaint: str, capsys: pytest.CaptureFixture
) -> None:
    with pytest.raises(SystemExit):
        pictures.arguments(argv)
    assert complaint in capsys.readouterr().err


def run(name: str, model: str) -> dict[str, Any]:
    return {"info": {"run_id": name}, "data": {"params": [{"key": "model", "value": model}]}}


def test_newest_run_of_each_model_is_compared() -> None:
    runs = [run("a", "vae"), run("b", "vae"), run("c", "ease")]
    assert mlflow_pictures.choose(runs) == ["a", "c"]
    assert mlflow_pictures.choose(runs[:2]) == ["a", "b"]


def test_mlflow_lists_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    responses = {"get-by-name": {"experiment": {"experiment_id": "7"}}, "search": {"runs": [{}]}}

    def call(url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return next(found for name, found in responses.items() if f"/{name}" in url)

    monkeypatch.setattr(mlflow_pictures, "call", call)
    assert mlflow_pictures.find("http://a", "lrec") == ("7", [{}])
    responses["search"] = {}
    with pytest.raises(RuntimeError, match="no finished training runs"):
        mlflow_pictures.find("http://a", "lrec")


def test_page_in_a_browser(tmp_path: Path) -> None:
    pytest.importorskip("selenium", reason="needs selenium")
    if not (shutil.which("chromedriver") and shutil.which("chromium")):
        pytest.skip("needs chromium and its chromedriver")
    page = tmp_path / "page.html"
    page.write_text("<p>Hello")
    with browser.browser() as chrome:
        taken = dict(pictures.page_pictures(chrome, page, 400, False))
    assert taken.keys() == {
        f"page_{device}_{scheme}.png" for device in pictures.WIDTHS for scheme in pictures.SCHEMES
    }
