"""Amazon Books of 2014."""

from __future__ import annotations

from lrec.data.download.amazon import AmazonRatings
from lrec.data.download.published import Remote


class AmazonBooks(AmazonRatings):
    """22,507,155 ratings by 8,026,324 users of 2,330,066 products, 1996 to 2014."""

    name = "amazon_books"
    remote = (
        Remote(
            "https://snap.stanford.edu/data/amazon/productGraph/categoryFiles/ratings_Books.csv",
            # ISG-Siegen/OmniRec: src/omnirec/data_loaders/amazon2014.py
            "87d923ddac2aacf40c1d0e0e056dbf4bf69c9c7d41852c6b434e781e759c0707",
        ),
    )
