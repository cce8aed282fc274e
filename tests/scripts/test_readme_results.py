"""The README's table and figure."""

from __future__ import annotations

from pathlib import Path

import pytest
import readme_results


def test_table_and_figure(finished, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    readme_results.main([str(finished.run)], tmp_path)
    printed = capsys.readouterr().out
    assert printed.startswith("| metric | | all (")
    assert "| recall@20 | ease |" in printed
    assert "| novelty@20 | ease |" in printed
    assert (tmp_path / "by_bucket.png").stat().st_size > 1000
