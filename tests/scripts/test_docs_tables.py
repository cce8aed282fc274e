"""Tables of runs."""

from __future__ import annotations

import docs_tables
import pytest


def test_a_row_for_each_command_and_data(finished, capsys: pytest.CaptureFixture) -> None:
    docs_tables.main([str(finished.run)])
    heads, rule, row = capsys.readouterr().out.splitlines()
    assert "HR@10 tail" in heads
    assert set(rule) <= set("|-: ")
    assert row.startswith("| `model=ease` | 1 | .")
