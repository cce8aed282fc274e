"""Amazon All Beauty of 2023."""

from __future__ import annotations

from lrec.data.dataset.csv import CSV
from lrec.data.download.published import Published, Remote
from lrec.data.tables.table_format import TableFormat


class AmazonAllBeauty2023(Published, CSV):
    """693,929 ratings of 1 to 5 stars by 631,986 users of 112,565 products, 2000 to 2023.

    Timestamps are exact, and variants of a product count as one. All Beauty is another, narrower
    category than the Beauty of 2014.

    Reference: Hou et al. 2024, "Bridging Language and Items for Retrieval and Recommendation".
    """

    name = "amazon_all_beauty_2023"
    remote = (
        Remote(
            "https://mcauleylab.ucsd.edu/public_datasets/data/amazon_2023/benchmark/0core"
            "/rating_only/All_Beauty.csv.gz",
            # ISG-Siegen/OmniRec: src/omnirec/data_loaders/amazon2023.py
            "54b894e68ad965aa73cdb80d8695c1ed37679c46f38b6f97b21ab0fb585aab24",
        ),
    )
    clock = True
    format = TableFormat(
        user="user_id",
        item="parent_asin",
        rating="rating",
        timestamp="timestamp",
        time_unit="ms",
    )
