"""The base of everything that a config can name."""

from __future__ import annotations


class Component:
    """A choice of a config group, which has the name of its file."""

    @property
    def name(self) -> str:
        return type(self).__module__.rpartition(".")[2]
