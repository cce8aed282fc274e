"""Gowalla check-ins."""

from __future__ import annotations

from lrec.data.dataset.csv import CSV
from lrec.data.download.published import Published, Remote
from lrec.data.tables.table_format import TableFormat


class Gowalla(Published, CSV):
    """6,442,892 check-ins of 107,092 users at 1,280,969 places, February 2009 to October 2010.

    Of repeated check-ins at a place the last stays, unless `duplicates` says otherwise.

    Reference: Cho et al. 2011, "Friendship and Mobility: User Movement in Location-Based Social
    Networks".
    """

    name = "gowalla"
    remote = (
        Remote(
            "https://snap.stanford.edu/data/loc-gowalla_totalCheckins.txt.gz",
            # ISG-Siegen/OmniRec: src/omnirec/data_loaders/gowalla.py
            "c1c3e19effba649b6c89aeab3c1f9459fad88cfdc2b460fc70fd54e295d83ea0",
        ),
    )
    clock = True
    format = TableFormat(user="0", item="4", timestamp="1", header=False, separator="\t")
