"""Errors for users: one line that says what was wrong, what was received, and what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

# The login in an address; and a secret parameter of one, by the last word of its name.
LOGIN = re.compile(r"(?<=://)[^\s/'\"]*(?=@)")
SECRET = re.compile(
    r"([?&;](?:[\w.-]*[_.-])?(?:password|passwd|pwd|token|secret|key|signature|sig)=)[^\s&;#'\"]*",
    re.IGNORECASE,
)
LONG = 60  # letters of a value that are shown
MANY = 300  # letters of a list of names that are shown


class ConfigError(ValueError):
    """A config that cannot be run, refused before any data is read."""


class DataError(ValueError):
    """Data that cannot be used as requested; the message says why, and what to do about it."""


class CommandFailed(BaseException):
    """Carrier of a command's error past Hydra, which would print it in its own format."""


def redact(text: str) -> str:
    """The text with `***` for the passwords and tokens of the addresses in it."""
    return SECRET.sub(r"\1***", LOGIN.sub(_user, text))


def _user(login: re.Match[str]) -> str:
    """A login without its password; `***` where it has no user name."""
    name, colon, _ = login[0].partition(":")
    return f"{name}:***" if colon else "***"


def one_line(error: BaseException) -> str:
    """An error as one line, led by its kind where its text alone would not explain it.

    It holds no password: an error of MLflow, for one, names the address of its server.
    """
    return redact(_one_line(error))


def _one_line(error: BaseException) -> str:
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


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint at the most similar valid name, or nothing where none is similar."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" (did you mean {matches[0]}?)" if matches else ""


def _cut(text: str, most: int) -> str:
    text = redact(text)  # first: the part cut off may be what makes it an address
    return text if len(text) <= most else f"{text[: most - 1]}…"
