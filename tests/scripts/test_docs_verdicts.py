"""Tables of comparisons and reveals."""

from __future__ import annotations

import docs_verdicts
import pytest


def test_a_table_of_each(finished, capsys: pytest.CaptureFixture) -> None:
    docs_verdicts.main([str(finished.comparison), str(finished.reveal)])
    compared, revealed = capsys.readouterr().out.split("users with")
    assert "| popularity | ." in compared
    assert "| ease | ." in compared
    assert "| n* | beats popularity from | mean of 1 to 8 |" in revealed
    assert "| best |" in revealed


def test_signs_of_differences() -> None:
    assert docs_verdicts.signed(0.0123) == "+.0123"
    assert docs_verdicts.signed(-1.5) == "−1.5000"
