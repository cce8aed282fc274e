"""Errors for users: one line that says what was wrong, what was received, and what to do."""

from __future__ import annotations

import contextlib
import difflib
import re
import shlex
from collections.abc import Iterable, Iterator

# Of an address scheme, host and path may be shown. A login ends at the last @, for passwords hold
# every other sign; parameters end with the word, but for quotes and brackets around the address.
ADDRESS = re.compile(r"(?<=://)\S+")
CLOSING = r"(?=[\s'\"`)\]}>.,:;…]*(?:\s|$))"
PARAMETERS = re.compile(rf"([?#;])[^\s'\"`)\]}}>.,:;]\S*?{CLOSING}")
RELATIVE = re.compile(rf"\?[\w.%~+-]+=\S*?{CLOSING}")  # as in "with url: /files?key=…"
# What steers a terminal, breaks a line or turns the direction of writing, and what is no text.
CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
# Keras's additions to an error in a layer: colours, and all arguments of the call.
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CALL = re.compile(r"\s*Arguments received by \S+\(\):.*", re.DOTALL)
LONG = 60  # letters of a value that are shown
MANY = 300  # letters of a list of names that are shown


class ConfigError(ValueError):
    """A config that cannot be run, refused before any data is read."""


class DataError(ValueError):
    """Data that cannot be used as requested; the message says why, and what to do about it.

    Args:
        problems: one at least, each a sentence; several are numbered in one message.
    """

    def __init__(self, *problems: str) -> None:
        listing = " ".join(f"({n}) {text}" for n, text in enumerate(problems, 1))
        several = f"the data has {len(problems)} problems: {listing}"
        super().__init__(problems[0] if len(problems) == 1 else several)
        self.problems = problems


class MissingStoreError(RuntimeError):
    """A local store of runs that is to be read, and is not there."""


class Problems(list[str]):
    """Problems of data that are told together, so that nobody has to find them one by one."""

    @contextlib.contextmanager
    def collected(self) -> Iterator[None]:
        """Keep the problems of a `DataError` that is raised meanwhile."""
        try:
            yield
        except DataError as error:
            self.extend(error.problems)

    def refuse(self) -> None:
        """Raise them, if there are any.

        Raises:
            DataError: with all of them.
        """
        if self:
            raise DataError(*self)


class CommandFailed(BaseException):
    """Carrier of a command's error past Hydra, which would print it in its own format."""


def redact(text: str) -> str:
    """The text with scheme, host and path of the addresses in it, and `***` for all their rest.

    What looks like an address's parameters without its beginning is hidden too.
    """
    return RELATIVE.sub("?***", redact_addresses(text))


def redact_addresses(text: str) -> str:
    """The text with scheme, host and path of its addresses only, and all else as it is."""
    return ADDRESS.sub(_public, text)


def _public(address: re.Match[str]) -> str:
    """Host and path of an address, of which a file's may hold an @."""
    text = address[0]
    if not text.startswith("/") and "@" in text:
        text = f"***@{text.rpartition('@')[2]}"
    return PARAMETERS.sub(r"\1***", text, count=1)


def printable(text: str) -> str:
    """Text that may hold anything, in one line: control characters as Python writes them."""
    return CONTROL.sub(lambda control: repr(control[0])[1:-1], text)


def one_line(error: BaseException) -> str:
    """An error as one line, led by its kind where its text alone would not explain it.

    It holds no password: an error of MLflow, for one, names the address of its server. It steers no
    terminal: what it quotes of a file may hold anything.
    """
    return printable(redact(_one_line(error)))


def _one_line(error: BaseException) -> str:
    text = " ".join(CALL.sub("", COLOUR.sub("", str(error))).split())
    explained = isinstance(error, ValueError | RuntimeError | ArithmeticError) and text
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return text if explained else f"{type(error).__name__}: {text}".rstrip(": ")


def shown(value: object) -> str:
    """A value as Python writes it, cut short: it may come from a file, and hold anything."""
    return _cut(repr(value), LONG)


def listed(names: Iterable[object]) -> str:
    """Names in one line, cut short; those that cannot be seen in it as Python writes them."""
    texts = (str(name) for name in names)
    seen = (t if t.isprintable() and t == t.strip() else repr(t) for t in texts)
    return _cut(", ".join(seen), MANY)


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint at the most similar valid name, or nothing where none is similar."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" (did you mean {matches[0]}?)" if matches else ""


def as_list(key: str, value: object) -> str:
    """A value as the only one of a list, as one types it.

    >>> as_list("users", "K02122")
    "'users=[K02122]'"
    """
    return shlex.quote(f"{key}=[{_cut(printable(str(value)), LONG)}]")


def _cut(text: str, most: int) -> str:
    text = redact(text)  # first: the part cut off may be what makes it an address
    return text if len(text) <= most else f"{text[: most - 1]}…"
