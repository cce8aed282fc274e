"""An attribute of the user, such as age, country or plan, from a table of users."""

from __future__ import annotations

from collections.abc import Sequence

from lrec.evaluation.bucket.common.attribute_bucketing import AttributeBucketing
from lrec.evaluation.bucket.common.user_attribute import group_name


class Column(AttributeBucketing):
    """Groups by one column: `country_de`, `country_fr`, …, or of numbers `age_le17`, `age_q1`, ….

    Args:
        path: of the table of users: text, Parquet, Feather, a workbook or JSON Lines.
        column: with the attribute.
        user: column of the ids, as the data has them; `auto` takes the one with a usual name.
        edges: upper edges of the groups of a column of numbers; null parts numbers at quantiles of
            the training users, where they have more values than groups.
        groups: at most; of categories the rarest are `other`.
        fairness: compare the groups with each other too: largest and mean difference, ratio.

    Raises:
        ValueError: an argument is out of range.
    """

    name = "column"

    def __init__(
        self,
        path: str,
        column: str,
        *,
        user: str = "auto",
        edges: Sequence[float] | None = None,
        groups: int = 5,
        fairness: bool = True,
    ) -> None:
        super().__init__(path, column, user, edges, groups, fairness)

    @property
    def prefix(self) -> str:
        return f"{group_name(self.column) or self.name}_"
