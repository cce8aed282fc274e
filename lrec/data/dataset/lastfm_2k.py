"""Last.fm 2K, of the HetRec workshop."""

from __future__ import annotations

from lrec.data.dataset.csv import CSV
from lrec.data.download.published import Published, Remote
from lrec.data.tables.item_features import ItemTable
from lrec.data.tables.opening import Source
from lrec.data.tables.reading import read_table
from lrec.data.tables.table_format import TableFormat


class LastFM2K(Published, CSV):
    """92,834 artists that 1,892 users listened to most, 17,632 in all; 2011.

    Listening counts are no ratings, and are left out. There are no times: `split=ratio` or
    `split=user_holdout`.

    Reference: Cantador et al. 2011, "Second Workshop on Information Heterogeneity and Fusion in
    Recommender Systems".
    """

    name = "lastfm_2k"
    remote = (
        Remote(
            "https://files.grouplens.org/datasets/hetrec2011/hetrec2011-lastfm-2k.zip",
            # ISG-Siegen/OmniRec: src/omnirec/data_loaders/hetrec_lastfm.py
            "6738f48195667ff03caaab4d32ca9a3133d8cc026b7c3cdaf6ce1010e913c59c",
        ),
    )
    members = ("user_artists.dat", "artists.dat")
    items_names = ("artists.dat",)
    clock = False
    format = TableFormat(user="userID", item="artistID", separator="\t")

    def read_items(self, path: Source, rows: int | None = None) -> ItemTable:
        frame = read_table(path, "\t", quoted=False, rows=rows)
        return ItemTable(frame["id"], frame["name"], notes=tuple(frame.attrs["notes"]))
