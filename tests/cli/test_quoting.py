"""Paths and ids as people type them, and as Hydra reads them then."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
import yaml
from helpers.cli import CommandLine
from helpers.composing import PARSER, composed
from hydra.core.override_parser.overrides_parser import OverridesParser

from lrec.base.config.quotes import in_quotes, text_item
from lrec.cli.hydra_errors import explain
from lrec.cli.quoting import quoted, text_word

PATHS = (
    *("ratings (1).csv", "~/x.csv", "josé.csv", "a=b.csv", "a;b.csv", "a&b.csv", "a#b", "a!b"),
    *("it's.csv", "[x].csv", "{x}.csv", "x{1}.csv", "a(b)", "日本/評価.csv", "C:\\é x", "a\\'b"),
    *("é\\", "a<b>", "^`", "👍", "plain.csv", "a b.csv", "100%", "a@b", "a|b", "a*?"),
)


@pytest.mark.parametrize("path", PATHS)
def test_paths_arrive_as_they_are_typed(path: str) -> None:
    word = quoted(f"dataset.path={path}")
    assert PARSER.parse_override(word).value() == path
    assert quoted(word) == word
    assert composed("dataset=csv", word).dataset.path == path


@pytest.mark.parametrize(
    "text", [*PATHS, "null", "3", "715e5544", "a,b", "choice(a,b)", "x: y", ""]
)
def test_any_text_is_a_text(text: str) -> None:
    word = quoted(text_word("name", text))
    assert not PARSER.parse_override(word).is_sweep_override()
    assert PARSER.parse_override(word).value() == text


def test_plain_words_need_no_quotes() -> None:
    assert text_word("baseline", "popularity") == "baseline=popularity"


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ("[a&b,c=d;e]", ["a&b", "c=d;e"]),
        ("[josé,x y,3,true]", ["josé", "x y", 3, "true"]),
        (
            "[1e5,1_000,007,NaN,1.50,'1e5',null]",
            ["1e5", "1_000", "007", "NaN", "1.50", "1e5", "null"],
        ),
        ('["a,1e5",1.5,12]', ["a,1e5", 1.5, 12]),
        ("[model=vae,ease seed=1]", ["model=vae", "ease seed=1"]),
        ("['a,b',é]", ["a,b", "é"]),
        ("[[a&b],[c]]", [["a&b"], ["c"]]),
    ],
)
def test_ids_of_a_list_arrive_as_they_are_typed(value: str, ids: list[object]) -> None:
    assert PARSER.parse_override(quoted(f"history={value}")).value() == ids


@pytest.mark.parametrize("key", ["run", "runs", "sweep"])
@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ("715e5544", "715e5544"),
        ("00012345", "00012345"),
        ("[e971a49e,715e5544,12]", ["e971a49e", "715e5544", "12"]),
        ("['715e5544',latest]", ["715e5544", "latest"]),
    ],
)
def test_ids_of_runs_are_no_numbers(key: str, value: str, ids: object) -> None:
    assert PARSER.parse_override(quoted(f"{key}={value}")).value() == ids


def test_a_comma_alone_is_no_sweep() -> None:
    assert PARSER.parse_override(quoted("dataset.decimal=,")).value() == ","


def test_a_sweep_stays_one() -> None:
    override = PARSER.parse_override(quoted("dataset.path=a,ratings (1).csv"))
    assert override.is_sweep_override()
    said = list(override.sweep_string_iterator())
    assert [PARSER.parse_override(f"x={one}").value() for one in said] == ["a", "ratings (1).csv"]


@pytest.mark.parametrize(
    "word",
    [
        "é=1",
        "a b=1",
        "word",
        "k=[6",
        "k={a:é}",
        'p="x',
        "seed=choice(1,2",
        "p=f(é,2)",
        "-m",
        "p=a\nb",
    ],
)
def test_what_is_not_clear_is_left_to_the_user(word: str) -> None:
    assert quoted(word) == word


@pytest.mark.parametrize("word", ["k=[6", 'p="x', "p=f(é,2)", 'p=it\'s "x" (1,'])
def test_quotes_are_shown_for_what_is_not_clear(word: str) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever Hydra raises
        PARSER.parse_override(word)
    line = explain(caught.value, "train", [word])
    assert line is not None
    pasted = line.partition("it needs quotes, ")[2].partition(". Received")[0]
    (said,) = shlex.split(pasted)
    assert PARSER.parse_override(said).value() == word.partition("=")[2]
    assert said == f"{word.partition('=')[0]}={in_quotes(word.partition('=')[2])}"


def test_a_command_is_kept_as_it_was_typed(lrec: CommandLine, tiny: Path, tmp_path: Path) -> None:
    """Without the plus signs that Hydra needs for keys which it does not know."""
    (tmp_path / "josé (1).csv").write_bytes(tiny.read_bytes())
    words = ("dataset=csv", "dataset.path=josé (1).csv", "bucket.activity.quantiles=[0.5,0.9]")
    where = "hydra.run.dir=out/${hydra.job.override_dirname}"
    answer = lrec(tmp_path, "data", *words, where)
    assert (answer.rc, answer.err) == (0, "")
    (folder,) = (tmp_path / "out").iterdir()
    assert folder.name.startswith("bucket.activity.quantiles=[0.5,0.9],dataset.path='josé")
    kept = yaml.safe_load((folder / ".hydra" / "overrides.yaml").read_text(encoding="utf-8"))
    assert kept == ["dataset=csv", "dataset.path='josé (1).csv'", words[2]]
    wrong = lrec(tmp_path, "data", "dataset.n_usres=5")
    assert wrong.rc == 2
    assert "dataset.n_usres: no such key (did you mean n_users?)" in wrong.complaint


@pytest.mark.parametrize(
    "text",
    ["nan", "NULL", "inf", "True", "\\N", "a\\", "1e5", "7", "a b", "x:y", "it's", '"', "-", "[a]"],
)
def test_items_of_lists_are_read_as_texts(text: str) -> None:
    word = f"x=[{text_item(text)}]"
    assert OverridesParser.create().parse_override(word).value() == [text]
