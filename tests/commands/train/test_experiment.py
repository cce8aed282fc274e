"""Models that contain people's histories: kept only where that is asked for."""

from __future__ import annotations

from pathlib import Path

from helpers.cli import CommandLine


def test_a_model_that_contains_histories_is_kept_on_demand_only(
    lrec: CommandLine, tiny: Path, tmp_path: Path
) -> None:
    lrec.give_store(tmp_path)
    train = ("train", "model=sknn", "dataset=csv", f"dataset.path={tiny}", "split=leave_one_out")
    first = lrec(tmp_path, *train)
    assert first.rc == 0, first.err
    assert "model=sknn contains 50 histories of the training data, without user ids" in first.out
    reason = "the model is not saved: model=sknn contains people's histories"
    assert [line for line in first.out.splitlines() if line.startswith(reason)]
    (following,) = [line for line in first.out.splitlines() if line.startswith("next: ")]
    assert following.endswith("tracking.keep_histories=true")
    assert not list(tmp_path.rglob("state.npz"))
    exported = lrec(tmp_path, "export", "run=latest")
    assert exported.rc != 0
    assert "it would contain people's histories" in exported.complaint
    assert exported.complaint.endswith("Train it again with tracking.keep_histories=true.")

    kept = lrec(tmp_path, *train, "tracking.keep_histories=true")
    assert reason not in kept.out
    assert lrec(tmp_path, "recommend", "run=latest", "history=[thing-01,thing-03]").rc == 0
