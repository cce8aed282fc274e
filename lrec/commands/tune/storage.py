"""The storage of studies: a journal file or a database, which workers of several machines share."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from lrec.base.errors import one_line, redact_addresses
from lrec.base.silence import silenced
from lrec.base.uninterrupted import uninterrupted

if TYPE_CHECKING:
    from optuna.storages import BaseStorage

DEFAULT = Path("outputs", "studies.journal")
PATIENCE = 600.0  # seconds that a storage may be away
PAUSE = 2.0  # seconds between attempts
ATTEMPTS = 5  # to open a database, whose tables several processes may make at once
T = TypeVar("T")


class StorageAwayError(RuntimeError):
    """A storage that has not answered for long: nothing is wrong with what was to be stored."""


def open_storage(address: str | None) -> BaseStorage:
    """Open a storage, and make it where there is none.

    Args:
        address: a file, or a database's address, `postgresql://user:password@host/name`.

    Raises:
        RuntimeError: it cannot be opened.
    """
    import optuna
    from optuna.storages import JournalStorage

    from lrec.commands.tune.trials.journal_file import JournalFile

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        if address is not None and "://" in address:
            return _database(with_driver(address))
        path = Path(address or DEFAULT).expanduser()
        path.parent.mkdir(parents=True, exist_ok=True)
        return JournalStorage(JournalFile(path))
    except ImportError as error:
        raise RuntimeError(
            f"this database needs a driver ({error.name}); for PostgreSQL: pip install "
            "'lrec[server]'"
        ) from None
    except Exception as error:
        raise RuntimeError(
            f"the storage of studies cannot be opened: {short(error)}. "
            f"Received: storage={_shown(address)}"
        ) from None


def with_driver(address: str) -> str:
    """A database's address, one of PostgreSQL with the driver that lrec[server] installs.

    SQLAlchemy's own choice has changed from release to release.

    >>> with_driver("postgresql://host/studies")
    'postgresql+psycopg2://host/studies'
    """
    scheme, rest = address.split("://", 1)
    return f"postgresql+psycopg2://{rest}" if scheme in ("postgres", "postgresql") else address


def _database(address: str) -> BaseStorage:
    from optuna.storages import RDBStorage
    from sqlalchemy.exc import DatabaseError

    for attempt in range(ATTEMPTS):
        try:
            with silenced():
                return RDBStorage(address, engine_kwargs={"pool_pre_ping": True})
        except DatabaseError:
            if attempt == ATTEMPTS - 1:
                raise
            time.sleep(PAUSE / ATTEMPTS)
    raise AssertionError


def is_remote(storage: BaseStorage) -> bool:
    """True if a call to a storage may wait for a network."""
    from optuna.storages import RDBStorage

    return isinstance(storage, RDBStorage) and not str(storage.url).startswith("sqlite")


def patiently(call: Callable[[], T], patience: float = PATIENCE, interruptible: bool = True) -> T:
    """The result of a call to a storage, tried again for minutes while the storage is away.

    Args:
        interruptible: False to let Ctrl-C and SIGTERM wait until a call has ended.

    Raises:
        StorageAwayError: it did not come back.
    """
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import DBAPIError

    deadline, told = time.monotonic() + patience, False
    while True:
        try:
            with uninterrupted(not interruptible):
                return call()
        except (StorageInternalError, DBAPIError, OSError) as error:
            if time.monotonic() > deadline:
                raise StorageAwayError(
                    f"the storage of studies has not answered for {patience:.0f} seconds: "
                    f"{short(error)}. The same command goes on when it does."
                ) from None
            if not told:  # beside a trial's own output, which goes to a file
                print(
                    f"lrec: the storage of studies does not answer, and is asked again for "
                    f"{patience:.0f} seconds: {short(error)}",
                    file=sys.stderr,
                )
                told = True
            time.sleep(PAUSE)


def short(error: Exception) -> str:
    """The cause of a storage's error in one line, without the statement that it was raised for."""
    cause = error.__cause__ or error
    original = getattr(cause, "orig", None)
    return one_line(original if isinstance(original, Exception) else cause)


def _shown(address: str | None) -> str:
    """An address without its password."""
    return redact_addresses(str(address or DEFAULT))
