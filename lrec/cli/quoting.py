"""Quotes around values that Hydra's grammar cannot read, where it is clear what they stand for."""

from __future__ import annotations

import re

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from lrec.base.config.quotes import in_quotes

KEY = re.compile(r"[~+]{0,2}[\w./@-]+", re.ASCII)
# Between the commas of a list; quotes and brackets may have a meaning of their own.
ITEM = re.compile(r"[^,'\"\[\]{}]+")
# Keys of run ids, or of their first letters, some of which are numbers to Hydra: 715e5544 is
# infinite.
IDS = ("run", "runs", "sweep")
# Keys of lists of ids of users and items, of which 1e5, 1_000 and NaN are something else to Hydra.
LISTS = ("users", "history", "only", "exclude")
QUOTED_OR_ITEM = re.compile(rf"'[^']*'|\"[^\"]*\"|{ITEM.pattern}")
NUMBER = re.compile(r"(?<=[=\[,])\d+(?:e\d+)?(?=[,\]]|$)")


def quoted(word: str) -> str:
    """An override as Hydra reads it: as it is, or its value in quotes, or the items of its list.

    Paths and ids may have blanks and brackets, =, ;, &, ~ or letters of any language.
    """
    key, equals, value = word.partition("=")
    if key in IDS:
        word = NUMBER.sub(lambda number: in_quotes(number[0]), word)
        value = word.partition("=")[2]
    if key in LISTS and value.startswith("["):
        value = QUOTED_OR_ITEM.sub(_as_written, value)
        word = f"{key}={value}"
    if not (KEY.fullmatch(key) and equals and value.isprintable()) or parses(word):
        return word
    if value.startswith("[") and value.endswith("]"):
        candidate = f"{key}=[{_items(value[1:-1])}]"
    elif not value.strip(","):
        candidate = f"{key}='{value}'"  # a comma alone is no sweep
    elif re.search(r"\([^)]*,", value):
        return word  # a function of Hydra's that is misspelt, or a name with a comma
    elif "," in value:
        candidate = f"{key}={_items(value)}"  # a sweep, as it is without the other signs
    elif value.startswith(("'", '"', "[", "{")) and not re.match(r"[\[{][^\[\]{}]*[\]}].", value):
        return word  # begun, and not ended
    else:
        candidate = f"{key}={in_quotes(value)}"
    return candidate if parses(candidate) else word


def text_word(key: str, value: str) -> str:
    """An override by which a key is a text, in quotes where it would be read as anything else."""
    word = f"{key}={value}"
    if parses(word):
        override = OverridesParser.create().parse_override(word)
        if not override.is_sweep_override() and override.value() == value:
            return word
    return f"{key}={in_quotes(value)}"


def _as_written(item: re.Match[str]) -> str:
    """An item of a list, in quotes where Hydra would read another text than is written."""
    text = item[0]
    if text.startswith(("'", '"')) or not parses(f"x={text}"):
        return text
    value = OverridesParser.create().parse_override(f"x={text}").value()
    return text if isinstance(value, str) or str(value) == text.strip() else in_quotes(text.strip())


def _items(text: str) -> str:
    """Items between commas, those in quotes that need them."""
    return ITEM.sub(lambda item: item[0] if parses(f"x={item[0]}") else in_quotes(item[0]), text)


def parses(override: str) -> bool:
    """True if Hydra's grammar has the override."""
    try:
        OverridesParser.create().parse_override(override)
    except (HydraException, ValueError):  # Python reads no number of 4,300 digits
        return False
    return True
