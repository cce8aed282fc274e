"""Amazon Sports and Outdoors of 2014."""

from __future__ import annotations

from lrec.data.download.amazon import AmazonRatings
from lrec.data.download.published import Remote


class AmazonSports(AmazonRatings):
    """3,268,695 ratings by 1,990,521 users of 478,898 products, 1996 to 2014."""

    name = "amazon_sports"
    remote = (
        Remote(
            "https://snap.stanford.edu/data/amazon/productGraph/categoryFiles"
            "/ratings_Sports_and_Outdoors.csv",
            # ISG-Siegen/OmniRec: src/omnirec/data_loaders/amazon2014.py
            "a31a27e2f0cd85b50acd002378cf1a23a0b3f2659484defb3225a836118252d4",
        ),
    )
