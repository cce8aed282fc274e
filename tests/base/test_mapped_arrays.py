"""Arrays come back from their file as they were, mapped and not read, and damage is noticed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrec.base.mapped_arrays import ALIGNMENT, read_mapped, read_meta, write_mapped

ARRAYS = {
    "codes": np.arange(7, dtype=np.int32),
    "none": np.empty((0, 3), np.float32),
    "times": np.arange(12, dtype=np.int64).reshape(3, 4),
    "flags": np.array([True, False, True]),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.split"
    write_mapped(path, ARRAYS, {"of": "ann", "counts": {"users": 3}})
    return path


def test_arrays_come_back_mapped_and_aligned(file: Path) -> None:
    arrays, meta = read_mapped(file)
    assert meta == {"of": "ann", "counts": {"users": 3}} == read_meta(file)
    assert list(arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)
        assert not arrays[name].flags.writeable
        assert not arrays[name].size or arrays[name].ctypes.data % ALIGNMENT == 0


def test_strided_arrays_are_written_as_they_look(tmp_path: Path) -> None:
    write_mapped(tmp_path / "a", {"turned": np.arange(6).reshape(2, 3).T}, {})
    np.testing.assert_array_equal(
        read_mapped(tmp_path / "a")[0]["turned"], [[0, 3], [1, 4], [2, 5]]
    )


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_flipped_bit_and_every_cut_is_noticed(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("mapped") / "a"
    write_mapped(path, ARRAYS, {"of": "ann"})
    whole = bytearray(path.read_bytes())
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    flipped = bytearray(whole)
    flipped[bit // 8] ^= 1 << bit % 8
    for content in (flipped, whole[: bit // 8], whole + b"x"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="digest"):
            read_mapped(path)


@pytest.mark.parametrize("content", [b"", b"\xff" * 90, b"\x02" + b"\0" * 7 + b"{}", b"abc"])
def test_values_of_another_file_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(ValueError):  # noqa: PT011
        read_meta(tmp_path / "a")
