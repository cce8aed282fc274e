"""One log of ratings in the many forms in which people have it."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from xml.sax.saxutils import escape

import pandas as pd
import pyarrow as pa

Log = list[tuple[str, str, float, int]]
START = 1_577_836_800  # 2020-01-01
COLUMNS = ("user_id", "item_id", "rating", "timestamp")
# Ten people and eight books; ids keep their zeros, and one ISBN ends in a letter.
LOG: Log = [
    (f"{person:03}", isbn, 1 + (person * book) % 9 / 2, START + 3600 * (10 * book + person))
    for person in range(10)
    for book, isbn in enumerate(
        ["0195153448", "0002005018", "0060973129", "038550120X", "0425176428", "067142517X"]
    )
    if (person + book) % 3
]


def text(
    separator: str,
    header: tuple[str, ...] | None = COLUMNS,
    *,
    quote: str = "",
    comma: bool = False,
) -> str:
    """The log as text.

    Args:
        comma: True for ratings with a decimal comma.
    """
    lines = [list(header)] if header else []
    for user, item, rating, time in LOG:
        number = f"{rating:g}".replace(".", ",") if comma else f"{rating:g}"
        lines.append([user, item, number, str(time)])
    return "".join(separator.join(f"{quote}{c}{quote}" for c in cells) + "\n" for cells in lines)


def with_titles(title: str) -> str:
    """The log as CSV with a quoted title."""
    rows = [f'{u},{i},"{title}",{r:g},{t}\n' for u, i, r, t in LOG]
    return "user_id,item_id,title,rating,timestamp\n" + "".join(rows)


def json_lines(names: tuple[str, ...] = COLUMNS, **more: object) -> bytes:
    """The log as JSON Lines."""
    return "".join(
        json.dumps(dict(zip(names, row, strict=True)) | more) + "\n" for row in LOG
    ).encode()


def python_lines(names: tuple[str, ...] = COLUMNS) -> bytes:
    """The log as lines of Python's notation, as in Steam's reviews."""
    return "".join(f"{dict(zip(names, row, strict=True))!r}\n" for row in LOG).encode()


def frame() -> pd.DataFrame:
    """The log as a data frame."""
    return pd.DataFrame(LOG, columns=list(COLUMNS))


def parquet(data: pd.DataFrame) -> bytes:
    """A data frame as Parquet, with its index."""
    file = io.BytesIO()
    data.to_parquet(file)
    return file.getvalue()


def feather() -> bytes:
    """The log as Feather."""
    file = io.BytesIO()
    frame().to_feather(file)
    return file.getvalue()


def zipped(content: bytes, *names: str) -> bytes:
    """A zip with the content under each of the names."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, content)
    return file.getvalue()


def zstd(content: bytes) -> bytes:
    """The content, compressed by Zstandard."""
    file = pa.BufferOutputStream()
    with pa.CompressedOutputStream(file, "zstd") as stream:
        stream.write(content)
    packed: bytes = file.getvalue().to_pybytes()
    return packed


def workbook() -> bytes:
    """The log as an Excel workbook: ids as text, ratings and times as numbers."""

    def cell(value: object) -> str:
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        return f"<c><v>{value}</v></c>"

    rows = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in [COLUMNS, *LOG])
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    sheets = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{sheets}.sheet.main+xml"/>'
        f'<Override PartName="/xl/sheet1.xml" ContentType="{sheets}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="log" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="sheet1.xml"/></Relationships>',
        "xl/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{content}')
    return file.getvalue()


TYPED = ("user_id:token", "item_id:token", "rating:float", "timestamp:float")
PLAIN = text(",").encode()
NAMED = frame().set_index(["user_id", "item_id"])
BY_NUMBER = {"header": False, "user": 0, "item": 1, "rating": 2, "timestamp": 3}
# A name, the content, and the settings that it needs.
FILES: dict[str, tuple[str, bytes, dict[str, object]]] = {
    "RecBole": ("log.inter", text("\t", TYPED).encode(), {}),
    "RecBole, by name": ("log.inter", text("\t", TYPED).encode(), {"user": "user_id"}),
    "MovieLens 100K": ("u.data", text("\t", None).encode(), {}),
    "MovieLens 1M": ("ratings.dat", text("::", None).encode(), {}),
    "colons": ("log.dat", text("::").encode(), {}),
    "semicolons": ("log.csv", text(";").encode(), {}),
    "semicolons, quoted": ("log.csv", text(";", quote='"').encode(), {}),
    "bars": ("log.csv", text("|").encode(), {}),
    "tabs in .csv": ("log.csv", text("\t").encode(), {}),
    "spaces": ("log.txt", text(" ").encode(), {}),
    "spaces, typed": ("log.txt", text(" ").encode(), {"separator": "space"}),
    "tabs, typed": ("log.txt", text("\t").encode(), {"separator": "\\t"}),
    "tabs, named": ("log.txt", text("\t").encode(), {"separator": "tab"}),
    "semicolons, typed": ("log.txt", text(";").encode(), {"separator": ";"}),
    "no header": ("log.csv", text(",", None).encode(), BY_NUMBER),
    "no header, semicolons": ("log.csv", text(";", None).encode(), BY_NUMBER),
    "no header, tabs": ("log.csv", text("\t", None).encode(), BY_NUMBER),
    "a comma in semicolons": (
        "log.csv",
        with_titles("Poems@").replace('"', "").replace(",", ";").replace("@", ", new").encode(),
        {},
    ),
    "UTF-16": ("log.csv", text(",").encode("utf-16"), {}),
    "UTF-16 without a mark": ("log.csv", text("\t").encode("utf-16-le"), {}),
    "byte order mark": ("log.csv", text(",").encode("utf-8-sig"), {}),
    "byte order mark and Latin-1": (
        "log.csv",
        b"\xef\xbb\xbf" + with_titles("Nineteen – Élan").encode("cp1252"),
        {},
    ),
    "cp1252": ("log.csv", with_titles("José’s").encode("cp1252"), {}),
    "cp1251": ("log.csv", with_titles("Мастер").encode("cp1251"), {"encoding": "cp1251"}),
    "backslashes": ("log.csv", with_titles(r"The \"Good\", bad").encode(), {}),
    "doubled quotes": ("log.csv", with_titles('The ""Good"", bad').encode(), {}),
    "gzip": ("log.csv.gz", gzip.compress(PLAIN), {}),
    "gzip under another name": ("log.csv", gzip.compress(PLAIN), {}),
    "no gzip under its name": ("log.csv.gz", PLAIN, {}),
    "bzip2": ("log.csv", bz2.compress(PLAIN), {}),
    "xz": ("log.csv.xz", lzma.compress(PLAIN), {}),
    "Zstandard": ("log.csv.zst", zstd(PLAIN), {}),
    "zip": ("log.zip", zipped(PLAIN, "log.csv"), {}),
    "JSON Lines": ("log.jsonl", json_lines(), {}),
    "JSON Lines, gzip": ("log.jsonl.gz", gzip.compress(json_lines()), {}),
    "JSON Lines under another name": ("log.txt", json_lines(), {}),
    "JSON": (
        "log.json",
        json.dumps([dict(zip(COLUMNS, row, strict=True)) for row in LOG]).encode(),
        {},
    ),
    "Amazon 2014": (
        "reviews.json.gz",
        gzip.compress(
            json_lines(("reviewerID", "asin", "overall", "unixReviewTime"), helpful=[2, 3])
        ),
        {},
    ),
    "Yelp": (
        "review.json",
        json_lines(("user_id", "business_id", "stars", "date"), text="Good.\nBad."),
        {},
    ),
    "Steam": (
        "steam.json.gz",
        gzip.compress(python_lines(("username", "product_id", "stars", "date"))),
        {},
    ),
    "workbook": ("log.xlsx", workbook(), {}),
    "workbook under another name": ("log.csv", workbook(), {}),
    "Parquet": ("log.parquet", parquet(frame()), {}),
    "Parquet, short name": ("log.pq", parquet(frame()), {}),
    "Parquet under another name": ("log.data", parquet(frame()), {}),
    "Parquet with an index": ("log.parquet", parquet(NAMED), {}),
    "Feather": ("log.feather", feather(), {}),
}
