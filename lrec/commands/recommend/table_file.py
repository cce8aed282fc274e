"""The file that recommendations are written to, `to=`."""

from __future__ import annotations

from pathlib import Path

COLUMNS = ("user", "rank", "item", "score", "own")  # of every table of recommendations, in order


def is_replaceable(path: Path) -> bool:
    """True if there is no such file, or it begins as every table of recommendations does."""
    from pyarrow import ArrowException, parquet  # type: ignore[import-untyped]

    if not path.exists():
        return True
    try:
        if path.suffix == ".parquet":
            names = parquet.read_schema(path).names
        else:
            with path.open(encoding="utf-8") as file:
                names = file.readline().rstrip("\n").split(",")
    except (OSError, ValueError, ArrowException):
        return False
    return tuple(names[: len(COLUMNS)]) == COLUMNS
