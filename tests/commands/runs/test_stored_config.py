"""Stored configs, which may be a stranger's: plain values, or refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.composing import composed
from omegaconf import OmegaConf

from lrec.commands.runs.stored_config import read_stored_config, stored_text

LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [*{before}, *{before}]\n"
    for before, name in zip("abcdefghijklmnopqrstuvwxy", "bcdefghijklmnopqrstuvwxyz", strict=True)
)


def test_configs_of_lrec_are_read_as_they_are(tmp_path: Path) -> None:
    values = OmegaConf.to_container(
        composed("dataset=csv", "dataset.path='josé.csv'"), resolve=True
    )
    path = tmp_path / "config.yaml"
    for text in (stored_text(values), OmegaConf.to_yaml(values)):  # an older lrec's has no digest
        path.write_text(text, encoding="utf-8")
        assert read_stored_config(path, "r1") == values


@pytest.mark.parametrize(
    ("now", "after"),
    [("seed: 1", "seed: 3"), ("# sha256", "! sha256"), ("sha256: ", "sha257: "), ("\n#", "\x0b#")],
)
def test_config_that_is_damaged_is_refused(now: str, after: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    text = stored_text({"model": {"_target_": "lrec.model.ease.EASE"}, "seed": 1})
    assert now in text
    path.write_text(text.replace(now, after), encoding="utf-8")
    with pytest.raises(RuntimeError, match=r"run r1, config\.yaml, cannot be read: it is damaged"):
        read_stored_config(path, "r1")


@pytest.mark.parametrize(
    "text",
    [
        "a: ${oc.env:HOME}",
        'a: "\\x24{oc.env:HOME}"',
        'a: "\\u0024{oc.env:HOME}"',
        'a: "$\\\n  {oc.env:HOME}"',
        'a: {b: [1, {c: "\\x24{oc.env:HOME}"}]}',
        '"\\x24{oc.env:HOME}": 1',
        'a: "\\\\\\x24{oc.env:HOME}"',  # an escaped one, plain only until it is resolved again
        'a: !!str "\\x24{oc.env:HOME}"',
    ],
)
def test_interpolations_are_found_however_they_are_written(text: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(RuntimeError, match="run r1 holds an interpolation"):
        read_stored_config(path, "r1")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: &x {b: 1}\nc: *x", r"has an alias, \*x"),
        (LAUGHS, r"has an alias, \*a"),
        ("a: &x [*x]", "has an alias"),
        ("a: " + "[" * 50_000, "deeper than 20 levels"),
        ("a: " + "{a: " * 21 + "1" + "}" * 21, "deeper than 20 levels"),
        ("a: " + "x" * 1_000_000, "longer than 1,000,000 letters"),
        ("a: " + "9" * 5_000, "cannot be read: Exceeds the limit"),
        ("a: [1", "cannot be read"),
        ("a: !!python/object:os.system x", "could not determine a constructor"),
        ("a: !!binary aGk=", "not of keys and plain values"),
        ("a: !!set {x}", "cannot be read"),
        ("a: 1\na: 2", "duplicate key"),
        ("[1]", "not of keys and plain values"),
        ("\x00", "cannot be read"),
        ("model: {_target_: lrec.models.vae.VAE}", "run r1 was made by an older lrec: train it"),
        ("a: {b: {_target_: lrec.model.nothing.X}}", "run r1 was made by an older lrec: train it"),
        ("a: {_target_: lrec.nothing.more.X}", "run r1 was made by an older lrec: train it"),
    ],
)
def test_what_lrec_does_not_write_is_refused(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(RuntimeError, match=words) as caught:
        read_stored_config(path, "r1")
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(b"a: \xff")
    with pytest.raises(RuntimeError, match=r"run r1, config\.yaml, cannot be read"):
        read_stored_config(path, "r1")
