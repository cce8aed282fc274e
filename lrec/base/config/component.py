"""The base of everything that a config can name."""

from __future__ import annotations

from typing import ClassVar


class Component:
    """A choice of a config group.

    Attributes:
        name: by which the config group knows it: the stem of its YAML file.
        required: attributes that a subclass sets, in the class or in its constructor, beside those
            of the bases; a component without one is refused when it is built.
        one_of: methods of which a subclass defines one at least; refused likewise.
    """

    name: ClassVar[str]
    required: ClassVar[tuple[str, ...]] = ("name",)
    one_of: ClassVar[tuple[str, ...]] = ()
