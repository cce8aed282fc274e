"""The Amazon review data of 2014, ratings only."""

from __future__ import annotations

from lrec.data.dataset.csv import CSV
from lrec.data.download.published import Published
from lrec.data.tables.table_format import TableFormat


class AmazonRatings(Published, CSV):
    """Rows of user, item, stars and the day as unix seconds, without a header.

    The 5-core that many papers use (every user and item with five reviews or more) is `k_core=5`.

    Reference: McAuley et al. 2015, "Image-based Recommendations on Styles and Substitutes";
    He and McAuley 2016, "Ups and Downs".
    """

    clock = True
    format = TableFormat(user="0", item="1", rating="2", timestamp="3", header=False)
