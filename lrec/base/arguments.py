"""Types of what callers hand to the Python API, checked where it comes in."""

from __future__ import annotations

from lrec.base.errors import ConfigError, shown

PLAIN = (str, bytes, bool, int, float, type(None))  # shown as they are, all else by its class


def check_argument(value: object, kinds: type | tuple[type, ...], wanted: str) -> None:
    """Refuse an argument of another class.

    Args:
        kinds: the classes it may be of; True and False are no numbers.
        wanted: which argument it is, what it must be, and how one comes by that.

    Raises:
        ConfigError: with the class that was received, or the value where that is plain.
    """
    kinds = kinds if isinstance(kinds, tuple) else (kinds,)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise ConfigError(f"{wanted}. Received: {described(value)}")


def described(value: object) -> str:
    """A value that is plain, or else its class by the names that users import.

    >>> described("ease"), described([1, 2]), described(ConfigError("no"))
    ("'ease'", 'list', 'lrec.ConfigError')
    """
    if isinstance(value, PLAIN):
        return shown(value)
    kind = type(value)
    package = kind.__module__.partition(".")[0]
    return kind.__name__ if package == "builtins" else f"{package}.{kind.__name__}"


def check_frame(value: object, name: str) -> None:
    """Refuse what is no data frame of pandas.

    Args:
        name: of the argument.

    Raises:
        ConfigError: saying how others become one.
    """
    import pandas as pd

    check_argument(
        value,
        pd.DataFrame,
        f"{name} must be a pandas DataFrame: frame.to_pandas() of polars, pd.DataFrame(…) of a "
        "dict, pd.read_csv(…) of a file",
    )


def check_texts(**values: object) -> None:
    """Refuse arguments, by their names, that are no text.

    Raises:
        ConfigError: naming the first.
    """
    for name, value in values.items():
        check_argument(value, str, f"{name} must be text")
