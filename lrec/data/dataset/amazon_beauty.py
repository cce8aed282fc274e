"""Amazon Beauty of 2014."""

from __future__ import annotations

from lrec.data.download.amazon import AmazonRatings
from lrec.data.download.published import Remote


class AmazonBeauty(AmazonRatings):
    """2,023,070 ratings by 1,210,271 users of 249,274 products, 1996 to 2014."""

    name = "amazon_beauty"
    remote = (
        Remote(
            "https://snap.stanford.edu/data/amazon/productGraph/categoryFiles/ratings_Beauty.csv",
            # ISG-Siegen/OmniRec: src/omnirec/data_loaders/amazon2014.py
            "17d5232b90444beecfe758ce1446e5300230491f3a88ac802992ca95fc4c150f",
        ),
    )
