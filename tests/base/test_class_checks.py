"""Classes of a plugin that do not keep to their bases, refused in one line before data is read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lrec.base.errors import ConfigError
from lrec.cli.from_python import composed

MODEL = """
from lrec.model import Model

class Foo(Model):
    name = "foo"

    def __init__(self, neighbours: int = 100, damping: float = 1.0) -> None:
        pass

    def fit(self, split, schedule, strategy, seed, callback):
        self.catalogue = split.catalogue

    def score(self, histories):
        return 0

    def state(self):
        return {}

    def restore(self, state, catalogue):
        self.catalogue = catalogue
"""
ASKED = "self, split, schedule, strategy, seed, callback"
REFUSED = {
    "another name": ('"foo"', '"fo_o"', "set name = 'foo' in class Foo, or rename the files. "
                     "Received: name = 'fo_o' in mine.model.foo.Foo ["),
    "a name of lrec's": ('"foo"', '"ease"', "a component has the name of its YAML file"),
    "few parameters": (f"fit({ASKED}", "fit(self, split", f"fit of class Foo must take ({ASKED}), "
                       "as that of Model does. Received: (self, split) in mine.model.foo.Foo"),
    "a parameter more": ("score(self, ", "score(self, users, ", "score of class Foo must take "
                         "(self, histories)"),
    "keywords": ("damping: float = 1.0", "**kw", "takes named settings only, each with a type: "
                 "name them in place of **kw. Received: mine.model.foo.Foo"),
    "bad syntax": ("return 0", "return (", r"cannot be imported, SyntaxError: '(' was never "
                   "closed (foo.py, line 14). Received: 'mine.model.foo.Foo'"),
    "an error": ("class Foo", "x = 1 / 0\nclass Foo", "cannot be imported, division by zero "
                 "(foo.py:4). Received"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", REFUSED)
def test_class_is_refused_when_it_is_built(folder: Path, mistake: str) -> None:
    old, new, reason = REFUSED[mistake]
    assert old in MODEL
    (folder / "mine" / "model" / "foo.py").write_text(MODEL.replace(old, new))
    with (
        pytest.raises(ConfigError, match=f"^model.*{re.escape(reason)}.*foo.yaml") as refused,
        composed("train", ["plugins=[mine]", "model=foo"], folder),
    ):
        pass
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (ASKED, "self, split, *others"),
        (ASKED, "self, data, a=None, b=None, seed=0, callback=None, more=1"),
        ("self, histories", "self, *arguments, **more"),
    ],
)
def test_parameters_of_other_names_and_more_with_defaults_are_fine(
    folder: Path, old: str, new: str
) -> None:
    """For they are called by position."""
    (folder / "mine" / "model" / "foo.py").write_text(MODEL.replace(old, new))
    with composed("train", ["plugins=[mine]", "model=foo"], folder) as call:
        assert call.settings.model.name == "foo"


def test_yaml_without_a_target_is_named(folder: Path) -> None:
    file = folder / "conf" / "model" / "foo.yaml"
    file.write_text("neighbours: 5\n")
    with (
        pytest.raises(ConfigError, match=f"have a _target_.*{re.escape(str(file))}"),
        composed("train", ["plugins=[mine]", "model=foo"], folder),
    ):
        pass
