"""Separators of text tables: typed by name, or recognised from the first lines."""

from __future__ import annotations

from lrec.data.tables.columns import KNOWN, plain_name

# Names by which separators can be typed where the letter itself is awkward.
NAMED = {
    "tab": "\t",
    "\\t": "\t",
    "space": " ",
    "comma": ",",
    "semicolon": ";",
    "bar": "|",
    "pipe": "|",
    "colon": ":",
    "colons": "::",
}
SEPARATORS = (",", "\t", ";", "|", "::")
LINES = 50  # are enough to recognise a separator


def typed_separator(text: str | None) -> str | None:
    """A separator as it is typed: itself, or its name.

    Raises:
        ValueError: it is more than one character, repeated or not.
    """
    separator = None if text is None else NAMED.get(text.lower(), text)
    if separator is not None and len(set(separator)) != 1:
        raise ValueError(
            "separator must be one character, one repeated, as `::`, or a name: "
            f"{', '.join(NAMED)}. Received: {text!r}"
        )
    return separator


def separator_name(separator: str) -> str:
    """A separator as it can be typed on any command line."""
    return next((name for name, letter in NAMED.items() if letter == separator), separator)


def recognised_separator(sample: str, name: str) -> str:
    """The separator of a text table.

    The one that splits the first line into usual names of columns; else what CleverCSV finds by
    the consistency of rows and cells (van den Burg et al. 2019); else the usual one of the ending.

    Args:
        sample: the first lines.
        name: of the file.
    """
    usual = "\t" if any(ending in name.lower() for ending in (".tsv", ".inter")) else ","
    lines = [line for line in sample.splitlines() if line.strip()][:LINES]
    if not lines:
        return usual
    for separator in (usual, *SEPARATORS):
        if sum(plain_name(cell) in KNOWN for cell in lines[0].split(separator)) > 1:
            return separator
    if "::" in lines[0] and len({line.count("::") for line in lines}) == 1:
        return "::"
    return _sniffed("\n".join(lines)) or usual


def _sniffed(sample: str) -> str | None:
    import clevercsv

    try:
        found = clevercsv.Sniffer().sniff(sample, delimiters=[",", "\t", ";", "|", " "])
    except Exception:  # its Error, and what its patterns raise on odd bytes
        return None
    return None if found is None else found.delimiter or None
