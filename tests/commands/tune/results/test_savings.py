"""What pruning saved: epochs up to the usual end, at a trial's own pace."""

from __future__ import annotations

from helpers.studies import NAME, study_of

from lrec.commands.tune.results.savings import saved
from lrec.commands.tune.study import Study


def ended(study: Study, seconds: float, epochs: int, reason: str | None) -> None:
    trial = study.ask()
    assert trial is not None
    trial.spend(seconds, epochs, 1)
    trial.finish({NAME: 0.5}, reason)


def test_savings_are_epochs_up_to_the_usual_end_at_a_trials_own_pace() -> None:
    study = study_of()
    ended(study, 20.0, 20, None)
    ended(study, 40.0, 40, None)
    ended(study, 20.0, 10, "pruned")  # 20 of 30 epochs saved, two seconds each
    ended(study, 5.0, 5, "the budget was spent")
    assert saved(study.finished()) == (20, 40.0)
    ended(study, 80.0, 40, "pruned")  # later than the usual end: nothing was saved
    assert saved(study.finished()) == (20, 40.0)


def test_without_a_trial_that_went_to_its_end_nothing_is_known() -> None:
    study = study_of()
    ended(study, 1.0, 1, "pruned")
    assert saved(study.finished()) == (0, 0.0)
