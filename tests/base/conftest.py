"""A plugin for tests: the template of the documentation."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrec.base.config import conf, plugins
from lrec.base.config.conf import PACKAGE

TEMPLATE = PACKAGE.parent / "docs" / "plugin_template"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The template outside of the repository, in a process that knows no plugin."""
    shutil.copytree(TEMPLATE, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.delenv(plugins.VARIABLE, raising=False)
    monkeypatch.setattr(plugins, "_here", plugins.Plugins([], [], set()))
    monkeypatch.setattr(conf, "_added", [])
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name in [name for name in sys.modules if name.partition(".")[0] == "mine"]:
        monkeypatch.delitem(sys.modules, name)
    yield tmp_path / "work"
    for name in [name for name in sys.modules if name.partition(".")[0] == "mine"]:
        del sys.modules[name]
