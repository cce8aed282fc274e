"""The benchmark of workers, at its smallest."""

from __future__ import annotations

from pathlib import Path

import benchmark_workers as benchmark
import pytest


def test_trials_are_counted_from_the_first_to_the_last(tiny: Path) -> None:
    data = ["dataset=csv", f"dataset.path={tiny}", "split=leave_one_out"]
    result = benchmark.measure("popularity", 1, 2, data)
    assert result["trials"] == 2
    assert 0 < result["seconds"] < 300


def test_rows_are_ratios_of_the_same_round() -> None:
    chosen = benchmark.parser().parse_args(["--models", "vae", "--workers", "2"])
    assert list(benchmark.sides(chosen)) == ["vae, 1", "vae, 2"]
    results = {
        "vae, 1": [{"trials": 8, "seconds": 100.0}, {"trials": 8, "seconds": 200.0}],
        "vae, 2": [{"trials": 8, "seconds": 50.0}, {"trials": 8, "seconds": 125.0}],
    }
    printed = benchmark.table(results, chosen)
    assert "| vae | 216 | 403 | 1.80× |" in printed


def test_a_study_that_fails_is_no_result() -> None:
    with pytest.raises(RuntimeError, match="lrec tune ended with 2: lrec: candidates: no such"):
        benchmark.measure("no_such_model", 1, 2, [])
