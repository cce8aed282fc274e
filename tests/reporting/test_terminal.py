"""The terminal: data is shown as plain text."""

from __future__ import annotations

import shlex
import warnings

import pandas as pd
import pytest

from lrec.reporting.terminal import Screen, plain_table, show_warnings

ODD = "[/] [red]x[/red] :heart: \x1b[31m\r\n\x9b2J\u202e é \u200d"


PLAIN = r"[/] [red]x[/red] :heart: \x1b[31m\r\n\x9b2J\u202e é " + "\u200d"


def test_what_data_holds_is_shown_as_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    screen.rows(pd.DataFrame({"[b]item\x1b": [ODD, "x"], "score": [0.5, 2.0], "whole": [1, 2]}))
    header, first, second = capsys.readouterr().out.splitlines()
    assert header.split() == [r"[b]item\x1b", "score", "whole"]
    assert first.split() == [*PLAIN.split(), "0.5000", "1"]
    assert second.split() == ["x", "2.0000", "2"]


def test_notes_are_plain_text_of_one_line_or_several(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    odd, shown = ODD.replace("\n", ""), PLAIN.replace(r"\n", "")
    screen.note(f"\nfolder: {odd}")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        show_warnings(screen)
        warnings.warn(odd, stacklevel=1)
    screen.choices({"dataset": odd}, [f"dataset.path={odd}"], 3)
    assert capsys.readouterr().out.splitlines() == [
        "",
        f"folder: {shown}",
        f"note: {shown}",
        f"dataset={shown} seed=3",
        f"changed: dataset.path={shown}",
    ]


GROUPS = ["all", "tail", "torso", "head", "cold"]


def values(*names: str) -> dict[str, float]:
    """The same value of every metric in every group."""
    counts = {f"users/{group}": 12345.0 for group in GROUPS}
    return counts | {f"{name}/{group}": 0.1234 for name in names for group in GROUPS}


def narrow(screen: Screen) -> Screen:
    screen.console.width = 80
    return screen


def test_every_chosen_metric_has_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    names = ("recall_at_20", "mine_at_20", "gini_at_20", "item_coverage_sub_at_20", "mae")
    rows = {"vae": values(*names), "popularity": values(*names)}
    metrics = ["recall", "mine", "gini", "item_coverage", "mae", "diversity"]
    narrow(Screen()).metrics(rows, GROUPS, [10, 20], metrics)
    out = capsys.readouterr().out
    shown = [line.split()[0] for line in out.splitlines() if " vae " in line]
    assert shown == ["recall@20", "mine@20", "gini@20", "item_coverage@20", "mae"]
    assert "without a value on this data: diversity" in out
    assert max(map(len, out.splitlines())) <= 80


def test_tables_wider_than_the_terminal_are_not_cut(capsys: pytest.CaptureFixture[str]) -> None:
    name = "a-name-that-is-longer-than-most-" * 3
    frame = pd.DataFrame({name: [name], "score": [0.123456], "more": [name]})
    narrow(Screen()).rows(frame)
    out = capsys.readouterr().out
    assert out.count(name) == 3
    assert "0.1235" in out
    assert len(out.splitlines()) == 2


def test_prose_wraps_at_words_on_a_terminal_and_paths_stay_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prose, path = "some words of a sentence " * 8, "/a-long/path" * 10
    screen = narrow(Screen())
    screen.note(prose + path)
    assert capsys.readouterr().out.count("\n") == 1  # in a pipe
    screen.console._force_terminal = True
    screen.note(prose + path)
    *lines, last = capsys.readouterr().out.splitlines()
    assert " ".join(lines).split() == prose.split()
    assert max(map(len, lines)) <= 80
    assert last == path


def test_commands_stay_whole_and_quoted_on_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["lrec", "train", "dataset.path=ratings (1).csv", f"dataset.columns=[{'x,' * 60}y]"]
    screen = narrow(Screen())
    screen.console._force_terminal = True
    screen.commands("next", words, ["lrec", "sync"])
    first, second = capsys.readouterr().out.splitlines()
    assert shlex.split(first) == ["next:", *words]
    assert second == "      lrec sync"


def test_wide_tables_are_laid_out_in_parts_on_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    numbers = [f"{n}.1234" for n in range(30)]
    settings = "model.latent_size=64 model.dropout=0.74 schedule.learning_rate=0.00072"
    heads = [f"n{n}" for n in range(30)]
    table = plain_table("model", *heads, "settings", title="a title " * 20, right=heads)
    table.add_row("attention", *numbers, settings)
    table.add_row("vae", *numbers, "")
    screen = narrow(Screen())
    screen.console._force_terminal = True
    screen.print(table)
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    shown = out.split()
    for word in (*heads, *numbers, *settings.split()):
        assert word in shown
    parts = shown.count("model")
    assert shown.count("attention") == shown.count("vae") == parts
    screen.console._force_terminal = False  # a pipe
    screen.print(table)
    assert len(capsys.readouterr().out.splitlines()) == 4
