"""Numbers and names in print."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

PLUGINS = ("plugins=", "--config-dir=")  # words of any command that uses them, and no settings


def relative(row: Mapping[str, Any]) -> str:
    """A difference in percent of the baseline's value; empty where that is 0 or negative."""
    if row["difference"] is None or not row["baseline"] or row["baseline"] < 0:
        return ""
    return f"{100 * row['difference'] / row['baseline']:+.0f} %".replace("-", "−")


def metric_name(column: str) -> str:
    """A metric's column as papers write it: ndcg@10."""
    return column.replace("_sub_at_", "_at_").replace("_at_", "@").replace("_", " ")


def number(value: float | None) -> str:
    """Four decimals of numbers below 1, two below 100, none above."""
    if value is None:
        return "–"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.4f}"


def signed(value: float | None) -> str:
    """A number with its sign; a dash for None.

    >>> signed(0.25), signed(-1.5), signed(None)
    ('+0.2500', '−1.50', '–')
    """
    return "–" if value is None else ("+" if value > 0 else "") + number(value).replace("-", "−")


def joined(words: Sequence[str]) -> str:
    """A list in a sentence.

    >>> joined(["tail", "torso", "head"])
    'tail, torso and head'
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def probability(p: float | None) -> str:
    """A p-value with three digits; a dash for None."""
    if p is None:
        return "–"
    return "< .001" if p < 0.001 else f"{p:.3f}"


def users_of(bucket: str, meaning: str) -> str:
    """The users of a bucket, by its meaning where that is a number of items.

    >>> users_of("tail", "n <= 2"), users_of("torso", "2 < n <= 5"), users_of("head", "n > 5")
    ('people with up to 2 items', 'people with 3 to 5 items', 'people with more than 5 items')
    >>> users_of("one", "0 < n <= 1"), users_of("few", "short-head share > 0.9")
    ('people with 1 item', 'the few (short-head share > 0.9)')
    """
    form = re.fullmatch(r"(?:(\d+) < )?n <= (\d+)|n > (\d+)", meaning)
    if form is None:
        return f"the {bucket}" + (f" ({meaning})" if meaning else "")
    above, most, more = form.groups()
    if above is None:
        number = f"more than {more}" if more else f"up to {most}"
    else:
        least = str(int(above) + 1)
        number = most if least == most else f"{least} to {most}"
    return f"people with {number} item" + ("" if number.split()[-1] == "1" else "s")


def distinguishing_words(commands: Sequence[str]) -> list[str]:
    """Command lines without the words that all of them have, and without those that name plugins.

    >>> distinguishing_words(["model=ease seed=1", "plugins=[mine] model=foo seed=1"])
    ['model=ease', 'model=foo']
    """
    words = [_words(command) for command in commands]
    common = set[str]().union(*words).intersection(*words) if len(words) > 1 else set()
    return [
        shlex.join(word for word in line if word not in common and not word.startswith(PLUGINS))
        for line in words
    ]


def _words(command: str) -> list[str]:
    """Words as a shell reads them; at blanks where a quote was cut off."""
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()
