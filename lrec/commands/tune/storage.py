"""The storage of studies: a journal file or a database, which workers of several machines share."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from lrec.base.errors import one_line, redact_addresses
from lrec.base.silence import silenced

if TYPE_CHECKING:
    from optuna.storages import BaseStorage

DEFAULT = Path("outputs", "studies.journal")
PATIENCE = 600.0  # seconds that a storage may be away
PAUSE = 2.0  # seconds between attempts
T = TypeVar("T")


def open_storage(address: str | None) -> BaseStorage:
    """Open a storage, and make it where there is none.

    Args:
        address: a file, or a database's address, `postgresql://user:password@host/name`.

    Raises:
        RuntimeError: it cannot be opened.
    """
    import optuna
    from optuna.storages import JournalStorage, RDBStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        if address is not None and "://" in address:
            with silenced():
                return RDBStorage(address, engine_kwargs={"pool_pre_ping": True})
        path = Path(address or DEFAULT)
        path.parent.mkdir(parents=True, exist_ok=True)
        return JournalStorage(JournalFileBackend(str(path), JournalFileOpenLock(str(path))))
    except Exception as error:
        shown = redact_addresses(str(address or DEFAULT))
        raise RuntimeError(
            f"the storage of studies cannot be opened: {one_line(error)}. Received: storage={shown}"
        ) from None


def patiently(call: Callable[[], T]) -> T:
    """The result of a call to a storage, tried again for minutes while the storage is away.

    Raises:
        RuntimeError: it did not come back.
    """
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import DBAPIError

    deadline, told = time.monotonic() + PATIENCE, False
    while True:
        try:
            return call()
        except (StorageInternalError, DBAPIError, OSError) as error:
            if time.monotonic() > deadline:
                raise RuntimeError(
                    f"the storage of studies has not answered for {PATIENCE:.0f} seconds: "
                    f"{redact_addresses(one_line(error))}. The same command goes on when it does."
                ) from None
            if not told:
                warnings.warn(
                    "the storage of studies does not answer, and is asked again: "
                    f"{redact_addresses(one_line(error))}",
                    stacklevel=2,
                )
                told = True
            time.sleep(PAUSE)
