"""Assertions on YAML files that say what is wrong in one line, with the file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lrec.testing.components import (
    assert_arguments_are_annotated,
    assert_keys_are_arguments,
    assert_keys_are_commented,
)

FILES = {
    "": r"names no class: _target_: PACKAGE.MODULE.CLASS is needed",
    "_target_: here.Nowhere": "_target_ here.Nowhere cannot be imported: No module named 'here'",
    "a: 1\nc: ???": "b is missing, an argument of the constructor of Example: b: 0.5",
    "a: 1\nb: 0.5\nc: ???\nd: 2": "d is no argument of the constructor of Example",
    "a: [2]\nb: 0.25\nc: x": "a is [2], and 1 in the constructor of Example; b is 0.25, and 0.5 in "
    'the constructor of Example; c is "x", and ??? in the constructor of Example',
    "b: 0.5\na: 1\nc: ???": "in another order than in the constructor of Example: a, b, c",
}


class Example:
    """A component."""

    def __init__(self, a: int = 1, b: float = 0.5, *, c: str) -> None:
        pass


class Bare:
    """One without types."""

    def __init__(self, a, b: int = 1) -> None:  # type: ignore[no-untyped-def]
        pass


@pytest.mark.parametrize(("text", "problem"), FILES.items())
def test_file_argument_and_both_values_are_named(text: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "example.yaml"
    target = f"_target_: {__name__}.Example\n" if text and "_target_" not in text else ""
    path.write_text(f"{target}{text}\n")
    with pytest.raises(AssertionError, match=f"^{re.escape(str(path))}:? .*{re.escape(problem)}"):
        assert_keys_are_arguments(path)


def test_file_that_has_the_arguments_passes(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"_target_: {__name__}.Example\na: 1\nb: 0.5\nc: ???\n")
    assert_keys_are_arguments(tmp_path / "a.yaml")


def test_arguments_without_types_and_keys_without_comments_are_named(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"Bare: arguments without a type: a\b"):
        assert_arguments_are_annotated(Bare)
    path = tmp_path / "a.yaml"
    path.write_text("_target_: a.B\na: 1\n")
    with pytest.raises(AssertionError, match=f"^{path}: the file has no comment of its own"):
        assert_keys_are_commented(path)
    path.write_text("# Of mine.\n_target_: a.B\na: 1\nb: 2 # of it\n")
    with pytest.raises(AssertionError, match=f"^{path}: keys without a comment behind them: a\\b"):
        assert_keys_are_commented(path)
