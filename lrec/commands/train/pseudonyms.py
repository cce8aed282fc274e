"""Pseudonyms of users in what a run publishes: keyed by a secret that no run holds.

Without the key, whoever has the data's ids cannot compute their pseudonyms, and so not find a
person in a run.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import secrets
import tempfile
import warnings
from pathlib import Path

import numpy as np

from lrec.base.arrays import Strings

VARIABLE = "LREC_PSEUDONYM_KEY"


def pseudonyms(users: Strings, digest: str) -> Strings:
    """User ids as keyed hashes: a user has the same name in all runs with this key and data.

    Args:
        digest: of the data; a user of two data sets has two names.
    """
    secret = hashlib.blake2b(local_secret().encode()).digest()
    key = hashlib.blake2b(digest.encode(), key=secret).digest()
    return np.array(
        [hashlib.blake2b(str(u).encode(), key=key, digest_size=8).hexdigest() for u in users]
    )


def local_secret() -> str:
    """The key: `$LREC_PSEUDONYM_KEY`, or a random one that is kept in the user's config folder."""
    if os.environ.get(VARIABLE):
        return os.environ[VARIABLE]
    home = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    path = Path(home).expanduser() / "lrec" / "pseudonym.key"
    try:
        if not path.exists():
            _make(path)
        if secret := path.read_text(encoding="utf-8").strip():
            return secret
        why = "it is empty"
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
    warnings.warn(
        f"the key of pseudonyms, {path}, cannot be used ({why}): users have other names than in "
        f"runs of other processes, and those cannot be compared with this one. Set {VARIABLE}",
        stacklevel=2,
    )
    return _of_this_process()


@functools.cache
def _of_this_process() -> str:
    return secrets.token_hex(32)


def _make(path: Path) -> None:
    """Write a new key that only its user can read; of several that are made at once, one counts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=path.parent)  # mode 600
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(secrets.token_hex(32))
        with contextlib.suppress(FileExistsError):
            os.link(name, path)  # whole at once, and never over another
    finally:
        os.unlink(name)
