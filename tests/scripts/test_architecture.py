"""The picture of the architecture, and the functions that find what imports what."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import architecture
import pytest


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of two rooms, of which the upper imports the lower, also inside a function."""
    files = {
        "p/__init__.py": "",
        "p/__main__.py": "from p.cli.main import main",
        "p/cli/__init__.py": "",
        "p/cli/main.py": "import os\n\ndef main():\n    from p.base.errors import Error\n",
        "p/base/__init__.py": "",
        "p/base/errors.py": "from p import __version__\nfrom p.base import arrays\n",
        "p/base/arrays.py": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "p"


def test_imports_inside_functions_count(package: Path) -> None:
    found = architecture.imports(package / "cli" / "main.py")
    assert [(i.name, i.at_once) for i in found] == [("os", True), ("p.base.errors.Error", False)]


def test_imports_for_typing_count_but_not_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("if TYPE_CHECKING:\n    import pandas as pd\nimport p\n")
    found = architecture.imports(path)
    assert [(i.name, i.at_once) for i in found] == [("pandas", False), ("p", True)]


def test_relative_imports_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("from . import b\n")
    with pytest.raises(ValueError, match="absolute"):
        architecture.imports(path)


def test_arrows_and_those_upwards(package: Path) -> None:
    assert architecture.arrows(package) == {("cli", "base"): 1}
    (package / "base" / "arrays.py").write_text("def f():\n    from p.cli import main\n")
    found = architecture.arrows(package)
    assert architecture.upwards(found, ("cli", "base")) == ["base → cli"]


def test_command_prints_every_folder_and_no_arrow_upwards(capsys: pytest.CaptureFixture) -> None:
    assert architecture.main([]) == 0
    printed = capsys.readouterr().out
    assert "lrec/evaluation/metric " in printed
    assert "arrows between the rooms" in printed
    assert "cli → commands" in printed


def test_picture_of_the_docs_is_up_to_date() -> None:
    text = architecture.picture(architecture.arrows(architecture.PACKAGE))
    ElementTree.fromstring(text)
    path = architecture.PACKAGE.parent / "docs" / "pictures" / "architecture.svg"
    assert path.read_text() == text, "run scripts/architecture.py --svg"


def test_table_of_the_docs_has_no_arrow_that_is_gone() -> None:
    text = (architecture.PACKAGE.parent / "docs" / "architecture.md").read_text()
    rows = set(re.findall(r"^\| (\w+) → (\w+) \|", text, re.MULTILINE))
    assert rows - architecture.arrows(architecture.PACKAGE).keys() == set()
