"""Models that go on learning: grown catalogues, joined data, users that change buckets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import mlflow
import numpy as np
import pandas as pd
import pytest
from helpers.cli import CommandLine
from helpers.composing import checked, composed

from lrec.base.errors import DataError
from lrec.commands.composing import prepare
from lrec.commands.update.bucket_transitions import transition_table
from lrec.commands.update.child_runs import shorter
from lrec.commands.update.feedback import join
from lrec.commands.update.joined_splits import splits
from lrec.commands.update.settings import UpdateSettings
from lrec.data.alignment import extend, index_of, seen
from lrec.data.catalogue import Catalogue
from lrec.data.dataset.csv import CSV
from lrec.data.histories import Histories
from lrec.data.interactions import Interactions, ItemFeatures
from lrec.data.queries import Queries, Split
from lrec.data.split import Splitter
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.data.split.user_holdout import UserHoldout
from lrec.evaluation.bucket.counts import Counts
from lrec.model import Pretrained
from lrec.model.common.weights import expand, warm_start_weights
from lrec.model.popularity import Popularity
from lrec.reporting.terminal import Screen
from lrec.tracking import resolve


def test_weights_grow_where_the_catalogue_does() -> None:
    """Two items become four; a mask stands behind them, and the width stays."""
    stored = np.arange(6.0).reshape(3, 2)  # two items, a mask
    fresh = np.full((5, 2), -1.0)
    expected = [[0, 1], [2, 3], [-1, -1], [-1, -1], [4, 5]]
    assert expand(fresh, stored, 2, 4).tolist() == expected
    kernel = expand(np.full((2, 4), -1.0), np.arange(4.0).reshape(2, 2), 2, 4)
    assert kernel.tolist() == [[0, 1, -1, -1], [2, 3, -1, -1]]
    assert expand(np.zeros(3), np.ones(3), 2, 4).tolist() == [1, 1, 1]
    assert expand(np.zeros((2, 2)), np.ones((2, 2)), 2, 2).tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize("name", ["vae", "recvae", "gan"])
def test_training_goes_on_from_shrunk_weights(name: str) -> None:
    """Of all that trains; what does not, such as a table of features, stays as it is."""
    catalogue = small_split(["a", "b", "c"], 3, [[0, 1, 2]]).catalogue
    one, two = (checked(composed(f"model={name}")).model for _ in range(2))
    keras.utils.set_random_seed(1)
    one._build(catalogue)
    stored = one.state()
    two._build(catalogue)
    frozen = next(w for w in two._weights() if len(w.shape) == 2)
    frozen.trainable = False
    pretrained = Pretrained("somewhere", stored, catalogue, shrink=0.5)
    warm_start_weights(two._weights(), pretrained, catalogue.n_items)
    assert any(np.abs(array).max() > 0 for array in stored.values())
    assert not frozen.trainable
    for weight, key in zip(two._weights(), sorted(stored), strict=True):
        share = 0.5 if weight.trainable else 1.0
        np.testing.assert_array_equal(np.array(weight), (share * stored[key]).astype(np.float32))


@pytest.mark.parametrize(
    ("model", "trained", "expected"),
    [
        ("vae", 3, (2, 100, 0.0015)),
        ("vae", 61, (7, 100, 0.0015)),
        ("attention", 36, (5, 12, 0.001)),
        ("bert4rec", 136, (14, 12, 0.001)),
    ],
)
def test_schedule_of_an_update_is_the_models_or_as_said(
    model: str, trained: int, expected: tuple[int, int, float]
) -> None:
    own = {"epochs": 100, "batch_size": 50, "learning_rate": 0.001, "patience": 3}
    words = (f"model={model}", "run=some", "feedback=new.csv")
    keys = ("epochs", "batch_size", "learning_rate")

    def schedule(*overrides: str) -> dict[str, Any]:
        settings = checked(composed(*words, *overrides, root="update"), root=UpdateSettings)
        return shorter(settings, own, trained)

    assert tuple(schedule()[key] for key in keys) == pytest.approx(expected)
    said = schedule("epochs=1", "batch_size=7", "learning_rate=0.5")
    assert [said[key] for key in keys] == [1, 7, 0.5]
    assert (said["decay"], said["patience"]) == ("cosine", 3)


def small_split(ids: list[str], n_items: int, train: list[list[int]]) -> Split:
    histories = Histories.of(train)
    counts = np.bincount(histories.item, minlength=n_items)[:n_items]
    users = np.arange(len(train))
    histories = replace(histories, user=users.astype(np.int32))
    features = ItemFeatures(titles=np.array([f"title of {i}" for i in ids]))
    catalogue = Catalogue(np.array(ids), counts, counts, len(train), features)
    queries = Queries(histories, histories, Histories.of([[len(ids) - 1]] * len(train)))
    return Split(histories, queries, queries, catalogue, users.astype(str), {})


def test_old_items_keep_their_codes_and_new_ones_stand_behind() -> None:
    old = small_split(["c", "a", "gone"], 3, [[0, 1, 2]])
    new = small_split(["a", "b", "c", "only asked"], 3, [[0, 1], [2], [2, 0]])
    found = extend(new, old.catalogue)
    assert found.catalogue.ids.tolist() == ["c", "a", "gone", "b", "only asked"]
    assert found.catalogue.n_items == 4
    assert found.catalogue.popularity.tolist() == [2, 2, 0, 1]
    assert found.train.item.tolist() == [1, 3, 0, 0, 1]
    assert found.test.target.item.tolist() == [4, 4, 4]
    titles = found.catalogue.features.titles
    assert titles is not None
    assert titles.tolist() == ["title of c", "title of a", "", "title of b", "title of only asked"]
    for split in (new, found):
        names = split.catalogue.ids[split.train.item].tolist()
        assert names == ["a", "b", "c", "c", "a"]


def test_moves_count_every_user_once() -> None:
    bucketing = Counts()
    before = small_split(["a", "b"], 2, [[0], [0, 1], [0] * 8])
    after = small_split(["a", "b"], 2, [[0], [0] * 8, [0] * 8, [1]])
    table = transition_table(bucketing, before, after, index_of(after.user_ids, before.user_ids))
    assert int(table.to_numpy().sum()) == 4
    names = [str(name) for name in table.columns]
    labels = bucketing.assign(after.train, after.train, after.catalogue).column
    earlier = bucketing.assign(before.train, before.train, before.catalogue).column
    expected = dict.fromkeys(((row, column) for row in table.index for column in names), 0)
    for was, now in zip([*earlier, "new"], labels, strict=True):
        expected[was, now] += 1
    assert {(r, c): int(table.loc[r, c]) for r in table.index for c in names} == expected


@pytest.mark.parametrize("splitter", [UserHoldout(), UserHoldout(order="time"), LeaveOneOut()])
def test_moves_count_users_held_out_by_what_is_folded_in(splitter: Splitter, tiny: Path) -> None:
    """As the evaluation does, not as cold."""
    bucketing, data = Counts(), CSV(str(tiny)).load()
    split = splitter(data)
    table = transition_table(bucketing, split, split, np.arange(data.n_users))
    known = {
        int(user): int(length)
        for part in (split.test.train_history, split.validation.train_history, split.train)
        for user, length in zip(part.user, part.lengths, strict=True)
    }
    sorted_out = np.searchsorted([0, 4, 9, 19, 49], [known.get(u, 0) for u in range(data.n_users)])
    expected = np.diag(np.bincount(sorted_out, minlength=6))
    assert table.drop("new").to_numpy().tolist() == expected.tolist()
    assert table.loc["cold", "cold"] == data.n_users - len(known)


@pytest.fixture(scope="module")
def halves(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The tiny data before and after a time, with a new item and a new user at the end."""
    folder = tmp_path_factory.mktemp("halves")
    frame = pd.read_csv(tiny)
    cut = frame["timestamp"].quantile(0.8)
    late = frame[frame["timestamp"] > cut]
    one = frame.iloc[[0]].assign(item_id="thing-new", timestamp=frame["timestamp"].max() + 1)
    more = [one, one.assign(user_id="person-new")]
    more += [one.assign(user_id=f"person-{number:03d}") for number in range(20, 30)]
    old, new = folder / "old.csv", folder / "new.csv"
    frame[frame["timestamp"] <= cut].to_csv(old, index=False)
    pd.concat([late, *more]).to_csv(new, index=False)
    return old, new


def triples(data: Interactions) -> set[tuple[str, str, float, int]]:
    assert data.rating is not None
    assert data.timestamp is not None
    users, items = data.user_ids[data.user].tolist(), data.item_ids[data.item].tolist()
    return set(zip(users, items, data.rating.tolist(), data.timestamp.tolist(), strict=True))


def test_joined_data_is_that_of_one_table(halves: tuple[Path, Path], tmp_path: Path) -> None:
    old, new = halves
    dataset = CSV(str(old))
    node = join(dataset, dataset.load(), str(new), tmp_path)
    assert node.pop("_target_") == "lrec.data.dataset.csv.CSV"
    joined = CSV(**node).load()
    together = tmp_path / "together.csv"
    pd.concat([pd.read_csv(old), pd.read_csv(new)]).to_csv(together, index=False)
    whole = CSV(str(together)).load()
    assert triples(joined) == triples(whole)
    assert LeaveOneOut()(joined).counts == LeaveOneOut()(whole).counts


EVENTS = """user,item,event,timestamp
ann,tea,view,1
ann,tea,buy,2
bob,cup,view,3
bob,tea,cart,4
bob,pot,buy,5
"""


@pytest.mark.parametrize(
    "more", ["cat,tea,buy,9\n", "cat,tea,buy,9\ncat,cup,view,8\ncat,pot,wish,7\n"]
)
def test_joined_data_may_lack_behaviours_that_the_run_left_out(more: str, tmp_path: Path) -> None:
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    old.write_text(EVENTS)
    new.write_text(EVENTS.partition("\n")[0] + f"\n{more}")
    dataset = CSV(str(old), behaviors={"view": 0, "buy": 2, "cart": 1}, targets=["buy"])
    node = join(dataset, dataset.load(), str(new), tmp_path)
    node.pop("_target_")
    joined = CSV(**node).load()
    assert joined.behavior is not None
    names = [joined.behaviors[code].name for code in joined.behavior]
    users, items = joined.user_ids[joined.user].tolist(), joined.item_ids[joined.item].tolist()
    assert list(zip(users, items, names, strict=True)) == [
        ("ann", "tea", "buy"),
        ("bob", "tea", "cart"),
        ("bob", "pot", "buy"),
        ("cat", "tea", "buy"),
    ]
    assert joined.weight is not None
    assert joined.weight.tolist() == [2, 1, 2, 2]
    assert joined.is_target.tolist() == [True, False, True, True]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("user_id,item_id\na,b\n", "has no rating and no timestamp.*: user=user_id, item=item_id"),
        ("user_id,item_id,rating,timestamp\na,b,,1\n", "is the feedback.* change the file"),
        ("a,b\n1,2\n", "no user column"),
        ("", "is empty"),
    ],
)
def test_feedback_that_does_not_fit_is_refused(
    text: str, words: str, halves: tuple[Path, Path], tmp_path: Path
) -> None:
    dataset = CSV(str(halves[0]))
    path = tmp_path / "feedback.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=words):
        join(dataset, dataset.load(), str(path), tmp_path)
    with pytest.raises(DataError, match="feedback does not exist"):
        join(dataset, dataset.load(), str(tmp_path / "none.csv"), tmp_path)


def test_update_trains_on_and_says_what_changed(
    halves: tuple[Path, Path], lrec: CommandLine, tmp_path: Path
) -> None:
    old, new = halves
    words = ("dataset=csv", f"dataset.path={old}", "split=leave_one_out", "model=vae")
    small = ("schedule.epochs=4", "schedule.evaluate_steps=1", "model.latent_size=4")
    lrec.give_store(tmp_path)
    assert lrec(tmp_path, "train", *words, *small).rc == 0
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    (base,) = mlflow.search_runs(experiment_names=["lrec"], output_format="list")
    run = base.info.run_id
    answer = lrec(
        tmp_path, "update", f"run={run}", f"feedback={new}", "retrain=true", "resamples=100"
    )
    assert (answer.rc, answer.err) == (0, "")
    assert "1 new users, 1 new items" in answer.out
    assert "users by activity, from the bucket before (rows)" in answer.out
    assert "training on took" in answer.out
    runs = mlflow.search_runs(experiment_names=["lrec"], output_format="list")
    by_command = {found.data.tags["lrec.command"]: found for found in runs}
    update = by_command["update"]
    assert update.data.tags["mlflow.parentRunId"] == run
    children = [
        found for found in runs if found.data.tags.get("mlflow.parentRunId") == update.info.run_id
    ]
    (updated,) = [child for child in children if child.data.tags.get("lrec.updates") == run]
    (scratch,) = [child for child in children if "lrec.updates" not in child.data.tags]
    assert resolve("latest") == resolve("vae") == updated.info.run_id
    assert "| from scratch |" in update.data.tags["mlflow.note.content"]
    own = {name: updated.data.params[f"schedule.{name}"] for name in ("epochs", "decay")}
    assert own == {"epochs": "2", "decay": "cosine"}
    rates = [float(r.data.params["schedule.learning_rate"]) for r in (updated, scratch)]
    assert rates[0] == 1.5 * rates[1]
    assert scratch.data.params["schedule.epochs"] == "4"
    for child in (updated, scratch):
        assert child.data.metrics["recall_at_20/all"] > 0
        assert child.data.metrics["users/all"] == updated.data.metrics["users/all"]
    ties = [
        {key: value for key, value in child.data.metrics.items() if key.startswith("popularity/")}
        for child in (updated, scratch)
    ]
    assert ties[0] == ties[1]  # equal scores are in the same order, whoever is asked
    key = "ndcg_at_10/all"
    assert update.data.metrics[f"updated/{key}"] == updated.data.metrics[key]
    assert update.data.metrics[f"from_scratch/{key}"] == scratch.data.metrics[key]
    assert f"before/{key}" in update.data.metrics
    names = {f.path for f in mlflow.MlflowClient().list_artifacts(update.info.run_id)}
    assert names == {"comparison.csv", "bucket_transitions_activity.csv"}
    model = mlflow.pyfunc.load_model(f"runs:/{updated.info.run_id}/model")
    answer_new = model.predict(pd.DataFrame({"history": [["thing-00"]]}), params={"k": 100})
    assert "thing-new" in answer_new["items"][0]
    again = lrec(tmp_path, "recommend", f"run={updated.info.run_id}", "users=[person-new]")
    assert (again.rc, again.err) == (0, "")
    again = lrec(tmp_path, "evaluate", f"run={updated.info.run_id}")
    assert (again.rc, again.err) == (0, "")
    runs = mlflow.search_runs(experiment_names=["lrec"], output_format="list")
    (scored,) = [found for found in runs if found.data.tags["lrec.command"] == "evaluate"]
    assert scored.data.metrics == {name: updated.data.metrics[name] for name in scored.data.metrics}


@pytest.fixture(scope="module")
def weeks(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The tiny data, and a week after it: nine known pairs again for each new one."""
    folder = tmp_path_factory.mktemp("weeks")
    frame = pd.read_csv(tiny)
    again = frame.sample(90, random_state=1)
    new = again.iloc[:10].assign(user_id=[f"late-{n % 5}" for n in range(10)])
    new["item_id"] = [f"thing-{n:02d}" for n in range(10)]
    week = pd.concat([again, new])
    week["timestamp"] = frame["timestamp"].max() + 1 + np.arange(len(week))
    path = folder / "week.csv"
    week.to_csv(path, index=False)
    return tiny, path


@pytest.mark.parametrize("duplicates", ["last", "keep"])
@pytest.mark.parametrize("split", ["global_time", "leave_one_out", "ratio", "user_holdout"])
def test_repeats_of_known_pairs_are_history_and_never_asked(
    split: str, duplicates: str, weeks: tuple[Path, Path], tmp_path: Path
) -> None:
    """At the time that they were known since, so that no history tells what comes after it."""
    old, week = weeks
    words = ("dataset=csv", f"dataset.path={old}", f"dataset.duplicates={duplicates}")
    node = composed(*words, f"split={split}", "run=some", f"feedback={week}", root="update")
    settings, config = prepare(node, UpdateSettings, {}, [], tmp_path)
    data = settings.dataset.load()
    model = Popularity()
    model.catalogue = settings.split(data).catalogue
    changed = join(settings.dataset, data, str(week), tmp_path)
    joined, before, after = splits(settings, config, model, data, changed, Screen(silent=True))
    target = after.test.target
    assert len(target.item) > 0
    assert not seen(target, after.user_ids, before).any()
    assert not seen(after.validation.target, after.user_ids, before, selected=False).any()
    assert len(joined) == len(data) + (100 if duplicates == "keep" else 10)
    assert joined.known is not None
    parts = [after.train, after.test.history, after.validation.history]
    there = np.isin(joined.user, np.concatenate([part.user for part in parts]))
    rows = np.flatnonzero(there & (joined.known >= 0))
    if split == "user_holdout":  # of whose old users nobody is left to ask
        assert not len(rows)
        return
    row = rows[0]
    user, item = joined.user_ids[joined.user[row]], joined.item_ids[joined.item[row]]
    same = (data.user_ids[data.user] == user) & (data.item_ids[data.item] == item)
    assert data.timestamp is not None
    assert joined.known[row] == data.timestamp[same].min()
    times: set[int] = set()
    for part in parts:
        assert part.timestamp is not None
        own = after.user_ids[part.user[part.row]] == user
        times |= set(part.timestamp[own & (after.catalogue.ids[part.item] == item)].tolist())
    assert joined.known[row] in times


def test_weekly_updates_with_repeats_and_one_without_a_test(
    weeks: tuple[Path, Path], lrec: CommandLine, tmp_path: Path
) -> None:
    old, week = weeks
    lrec.give_store(tmp_path)
    words = ("dataset=csv", f"dataset.path={old}", "model=popularity")
    assert lrec(tmp_path, "train", *words).rc == 0
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")

    def newest() -> str:
        condition = "tags.`lrec.command` = 'train'"
        found = mlflow.search_runs(
            experiment_names=["lrec"], filter_string=condition, output_format="list"
        )
        return str(found[0].info.run_id)

    answer = lrec(tmp_path, "update", f"run={newest()}", f"feedback={week}", "resamples=100")
    assert (answer.rc, answer.err) == (0, "")
    assert "feedback: 100 rows, 10 interactions more than before, 5 new users" in answer.out
    assert "they are history now, and not evaluated again" in answer.out
    answer = lrec(tmp_path, "update", f"run={newest()}", f"feedback={week}", "evaluate=false")
    assert (answer.rc, answer.err) == (0, "")
    assert "recall" not in answer.out
    run = mlflow.get_run(newest())
    assert run.data.metrics["data/test_interactions"] == 0
    assert "interactions; trained on" in run.data.tags["mlflow.note.content"]
    assert f"next: lrec recommend run={run.info.run_id[:8]}" in answer.out
    assert run.data.metrics["data/train_interactions"] == run.data.metrics["data/interactions"]
    request = ("users=[late-1,late-2,late-1]", "top=3", "to=lists.csv")
    answer = lrec(tmp_path, "recommend", f"run={run.info.run_id}", *request)
    assert (answer.rc, answer.err) == (0, "")
    assert "6 recommendations for 2 users: lists.csv" in answer.out  # each user once
    answer = lrec(tmp_path, "update", f"run={run.info.run_id}", f"feedback={week}")
    assert answer.rc == 1
    assert "pairs that the run was trained on, so nothing is left to compare on" in answer.complaint


def test_update_reads_the_table_of_items_that_the_run_read(
    halves: tuple[Path, Path], lrec: CommandLine, tmp_path: Path
) -> None:
    """With all columns; errors of ratings are compared by user; what has no test is exported."""
    old, new = halves
    items = tmp_path / "items.csv"
    ids = pd.read_csv(old)["item_id"].unique()
    pd.DataFrame({"item_id": ids, "colour": [f"c{n % 3}" for n in range(len(ids))]}).to_csv(items)
    data = ("dataset=csv", f"dataset.path={old}", f"dataset.items_path={items}")
    feature = ("feature=properties", "feature.properties.categories=[colour]")
    monitor = "monitor=val/mse_pooled/all"
    lrec.give_store(tmp_path)
    model = (
        "model=vae",
        "model.latent_size=4",
        "model.item_vectors=additional",
        "schedule.epochs=2",
    )
    answer = lrec(
        tmp_path, "train", *data, *feature, *model, "split=ratio", "schedule.evaluate_steps=1"
    )
    assert answer.rc == 0, answer.err
    answer = lrec(tmp_path, "update", "run=latest", f"feedback={new}", "resamples=100")
    assert answer.rc == 0, answer.err

    answer = lrec(
        tmp_path, "train", *data, "model=dense", "split=ratio", monitor, "schedule.epochs=1"
    )
    assert answer.rc == 0, answer.err
    answer = lrec(tmp_path, "update", "run=latest", f"feedback={new}", "resamples=100")
    assert answer.rc == 0, answer.err
    answer = lrec(tmp_path, "update", "run=latest", f"feedback={new}", "evaluate=false")
    assert answer.rc == 0, answer.err
    answer = lrec(tmp_path, "export", "run=latest", "formats=[savedmodel]", "sample=3")
    assert answer.rc == 0, answer.err
    assert "training users, one at a time" in answer.out
