"""The size limit of the cache, and prepared data by the people in it."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from helpers.tables import Write

from lrec.base.errors import ConfigError
from lrec.data.cache_upkeep import VARIABLE, prepared_files, prepared_with, size_limit
from lrec.data.dataset.csv import CSV

pytestmark = pytest.mark.usefixtures("cache_folder")


def prepare(write: Write, user: str, age: int, folder: Path) -> Path:
    """Prepared data of one user, last used so many seconds ago."""
    before = set(prepared_files(folder))
    CSV(write("a.csv", f"user,item\n{user},x\n")).load()
    (path,) = set(prepared_files(folder)) - before
    os.utime(path, times=(os.path.getatime(path) - age,) * 2)
    return path


def test_what_was_not_used_for_longest_goes_first(
    write: Write, cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, bob, cat = (prepare(write, name, age, cache_folder) for name, age in USES)
    foreign = [cache_folder / name for name in ("mine.data", "downloads", "x" * 64 + ".data")]
    for path in foreign:
        path.write_bytes(b"0" * 10**6)
    monkeypatch.setenv(VARIABLE, str(2 * ann.stat().st_size + 100))
    with pytest.warns(UserWarning, match=rf"larger than {VARIABLE}=\d+: the oldest 1 of its"):
        CSV(write("a.csv", "user,item\nann,x\n")).load()  # the oldest, and used again
    assert prepared_files(cache_folder) == sorted([ann, cat])
    assert not bob.exists()
    assert all(path.exists() for path in foreign)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CSV(write("a.csv", "user,item\ncat,x\n")).load()
    monkeypatch.setenv(VARIABLE, "0")
    with pytest.warns(UserWarning, match="the oldest 1 of its"):
        CSV(write("a.csv", "user,item\ncat,x\n")).load()  # what is in use stays
    assert prepared_files(cache_folder) == [cat]


USES = (("ann", 300), ("bob", 200), ("cat", 100))


@pytest.mark.parametrize(
    ("given", "size"),
    [("", 20e9), ("500MB", 5e8), ("2.5 gb", 2.5e9), ("1000", 1000), ("3KB", 3000), ("1TB", 1e12)],
)
def test_sizes(given: str, size: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, given)
    assert size_limit() == size


@pytest.mark.parametrize("given", ["much", "-1", "5B", "1e9", "GB", "9" * 30, "20GB\n20"])
def test_what_is_no_size_is_refused(
    given: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, given)
    with pytest.raises(ConfigError, match=f"{VARIABLE} must be a size, such as 500MB") as caught:
        CSV(write("a.csv", "user,item\na,x\n")).load()
    assert "\n" not in str(caught.value)


def test_prepared_data_is_found_by_its_people(write: Write, cache_folder: Path) -> None:
    ann, _bob, cat = (prepare(write, name, age, cache_folder) for name, age in USES)
    digest = CSV(write("a.csv", "user,item\nann,x\n")).load().digest
    assert list(prepared_with(cache_folder, np.array(["ann", "nobody"]))) == [(ann, digest)]
    cat.write_bytes(b"damaged")
    assert dict(prepared_with(cache_folder, np.array(["ann"]))) == {ann: digest, cat: ""}
    old = cat.rename(cat.with_suffix(".npz"))  # of an earlier lrec
    assert dict(prepared_with(cache_folder, np.array(["ann"]))) == {ann: digest, old: ""}
    assert list(prepared_with(cache_folder / "none", np.array(["ann"]))) == []
