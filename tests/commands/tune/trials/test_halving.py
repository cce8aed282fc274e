"""Successive halving: after the warm-up, never the candidate as it is, by counted trials only."""

from __future__ import annotations

from helpers.studies import finish, lose, study_of

from lrec.commands.tune.study import Study, StudyTrial


def train(trial: StudyTrial, quality: float, epochs: int = 27, past: int = 0) -> int:
    """Report the best value so far after each epoch; the epoch that it is pruned at, or 0."""
    for epoch in range(past + 1, epochs + 1):
        trial.report(quality * (1 - 0.5**epoch), epoch)
        trial.spend(epoch / 10, epoch, 1)
        if trial.should_prune():
            trial.finish({"val/ndcg_at_10/all": quality}, "pruned")
            return epoch
    finish(trial, quality)
    return 0


def ask(study: Study) -> StudyTrial:
    trial = study.ask()
    assert trial is not None
    return trial


def test_a_trial_that_lags_behind_is_pruned_at_a_rung_and_never_before_the_first() -> None:
    study = study_of()
    assert train(ask(study), 0.5) == 0
    assert train(ask(study), 0.4) == 3
    assert train(ask(study), 0.6) == 0
    slow = ask(study)
    assert [slow.report(0.01, epoch) or slow.should_prune() for epoch in (1, 2)] == [False] * 2


def test_the_candidate_as_it_is_is_never_pruned() -> None:
    study = study_of()
    first, better = ask(study), ask(study)
    assert train(better, 0.9) == 0
    assert train(first, 0.1) == 0


def test_a_run_that_goes_on_is_judged_as_if_it_had_not_been_killed() -> None:
    for killed_after in (2, 3, 8, 9):
        study = study_of()
        train(ask(study), 0.5)
        trial = ask(study)
        for epoch in range(1, killed_after + 1):
            trial.report(0.6 * (1 - 0.5**epoch), epoch)
            assert not trial.should_prune()
        lose(trial)
        again = ask(study)
        for epoch in range(1, killed_after + 1):  # as it is told the epochs before the kill
            again.report(0.6 * (1 - 0.5**epoch), epoch)
        assert not again.should_prune()  # by itself, which it would lose against
        assert train(again, 0.6, past=killed_after) == 0
        assert train(ask(study), 0.55) == 3


def test_a_trial_that_stopped_early_competes_at_later_rungs() -> None:
    study = study_of()
    train(ask(study), 0.9, epochs=5)
    assert train(ask(study), 0.95) == 0
    assert train(ask(study), 0.9, epochs=8) == 3
    late = ask(study)
    for epoch in range(1, 9):
        late.report(0.99, epoch)
        assert not late.should_prune()
    late.report(0.92, 9)
    assert late.should_prune()


def test_brackets_of_hyperband_begin_later_one_after_the_other() -> None:
    study = study_of(pruner="hyperband")
    train(ask(study), 0.9)
    assert train(ask(study), 0.5) == 0  # the first of its bracket
    assert [train(ask(study), 0.3) for _ in range(4)] == [3, 9, 3, 9]
