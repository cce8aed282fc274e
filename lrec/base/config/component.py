"""The base of everything that a config can name."""

from __future__ import annotations

from typing import ClassVar


class Component:
    """A choice of a config group.

    Attributes:
        name: by which the config group knows it: the stem of its YAML file.
    """

    name: ClassVar[str]
