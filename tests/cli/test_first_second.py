"""A bad file is refused before the libraries that take seconds to import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from helpers.cli import plain

PROGRAM = """
import sys
from lrec.cli.main import main
try:
    status = main()
except SystemExit as end:  # of a sweep
    status = end.code
print(status, sorted({"mlflow", "tensorflow", "keras"} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    "words",
    [
        ("train", "model=vae"),
        ("train", "-m", "model=vae,ease"),
        ("tune", "candidates=[vae]", "trials=2"),
        ("compare", "candidates=[vae,ease]"),
    ],
    ids=" ".join,
)
def test_bad_columns_are_named_before_tensorflow_and_mlflow_load(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "bad.csv").write_text("who,what\n1,2\n")
    arguments = [*words, "dataset=csv", "dataset.path=bad.csv"]
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(
        command, cwd=tmp_path, env=plain(), capture_output=True, text=True, timeout=100, check=False
    )
    assert "bad.csv has no user column" in done.stderr
    assert done.stdout.splitlines()[-1] == "1 []"
    assert not (tmp_path / "mlflow.db").exists()


def test_python_m_lrec_is_lrec() -> None:
    command = [sys.executable, "-m", "lrec", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
    assert done.stdout.startswith("lrec ")
