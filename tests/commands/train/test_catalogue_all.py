"""Items of the items table that nobody trained on: in the catalogue, and recommended by content."""

from __future__ import annotations

import json
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from helpers.cli import CommandLine
from helpers.composing import checked, composed
from omegaconf import OmegaConf

from lrec.base.errors import ConfigError, DataError
from lrec.commands import loading
from lrec.commands.catalogue_lines import catalogue_line, cold_items_line, reach_line
from lrec.commands.composing import ComposedConfig
from lrec.commands.export import export_formats
from lrec.commands.runs.find_or_train import data_digest
from lrec.commands.runs.model_identity import differences
from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.tracking import SavedRun, resolve

N_ITEMS, UNTOUCHED = 60, 15


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two kinds of users, who have items of their kind; the table has items that nobody has."""
    folder = tmp_path_factory.mktemp("data")
    draw = np.random.default_rng(1)
    kinds = np.arange(N_ITEMS) % 2
    rows = ["user,item,time"]
    for user in range(80):
        own = np.flatnonzero(kinds[: N_ITEMS - UNTOUCHED] == user % 2)
        chance = 1 / np.arange(1, len(own) + 1) ** 1.3
        chosen = draw.choice(own, 6, replace=False, p=chance / chance.sum())
        rows += [f"u{user},i{item},{step}" for step, item in enumerate(chosen)]
    (folder / "data.csv").write_text("\n".join(rows))
    items = ["item,title,genres"]
    items += [f"i{n},Item {n},{'Tragedy' if kinds[n] else 'Comedy'}" for n in range(N_ITEMS)]
    (folder / "items.csv").write_text("\n".join(items))
    return folder


def words(folder: Path, *more: str) -> tuple[str, ...]:
    data = (f"dataset.path={folder}/data.csv", f"dataset.items_path={folder}/items.csv")
    return ("dataset=csv", *data, "split=leave_one_out", *more)


def split_of(folder: Path, *more: str) -> Split:
    cache = f"dataset.cache={folder}/cache"
    settings = checked(composed(*words(folder, cache, *more)))
    return loading.split(settings, loading.load_data(settings))


def test_every_item_with_a_row_is_in_the_catalogue(folder: Path) -> None:
    usual, first, again = split_of(folder), *(split_of(folder, "catalogue=all") for _ in range(2))
    for split in (first, again):  # prepared, and from the cache
        catalogue = split.catalogue
        assert catalogue.all_items
        assert sorted(catalogue.ids) == sorted(f"i{n}" for n in range(N_ITEMS))
        assert catalogue.n_items == N_ITEMS
        trained = catalogue.ids[catalogue.is_trained].tolist()
        assert trained == usual.catalogue.ids[: usual.catalogue.n_items].tolist()
        assert split.counts["test_targets_outside_catalogue"] == 0
        assert split.counts["catalogue_items_never_trained"] == N_ITEMS - len(trained) >= UNTOUCHED
        titles = catalogue.features.titles
        assert titles is not None
        assert titles.tolist() == [f"Item {name[1:]}" for name in catalogue.ids]
    assert not usual.catalogue.all_items
    assert "catalogue_items_never_trained" not in usual.counts
    assert f"nobody trained on {N_ITEMS - len(trained)} of them" in catalogue_line(first)
    assert catalogue_line(usual) == reach_line("ease", usual, False) == ""


def test_what_it_needs_is_named(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"catalogue=all .* dataset=synthetic"):
        checked(composed("catalogue=all"))
    settings = checked(composed("dataset=csv", f"dataset.path={folder}/data.csv", "catalogue=all"))
    with pytest.raises(DataError, match=r"catalogue=all .*dataset\.items_path"):
        loading.load_data(settings)


def test_runs_of_different_catalogues_are_not_compared() -> None:
    one, two = (
        SavedRun("", {"catalogue": catalogue}, {}, {}, "csv", digest=catalogue, seconds=1)
        for catalogue in ("training", "all")
    )
    assert differences(two, one) == ["they recommend from different catalogues, training and all"]
    assert differences(one, one) == []


def test_a_line_tells_recall_beside_chance_and_the_other_items() -> None:
    values = {
        "item_recall_at_20/items-cold/all": 0.05,
        "item_targets/items-cold/all": 342.0,
        "item_recall_at_20/items-tail/all": 0.1,
        "item_targets/items-tail/all": 100.0,
        "item_recall_at_20/items-head/all": 0.2,
        "item_targets/items-head/all": 300.0,
    }
    assert cold_items_line(values, 20, 7505) == (
        "items-cold, which nobody trained on: recall@20 0.0500 of 342 targets; by chance 0.0027; "
        "of all other items 0.1750"
    )
    assert cold_items_line({"recall_at_20/all": 0.2}, 20, 7505) == ""


def test_commands_recommend_them_by_content_alone(
    folder: Path, tmp_path: Path, lrec: CommandLine
) -> None:
    """With item vectors they are on the lists of people of their kind; without, on none."""
    lrec.give_store(tmp_path)
    quick = ("model=itemknn", "catalogue=all", "metric=[recall,ndcg]")
    told = lrec(tmp_path, "train", *words(folder, *quick, "feature=genres"))
    assert told.rc == 0, told.err
    assert "others by content" in told.out
    assert "items-cold, which nobody trained on: recall@20" in told.out
    again = lrec(tmp_path, "evaluate", "run=latest")
    assert again.rc == 0, again.err
    line = next(line for line in told.out.splitlines() if "trained on: recall@20" in line)
    assert line in again.out
    made = lrec(tmp_path, "recommend", "run=latest", "users=all", "top=20", "to=lists.csv")
    assert made.rc == 0, made.err
    listed = (tmp_path / "lists.csv").read_text()
    untouched = [f",i{n}," for n in range(N_ITEMS - UNTOUCHED, N_ITEMS)]
    assert any(item in listed for item in untouched)

    quick = (*quick[:2], "metric=[recall,ndcg,item_coverage]")
    told = lrec(tmp_path, "train", *words(folder, *quick, "hydra.run.dir=without"))
    assert told.rc == 0, told.err
    assert "model=itemknn never recommends the" in told.out
    metrics = json.loads((tmp_path / "without" / "metrics.json").read_text())["itemknn"]
    assert "item_recall_at_20/items-cold/tail" in metrics
    users = pd.read_parquet(tmp_path / "without" / "users.parquet")
    n_listed = len(set(np.concatenate(users["items"])))
    assert metrics["item_coverage_at_20/all"] == n_listed / N_ITEMS  # not of what it can score
    assert lrec(tmp_path, "evaluate", "run=latest", "hydra.run.dir=again").rc == 0
    assert json.loads((tmp_path / "again" / "metrics.json").read_text())["itemknn"] == metrics


def newest_run(folder: Path) -> str:
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    return resolve("latest")


def test_blends_and_exports_recommend_them_too(
    folder: Path, tmp_path: Path, lrec: CommandLine
) -> None:
    """A blend of a model that scores by content and one that does not: its lists, and the same in
    an exported graph; models of another catalogue are no members."""
    lrec.give_store(tmp_path)

    def called(*arguments: str) -> str:
        answer = lrec(tmp_path, *arguments)
        assert (answer.rc, answer.err) == (0, ""), answer.out
        return answer.out

    quick = ("catalogue=all", "metric=[recall,ndcg]")
    members = "candidates=[model=itemknn feature=genres,popularity]"
    told = called("blend", members, *words(folder, *quick), "resamples=100", "requests=3")
    assert "model=blend scores the items of training, and" in told
    assert "items-cold, which nobody trained on: recall@20" in told
    blend = newest_run(tmp_path)
    called("recommend", f"run={blend}", "users=all", "top=20", "to=lists.csv")
    lists = pd.read_csv(tmp_path / "lists.csv")
    untouched = {f"i{n}" for n in range(N_ITEMS - UNTOUCHED, N_ITEMS)}
    assert untouched & set(lists["item"])
    called("evaluate", f"run={blend}")

    called("export", f"run={blend}", "formats=[savedmodel,int8]", "folder=exported", "sample=20")
    ids = json.loads((tmp_path / "exported" / "items.json").read_text())["ids"]
    data = pd.read_csv(folder / "data.csv")
    history = [ids.index(item) for item in data[data["user"] == "u3"]["item"]]
    rank = export_formats.read(tmp_path / "exported" / "savedmodel")
    (items,) = rank(Histories.of([history]), 20).tolist()
    assert [ids[code] for code in items] == lists[lists["user"] == "u3"]["item"].tolist()

    called("train", *words(folder, "model=popularity"))
    answer = lrec(tmp_path, "blend", f"runs=[{blend},{newest_run(tmp_path)}]")
    assert answer.rc == 1
    assert "different catalogues, all and training" in answer.complaint


def test_an_item_with_a_date_counts_from_then(folder: Path, tmp_path: Path) -> None:
    """Steps 0 to 5 are times; of the items that nobody has, i58 comes late and i59 after all."""
    dates = {58: 5, 59: 9}
    rows = [f"i{n},Item {n},{dates.get(n, '')}" for n in range(N_ITEMS)]
    (tmp_path / "dated.csv").write_text("\n".join(["item,title,since", *rows]))
    by_time = ("split=global_time", "split.validation=0.2", "split.test=0.2")
    split = split_of(
        folder,
        "catalogue=all",
        "dataset.released=since",
        f"dataset.items_path={tmp_path}/dated.csv",
        *by_time,
    )
    inside = split.catalogue.ids[: split.catalogue.n_items].tolist()
    assert "i58" in inside
    assert "i59" not in inside
    late = inside.index("i58")
    for queries, masked in ((split.validation, True), (split.test, False)):
        asked = queries.target.timestamp[queries.target.offsets[:-1]]  # type: ignore[index]
        assert ((asked < 5) == masked).all()
        has = np.bincount(queries.masked.row, queries.masked.item == late, len(queries)) > 0
        assert (has == masked).all()
        assert not (queries.history.item == late).any()


def test_runs_are_found_by_the_data_with_its_catalogue(folder: Path) -> None:
    """`lrec compare candidates=…` finds a finished run by the digest of its data."""
    known: dict[str, str] = {}
    for catalogue in ("training", "all"):
        config = composed(*words(folder, f"dataset.cache={folder}/cache", f"catalogue={catalogue}"))
        values = OmegaConf.to_container(config)
        assert isinstance(values, dict)
        job = checked(config), ComposedConfig(values, [], {}, folder)  # type: ignore[arg-type]
        data_digest(job, known)
    assert len(set(known.values())) == len(known) == 2
