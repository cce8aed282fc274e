"""The names that `import lrec` offers."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

import lrec
from lrec.base.config.conf import PACKAGE

HEAVY = {"numpy", "pandas", "tensorflow", "keras", "mlflow", "hydra", "omegaconf", "rich"}


def test_import_is_cheap() -> None:
    code = (
        "import sys, time; start = time.process_time(); import lrec\n"
        "print(time.process_time() - start, *{m.partition('.')[0] for m in sys.modules})"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, *loaded = ran.stdout.split()
    assert float(seconds) < 0.1
    assert not HEAVY & set(loaded)


def test_no_public_name_is_a_folder() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    assert folders >= {"data", "training", "evaluation"}
    assert folders & set(lrec.__all__) == set()


def test_every_name_is_there_typed_and_documented() -> None:
    text = (PACKAGE.parent / "docs" / "python.md").read_text()
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    (typed,) = (node for node in tree.body if isinstance(node, ast.If))
    names = {alias.name for node in typed.body for alias in node.names}  # type: ignore[attr-defined]
    assert isinstance(typed.orelse[0], ast.FunctionDef), "no checker of types sees __getattr__"
    public = set(lrec.__all__) - {"__version__"}
    assert names == public
    assert public <= set(dir(lrec))
    for name in public:
        assert getattr(lrec, name).__doc__, name
        assert f"`lrec.{name}" in text or f"lrec.{name}(" in text, name
    assert (PACKAGE / "py.typed").exists()


def test_other_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        _ = lrec.trian
