"""Numbers, names and command lines as they are printed."""

from __future__ import annotations

from lrec.reporting.formatting import distinguishing_words, metric_name, number, relative, signed


def test_numbers_are_short() -> None:
    assert [number(v) for v in (0.01234, 1.234, 1234.5, None)] == ["0.0123", "1.23", "1,234", "–"]
    assert [signed(v) for v in (0.5, -0.5, 0.0, None)] == ["+0.5000", "−0.5000", "0.0000", "–"]
    assert metric_name("item_coverage_sub_at_20") == "item coverage@20"
    assert relative({"difference": -0.1, "baseline": 0.4}) == "−25 %"
    assert relative({"difference": 0.1, "baseline": 0.0}) == ""
    assert relative({"difference": None, "baseline": 0.4}) == ""


def test_common_words_of_command_lines_are_left_out() -> None:
    commands = ["dataset=csv model=vae seed=1", "dataset=csv model=vae seed=2"]
    assert distinguishing_words(commands) == ["seed=1", "seed=2"]
    assert distinguishing_words(commands[:1]) == commands[:1]
    assert distinguishing_words([]) == []
