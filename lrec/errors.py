"""Errors meant for people: one line that says what was wrong, what was received, what to do."""

from __future__ import annotations


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
