"""Groups of users that come ready-made, from a table of user and group."""

from __future__ import annotations

from lrec.evaluation.bucket.common.attribute_bucketing import AttributeBucketing


class File(AttributeBucketing):
    """Groups by their own names, in lower case; whoever is in none is `missing`.

    Args:
        path: of the table: text, Parquet, Feather, a workbook or JSON Lines.
        column: of the groups; `auto` takes group, segment, …, or the only one beside the ids.
        user: column of the ids, as the data has them; `auto` takes the one with a usual name.
        groups: at most; the rarest are `other`.
        fairness: compare the groups with each other too: largest and mean difference, ratio.

    Raises:
        ValueError: an argument is out of range.
    """

    name = "file"

    def __init__(
        self,
        path: str,
        *,
        column: str = "auto",
        user: str = "auto",
        groups: int = 20,
        fairness: bool = True,
    ) -> None:
        super().__init__(path, column, user, None, groups, fairness)

    @property
    def _is_range(self) -> bool:
        return False  # numbers are names of groups too
