"""Selection of saved runs: models, seeds, names, and refusals."""

from __future__ import annotations

from dataclasses import replace

import pytest
from helpers.saved_runs import saved_run

from lrec.commands.runs.replicates import PARTS
from lrec.commands.runs.selection import ComparedModel, compared_params, select, taken_words
from lrec.commands.runs.unnamed import left_out_words, newest_comparable
from lrec.evaluation.comparison.user_alignment import ComparisonError
from lrec.tracking import SavedRun


def names(runs: list[SavedRun], named: bool = False) -> dict[str, list[str]]:
    taken = runs if named else newest_comparable(runs)[0]
    return {c.name: [r.id for r in c.runs.values()] for c in select(taken, named)}


def test_seeds_of_one_model_are_one_model() -> None:
    runs = [saved_run("vae", 2), saved_run("vae", 1), saved_run("ease", 2), saved_run("ease", 1)]
    assert names(runs) == {"ease": ["ease-1", "ease-2"], "vae": ["vae-1", "vae-2"]}


def test_the_newest_run_decides_data_split_and_settings() -> None:
    runs = [
        saved_run("vae", model__beta=0.1),
        saved_run("ease"),
        saved_run("vae", model__beta=0.5),  # older settings
        saved_run("itemknn", digest="d2"),  # other data
        saved_run("itemknn", split__test=0.3),  # other split
    ]
    models = select(newest_comparable(runs)[0], named=False)
    assert [c.name for c in models] == ["ease", "vae"]
    assert models[1].any.params["model.beta"] == "0.1"


def test_by_default_only_seeds_that_all_have_count() -> None:
    runs = [saved_run("vae", 3), saved_run("vae", 1), saved_run("ease", 1), saved_run("ease", 2)]
    assert names(runs) == {"ease": ["ease-1"], "vae": ["vae-1"]}


def test_runs_of_other_commands_are_refused() -> None:
    with pytest.raises(ComparisonError, match=r"run vae-1 is of lrec evaluate"):
        select([saved_run("ease"), saved_run("vae", command="evaluate")], named=True)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (saved_run("ease", digest="d2"), "different data, csv (d1) and csv (d2)"),
        (saved_run("ease", split__test=0.3), "split.test is 0.2 and 0.3"),
        (saved_run("ease", split="leave_one_out"), "split is ratio and leave_one_out"),
        (saved_run("ease", 2), "different seeds, [1] and [2]"),
    ],
)
def test_named_runs_that_do_not_fit_are_refused(other: SavedRun, words: str) -> None:
    with pytest.raises(ComparisonError) as caught:
        select([saved_run("vae"), other], named=True)
    assert words in str(caught.value)


@pytest.mark.parametrize("runs", [[], [saved_run("vae")]])
def test_fewer_than_two_models_are_refused(runs: list[SavedRun]) -> None:
    with pytest.raises(ComparisonError, match="2 models are needed"):
        select(runs, named=False)
    assert len(select(runs, named=False, least=len(runs))) == len(runs)


def test_two_settings_of_one_model_have_names_of_their_own() -> None:
    runs = [saved_run("vae", model__beta=0.1), saved_run("vae", model__beta=0.2), saved_run("ease")]
    assert list(names(runs, named=True)) == ["ease", "vae 1", "vae 2"]
    runs[0].params["experiment"], runs[1].params["experiment"] = "vae_small", "vae_large"
    assert list(names(runs, named=True)) == ["ease", "vae_large", "vae_small"]


def test_augmented_and_featured_models_are_named_so() -> None:
    runs = [saved_run("vae"), saved_run("vae", augment="gan"), saved_run("vae", feature="titles")]
    assert list(names(runs)) == ["vae", "vae-gan", "vae-titles"]


def test_a_model_without_a_seed_stands_beside_every_seed() -> None:
    once = {"lrec.seeded": "False"}
    runs = [saved_run("vae", 3), saved_run("vae", 2), saved_run("ease", 1, tags=once)]
    for named in (False, True):
        assert names(runs, named) == {"ease": ["ease-1", "ease-1"], "vae": ["vae-2", "vae-3"]}
    ease = next(model for model in select(runs, named=True) if model.name == "ease")
    assert {seed: run.id for seed, run in ease.distinct.items()} == {1: "ease-1"}
    others = [saved_run("ease", 2, tags=once), saved_run("itemknn", 1, tags=once)]
    assert names(others) == {"ease": ["ease-2"], "itemknn": ["itemknn-1"]}


def test_runs_of_updates_searches_and_revealed_histories_are_not_taken_unnamed() -> None:
    """They are newer than what was trained to be compared, and of another kind."""
    plain = [saved_run("ease"), saved_run("vae")]
    aside = [
        saved_run("vae", tags={"lrec.for": "update", "lrec.updates": "vae-1"}),
        saved_run("vae", tags={"lrec.updates": "vae-1"}),  # of an older lrec
        saved_run("vae", tags={"lrec.for": "update"}),  # from scratch, to compare with
        saved_run("vae", split="user_holdout", tags={"lrec.for": "reveal"}),
        saved_run("ease", model__regularisation=3, tags={"lrec.for": "tune"}),
    ]
    other = [saved_run("vae", digest="d2"), saved_run("vae", split__test=0.4)]
    older = [saved_run("ease", model__regularisation=7)]
    taken, left_out = newest_comparable([*aside, *plain, *other, *older])
    assert taken == plain
    words = left_out_words(left_out)
    assert words.startswith(
        "left out: 3 of lrec update, 1 of lrec reveal, 1 of lrec tune, 1 on other"
    )
    assert "1 on other data (csv d2), 1 with another split (ratio), 1 older, with other" in words
    nothing, left_out = newest_comparable(aside)
    with pytest.raises(ComparisonError, match=r"found: none\..* Left out: 3 of lrec update"):
        select(nothing, named=False, left_out=left_out_words(left_out))


def test_held_out_users_are_looked_for_where_they_are_needed() -> None:
    runs = [
        saved_run("vae"),  # the newest
        saved_run("vae", split="user_holdout", tags={"lrec.for": "reveal"}),
        saved_run("ease", split="user_holdout", tags={"lrec.for": "train"}),
    ]
    taken, left_out = newest_comparable(runs, held_out=True)
    assert taken == runs[1:]
    assert left_out_words(left_out).startswith("left out: 1 with split=ratio (")


def test_what_was_taken_is_said() -> None:
    models = select([saved_run("vae", 2), saved_run("ease", 2)], named=True)
    assert taken_words(models) == "taken: ease, vae (seeds 2) on csv (d1) with split=ratio"


def test_a_comparison_logs_what_it_compared() -> None:
    runs = [saved_run(model, seed) for model in ("vae", "ease") for seed in (1, 2)]
    assert compared_params(select(runs, named=True)) == {
        "models": "ease, vae",
        "seeds": "1, 2",
        "dataset": "csv",
        "dataset.digest": "d1",
        "split": "ratio",
        "split.test": "0.2",
    }


def in_window(model: str, window: int, seed: int = 1, seeded: bool = True) -> SavedRun:
    run = saved_run(
        model, seed, split="rolling", split__window=window, tags={"lrec.seeded": str(seeded)}
    )
    return replace(run, id=f"{run.id}-{window}")


def by_window(models: list[ComparedModel]) -> dict[str, dict[str, list[str]]]:
    return {
        model.name: {part: [run.id for run in runs.values()] for part, runs in model.parts.items()}
        for model in models
    }


@pytest.mark.parametrize("named", [True, False])
def test_windows_of_one_model_are_its_parts(named: bool) -> None:
    """Of each window the runs of all seeds, or the only one of a model without a seed."""
    runs = [in_window("vae", window, seed) for window in (10, 2) for seed in (2, 1)]
    runs += [in_window("ease", window, 3, seeded=False) for window in (2, 10)]
    models = select(runs, named, apart=PARTS)
    assert by_window(models) == {
        "ease": {"window 2": ["ease-3-2"] * 2, "window 10": ["ease-3-10"] * 2},
        "vae": {"window 2": ["vae-1-2", "vae-2-2"], "window 10": ["vae-1-10", "vae-2-10"]},
    }
    assert [(part, run.id) for part, run in models[0].trained] == [
        ("window 2", "ease-3-2"),
        ("window 10", "ease-3-10"),
    ]
    assert models[0].latest.id == "ease-3-10"
    assert "(seeds 1, 2, window 2, window 10) on csv" in taken_words(models)
    logged = compared_params(models)
    assert logged["parts"] == "window 2, window 10"
    assert logged["split"] == "rolling"
    assert "split.window" not in logged


def test_folds_of_several_split_seeds_are_told_apart_by_both() -> None:
    runs = [
        replace(saved_run(model, split__fold=fold, split__seed=seed), id=f"{model}{fold}{seed}")
        for model in ("ease", "vae")
        for fold in (0, 1)
        for seed in (7, 8)
    ]
    parts = list(select(runs, named=True, apart=PARTS)[0].parts)
    assert parts == [f"fold {fold}, split seed {seed}" for fold in (0, 1) for seed in (7, 8)]


def test_parts_that_not_all_models_have_are_refused_or_left_out() -> None:
    runs = [in_window("vae", 0), in_window("vae", 1), in_window("ease", 1), in_window("ease", 2)]
    with pytest.raises(ComparisonError) as caught:
        select(runs, named=True, apart=PARTS)
    words = "vae and ease have different parts of the data, ['window 0', 'window 1'] and ['window 1"
    assert words in str(caught.value)
    taken, left_out = newest_comparable(runs, apart=PARTS)
    assert not left_out
    models = select(taken, named=False, apart=PARTS)
    assert {model.name: model.any.id for model in models} == {"vae": "vae-1-1", "ease": "ease-1-1"}
    assert not models[0].parts


def test_seeds_must_be_the_same_in_every_window() -> None:
    runs = [in_window("vae", 0), in_window("vae", 1, 2), in_window("ease", 0), in_window("ease", 1)]
    for named in (True, False):
        with pytest.raises(ComparisonError, match=r"vae has different seeds, \[1\] and \[2\]"):
            select(runs, named, apart=PARTS)


def test_windows_are_no_replicates_for_commands_that_need_one_split() -> None:
    with pytest.raises(ComparisonError, match=r"split\.window is 0 and 1"):
        select([in_window("vae", 0), in_window("ease", 1)], named=True)
    with pytest.raises(ComparisonError, match=r"split\.test is 0\.2 and 0\.3"):
        select([saved_run("vae"), saved_run("ease", split__test=0.3)], True, apart=PARTS)
