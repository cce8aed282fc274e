"""The table of growth: exponents of known laws, and the script at a tiny size."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import scaling_table
from scaling_table import fit, report

SIZES = [(1e6, 3e3), (5e6, 3e3), (5e6, 4e5), (17e6, 27e3)]


def results() -> list[dict[str, float]]:
    return [{"interactions": n, "items": m} for n, m in SIZES]


def test_exponents_of_a_known_law_are_found() -> None:
    values = [3e-7 * n**1.1 * m**0.4 for n, m in SIZES]
    assert fit(results(), values) == pytest.approx((3e-7, 1.1, 0.4))
    same_items = [{"interactions": n, "items": 10.0} for n in (1e3, 1e4, 1e5)]
    _, interactions, items = fit(same_items, [1.0, 10.0, 100.0])
    assert interactions == pytest.approx(1)
    assert items == pytest.approx(0)


def test_table_extrapolates_seconds_and_memory_beyond_that_of_the_libraries() -> None:
    gigabyte = 2**30
    of_shapes = {
        str(index): {
            "load": {
                **sizes,
                "seconds": sizes["interactions"] / 1e6,
                "base": gigabyte,
                "peak": gigabyte + 100 * sizes["interactions"],
            }
        }
        for index, sizes in enumerate(results())
    }
    heads, _, load, memory = report(of_shapes).splitlines()
    assert heads.startswith("|  | 1 M × 3 k | 5 M × 3 k | 5 M × 400 k | 17 M × 27 k |")
    assert load.endswith("| 17.0 s | 1.00 | 0.00 | 1000 s |")
    assert memory.endswith("| 2.6 GB | 1.00 | 0.00 | 94.1 GB |")
    for of_stages in of_shapes.values():
        of_stages["load"]["seconds"] /= 1000
    assert report(of_shapes).splitlines()[2].endswith("| 0.017 s | – | – | – |")


def test_every_stage_at_a_tiny_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "set.parquet"
    scaling_table.make("6000x400").to_parquet(data, index=False)
    for stage in scaling_table.STAGES:
        scaling_table.main(["--stage", stage, "--data", str(data)])
        result = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert result["seconds"] > 0
        assert 2000 < result["interactions"] <= 6000
        assert 100 < result["items"] <= 400


def test_page_is_written_and_nothing_is_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("before <!-- how cost grows -->old<!-- end of how cost grows --> after")
    words = ["--shapes", "3000x400", "6000x400", "--stages", "load", "--folder", str(tmp_path)]
    scaling_table.main([*words, "--page", str(page)])
    text = page.read_text()
    assert text.startswith("before <!-- how cost grows -->\n|  | ")
    assert "| load |" in text
    assert "old" not in text
    monkeypatch.setattr(scaling_table, "run_json", lambda *_, **__: pytest.fail("measured again"))
    scaling_table.main([*words, "--page", "none"])
    assert "| load |" in capsys.readouterr().out


def test_the_page_has_the_markers() -> None:
    assert f"<!-- {scaling_table.MARKER} -->" in scaling_table.PAGE.read_text()
