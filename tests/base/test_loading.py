"""Garbage collection is off for the first import of a library, and for no other block."""

from __future__ import annotations

import gc
import sys

import pytest

from lrec.base.loading import first_import


def test_collection_is_off_for_a_first_import_only(monkeypatch: pytest.MonkeyPatch) -> None:
    gc.unfreeze()
    with first_import("tests_of_nothing"):
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
    gc.unfreeze()
    monkeypatch.setitem(sys.modules, "tests_of_nothing", sys)
    with first_import("tests_of_nothing"):
        assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_collection_is_on_again_after_an_error_and_stays_off_where_it_was() -> None:
    with pytest.raises(ImportError), first_import("tests_of_nothing"):
        raise ImportError
    assert gc.isenabled()
    gc.disable()
    try:
        with first_import("tests_of_nothing"):
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
