"""The words of the code: docstrings, names that are no longer used, and examples that run."""

from __future__ import annotations

import ast
import doctest
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from architecture import modules

from lrec.base.config.conf import PACKAGE

QUESTION = re.compile(r'"""((?:What|Who|How|Whether|Where|Why|When)\b.*)')
# Names of an earlier vocabulary, by kind; docs/architecture.md#glossary has today's.
OLD = {
    "module": """
        archive asking atlas campaign candidates contest draws formats judge leftover migration
        negatives outcomes pairing panel people portable quiet reasons report verdict watch watcher
        wording
    """,
    "class": """
        Archive Asked Bystander Followed Follower Game Judge Learnt Losses Onward Outcome Panel
        Played Player Standard Turn Unkept Verdict Watch Watcher
    """,
    "function": """
        asked askable begin beside code concealed hushed judge kept learnt onward own people place
        places played represent simple told turns watch
    """,
    "attribute": """
        asked askable begin beside code concealed kept learnt onward own people place places player
        players simple told turns verdict watch watcher
    """,
}


def statements(package: Path) -> Iterator[tuple[str, ast.AST, ast.AST]]:
    """Every node of every module, with its parent."""
    for name, path in modules(package).items():
        for parent in ast.walk(ast.parse(path.read_text())):
            for node in ast.iter_child_nodes(parent):
                yield name, parent, node


def identifiers(package: Path) -> Iterator[tuple[str, str, str]]:
    """What is defined: its kind, module and name."""
    for name in modules(package):
        yield from (("module", name, part) for part in name.split(".")[1:])
    for name, parent, node in statements(package):
        match node:
            case ast.ClassDef():
                yield "class", name, node.name
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield "function", name, node.name
            case ast.AnnAssign(target=ast.Name(id=target)) if isinstance(parent, ast.ClassDef):
                yield "attribute", name, target
            case ast.Assign(targets=[ast.Name(id=target)]) if isinstance(parent, ast.ClassDef):
                yield "attribute", name, target
            case ast.Attribute(value=ast.Name(id="self"), attr=target, ctx=ast.Store()):
                yield "attribute", name, target


def old_words(package: Path) -> list[str]:
    return sorted(
        {
            f"{kind} {name} of {module}"
            for kind, module, name in identifiers(package)
            if name in OLD[kind].split()
        }
    )


def questions(package: Path) -> list[str]:
    """Docstrings that open with a question word."""
    return [
        f"{name}: {line}"
        for name, path in modules(package).items()
        for line in QUESTION.findall(path.read_text())
    ]


def undocumented(package: Path) -> list[str]:
    """Public classes and functions of modules that have no docstring."""
    return [
        f"{name}.{node.name}"
        for name, parent, node in statements(package)
        if isinstance(parent, ast.Module)
        and isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]


PLANTED = {
    old_words: ("class Judge:\n    own: int\n    def begin(self):\n        self.told = 1", 4),
    questions: ('def one():\n    """What it is."""\nclass A:\n    """Whether it is."""', 2),
    undocumented: ("def one(): ...\nclass Two: ...\ndef _three(): ...", 2),
}


@pytest.mark.parametrize("rule", PLANTED)
def test_the_package_has_no(rule: object) -> None:
    assert callable(rule)
    assert rule(PACKAGE) == []


@pytest.mark.parametrize("rule", PLANTED)
def test_offenders_are_found_by(rule: object, tmp_path: Path) -> None:
    assert callable(rule)
    text, n = PLANTED[rule]  # type: ignore[index]
    (tmp_path / "judge.py").write_text(text)
    modules_too = rule is old_words
    assert len(rule(tmp_path)) == n + modules_too


def test_examples_in_docstrings_run() -> None:
    attempted, failed = 0, []
    for name, path in modules(PACKAGE).items():
        if ">>> " in path.read_text():
            result = doctest.testmod(importlib.import_module(name))
            attempted += result.attempted
            failed += [name] * bool(result.failed)
    assert failed == []
    assert attempted > 0
