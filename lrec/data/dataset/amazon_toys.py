"""Amazon Toys and Games of 2014."""

from __future__ import annotations

from lrec.data.download.amazon import AmazonRatings
from lrec.data.download.published import Remote


class AmazonToys(AmazonRatings):
    """2,252,771 ratings by 1,342,911 users of 327,698 products, 1996 to 2014."""

    name = "amazon_toys"
    remote = (
        Remote(
            "https://snap.stanford.edu/data/amazon/productGraph/categoryFiles"
            "/ratings_Toys_and_Games.csv",
            # ISG-Siegen/OmniRec: src/omnirec/data_loaders/amazon2014.py
            "e28a342ca89a79036a9a840c0385a3a3342a08d3d3450ea3eaf3d544cd65d3af",
        ),
    )
