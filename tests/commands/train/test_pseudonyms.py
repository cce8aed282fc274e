"""Pseudonyms: keyed by a secret that is not in the run."""

from __future__ import annotations

import hashlib
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from lrec.commands.train.pseudonyms import VARIABLE, local_secret, pseudonyms

USERS = np.array(["ann", "bob", "josé"])


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A config folder without a key."""
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


def test_the_key_is_made_once_for_its_user_alone(home: Path) -> None:
    first = pseudonyms(USERS, "digest")
    path = home / "lrec" / "pseudonym.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(path.read_text()) == 64
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert pseudonyms(USERS, "digest").tolist() == first.tolist()
    assert len(set(first)) == len(USERS)
    path.unlink()
    assert not set(pseudonyms(USERS, "digest")) & set(first)


def test_of_keys_made_at_once_one_counts(home: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: local_secret(), range(32)))) == 1


def test_who_has_the_run_and_the_ids_cannot_find_a_person(home: Path) -> None:
    """The run shows the data's digest, which used to be the key."""
    digest = "0123" * 16
    by_digest = [
        hashlib.blake2b(user.encode(), key=digest.encode()[:64], digest_size=8).hexdigest()
        for user in USERS.tolist()
    ]
    assert not set(pseudonyms(USERS, digest)) & set(by_digest)


def test_machines_that_share_the_key_share_the_names(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = pseudonyms(USERS, "digest")
    monkeypatch.setenv(VARIABLE, "of the team")
    shared = pseudonyms(USERS, "digest")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "another machine"))
    assert pseudonyms(USERS, "digest").tolist() == shared.tolist()
    assert not set(shared) & set(own)
    assert not set(shared) & set(pseudonyms(USERS, "other data"))
    assert not (home / "another machine").exists()


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe"], ids=["no folder", "empty", "bytes"])
def test_a_key_that_cannot_be_used_is_a_note(home: Path, content: bytes | None) -> None:
    if content is None:
        (home / "lrec").write_text("a file in the folder's place")
    else:
        (home / "lrec").mkdir()
        (home / "lrec" / "pseudonym.key").write_bytes(content)
    with pytest.warns(
        UserWarning, match=r"pseudonym\.key, cannot be used .* Set LREC_PSEUDONYM_KEY"
    ):
        first = local_secret()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert local_secret() == first  # so that an update compares with itself
    assert len(first) == 64
