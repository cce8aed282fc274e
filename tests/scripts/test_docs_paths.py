"""Files, functions and tests that the documentation names are there."""

from __future__ import annotations

import re

import architecture

ROOT = architecture.PACKAGE.parent
DOCS = ROOT / "docs"
PAGES = [*ROOT.glob("*.md"), *DOCS.glob("*.md")]
PATH = re.compile(r"(?<![\w/])(?:lrec|conf|scripts|tests)/[\w/.<>]*")
# Components that readers add themselves, following the recipes.
NEW = ("mine", "graph", "first_hit", "foo")


def test_paths_exist() -> None:
    offenders = []
    for page in PAGES:
        for path in PATH.findall(page.read_text()):
            name = path.rstrip(".")
            if "<" in name or name.rpartition("/")[2].partition(".")[0] in NEW:
                continue
            if not any((ROOT / f"{name}{end}").exists() for end in ("", ".py", ".yaml")):
                offenders.append(f"{page.name}: {path}")
    assert offenders == []


def test_names_of_the_architecture_exist() -> None:
    text = (DOCS / "architecture.md").read_text()
    code = "\n".join(path.read_text() for path in architecture.PACKAGE.rglob("*.py"))
    names = set(re.findall(r"`(?:\w+\.)?(_?[a-z]+(?:_[a-z]+)+|[A-Z]\w+)`", text))
    names -= {"_target_", "train_history"}
    assert {n for n in names if not re.search(rf"(def|class) {n}\b", code)} == set()


def test_tests_of_the_faults_exist() -> None:
    """A contract's tests lie in lrec/testing/ and run by a file of tests/contract/."""
    offenders = []
    shared = "\n".join(path.read_text() for path in (ROOT / "lrec" / "testing").glob("*.py"))
    for file, name in re.findall(
        r"([\w/]+\.py)::(test_\w+)", (DOCS / "reliability.md").read_text()
    ):
        path = ROOT / "tests" / file
        code = path.read_text() if path.exists() else ""
        if code and file.startswith("contract/"):
            code += shared
        if f"def {name}(" not in code:
            offenders.append(f"{file}::{name}")
    assert offenders == []
