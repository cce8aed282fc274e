"""Help of a command: every key with the comment of its file."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lrec.base.config.conf import CONF
from lrec.base.errors import ConfigError
from lrec.cli.help import command_help
from lrec.cli.table import COMMANDS


def comments(*files: str) -> list[str]:
    """The comments behind keys in files of conf/, but for the lists of defaults."""
    lines = [line for file in files for line in (CONF / file).read_text().splitlines()]
    return [line for line in lines if line[:1].isalpha() and " # " in line]


def test_a_command_shows_every_key_of_its_files_with_its_comment() -> None:
    text = command_help("compare", [])
    found = comments("compare.yaml", "config.yaml", "model/vae.yaml", "schedule/standard.yaml")
    assert len(found) > 20
    assert [line for line in found if line not in text] == []
    assert "\n  _target_:" not in text
    assert "\n  defaults:" not in text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    assert command_help(command, []).startswith(f"lrec {command}: {COMMANDS[command].summary}")


def test_a_model_is_shown_alone() -> None:
    text = command_help("train", ["model=vae,ease", "seed=3"])
    assert [line for line in text.splitlines() if line.startswith("conf/")] == [
        "conf/model/vae.yaml",
        "conf/model/ease.yaml",
    ]
    assert all(line in text for line in comments("model/vae.yaml", "model/ease.yaml"))


def test_a_file_comes_with_its_base() -> None:
    text = command_help("train", ["dataset=movielens_1m"])
    assert "conf/dataset/base/published.yaml" in text


def test_an_unknown_choice_is_named() -> None:
    with pytest.raises(ConfigError, match=r"model=eas: no such model \(did you mean ease\?\)"):
        command_help("train", ["model=eas"])


def test_reader_that_has_read_enough_gets_no_traceback() -> None:
    command = f"{sys.executable} -m lrec train --help | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("lrec train: ")
    assert done.stderr == ""
