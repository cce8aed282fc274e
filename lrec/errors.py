"""Errors meant for people: one line that says what was wrong, what was received, what to do."""

from __future__ import annotations

from collections.abc import Iterable

LONG = 60  # letters of a value that are shown
MANY = 300  # letters of a list of names that are shown


class ConfigError(ValueError):
    """A config that cannot be run; found before any data is read."""


class Failed(BaseException):
    """Carries a command's error past Hydra, which would print it in its own way."""


def one_line(error: BaseException) -> str:
    """An error as one line, led by its kind where its text alone would not explain it."""
    text = " ".join(str(error).split())
    explained = isinstance(error, ValueError | RuntimeError | ArithmeticError) and text
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return text if explained else f"{type(error).__name__}: {text}".rstrip(": ")


def shown(value: object) -> str:
    """A value as Python writes it, cut short: it may come from a file, and hold anything."""
    return _cut(repr(value), LONG)


def listed(names: Iterable[object]) -> str:
    """Names in one line, cut short; those that cannot be printed as Python writes them."""
    texts = (str(name) for name in names)
    return _cut(", ".join(text if text.isprintable() else repr(text) for text in texts), MANY)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
