"""What is shown of addresses, and of text that may hold anything."""

from __future__ import annotations

import logging
import re

import pytest

from lrec.base.errors import one_line, printable, redact, redact_addresses, shown
from lrec.cli.process import RedactedRecord

PARAMETERS = (
    *("apikey", "accessToken", "auth", "sas", "X-Amz-Credential", "X-Amz-Signature", "code", "u"),
    *("password", "Pwd", "token", "sig", "api_key", "monkey"),
)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("http://ann:s3cret@host:9/x", "http://***@host:9/x"),
        ("http://ann:s3@cr@et@host", "http://***@host"),
        ("http://s3cret@host/a.csv", "http://***@host/a.csv"),
        ("http://s3cret:@host/a.csv", "http://***@host/a.csv"),
        ("postgresql://ann:s3/c?r#e;t'@host/runs", "postgresql://***@host/runs"),
        ("http\\://ann\\:s3cret@host", "http\\://***@host"),  # as Hydra's sweeps write it
        ("is 'http://ann:s3cret@host', 'me@host'", "is 'http://***@host', 'me@host'"),
        ("mysql+pymysql://ann:s3:cret@h/db, a://b:s3cret@c", "mysql+pymysql://***@h/db, a://***@c"),
        *((f"http://h/p?{name}=s3cret", "http://h/p?***") for name in PARAMETERS),
        ("http://h/p?s3cret", "http://h/p?***"),
        ("http://h/p?a=1&b=s3cret#s3cret", "http://h/p?***"),
        ("http://h/p;session=s3cret", "http://h/p;***"),
        ("http://h/p#token=s3cret", "http://h/p#***"),
        ("(see 'http://h/p?a=s3cret').", "(see 'http://h/p?***')."),
        ("http://h/p?a=s3'cret then", "http://h/p?*** then"),
        ("mssql+pyodbc:///?odbc_connect=Server=h;PWD=s3c@ret", "mssql+pyodbc:///?***"),
        ("retries exceeded with url: /f.zip?sv=1&sas=s3cret (x)", "retries exceeded with url: "
         "/f.zip?*** (x)"),
        ("sqlite:////home/me@work/a.db and 1:2@3", "sqlite:////home/me@work/a.db and 1:2@3"),
        ("is http://host:8080/a/b.zip; did you mean x?", "is http://host:8080/a/b.zip; did you "
         "mean x?"),
    ],
)  # fmt: skip
def test_addresses_are_shown_by_scheme_host_and_path(text: str, clean: str) -> None:
    assert redact(text) == redact(clean) == clean
    assert one_line(ValueError(text)) == clean
    assert "s3" not in one_line(FileNotFoundError(2, "No such file", text))
    assert "s3" not in shown("http://ann:" + 60 * "s3" + "@host")  # cut, and still none of it
    record = RedactedRecord("urllib3", logging.WARNING, "", 0, "took %s", (text,), None)
    assert record.getMessage() == f"took {clean}"


def test_values_that_are_no_address_are_kept_whole() -> None:
    assert redact_addresses("which?a=1") == "which?a=1"
    assert redact_addresses("s3://bucket/a?key=s3cret") == "s3://bucket/a?***"


HOSTILE = "\x1b]0;owned\x07\x1b[2J\r\x9b31m\u202egnp\u2066\u200f\x00\ud800"


def test_what_steers_a_terminal_is_written_out() -> None:
    text = printable(f"josé {HOSTILE} 日本")
    assert text.startswith("josé \\x1b]0;owned\\x07")
    assert text.endswith(" 日本")
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u200e-\u200f\u2028-\u202e\u2066-\u2069]", text)
    text.encode()
    assert HOSTILE not in one_line(ValueError(HOSTILE))
    assert "\x1b" not in one_line(FileNotFoundError(2, "No such file", HOSTILE))
    record = RedactedRecord("x", logging.WARNING, "", 0, f"a\n{HOSTILE}", (), None)
    assert record.getMessage().startswith("a\n\\x1b]0;owned")


def test_an_error_of_keras_is_told_without_colours_and_arguments() -> None:
    text = (
        "Exception encountered when calling Network.call().\n\n\x1b[1mno such axis: 3\x1b[0m\n\n"
        "Arguments received by Network.call():\n  • inputs=tf.Tensor(shape=(4,), dtype=int32)"
    )
    told = "Exception encountered when calling Network.call(). no such axis: 3"
    assert one_line(ValueError(text)) == told
