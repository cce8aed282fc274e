"""Splits in files for other tools, and back."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from helpers.cli import CommandLine

from lrec.base.errors import DataError
from lrec.commands.write_split.command import refuse_fold_in
from lrec.commands.write_split.part_tables import elliot_text, part_table, recbole_text
from lrec.data.dataset.csv import CSV
from lrec.data.split.user_holdout import UserHoldout


def test_a_split_is_read_back_with_the_same_metrics(
    lrec: CommandLine, tiny: Path, tmp_path: Path
) -> None:
    lrec.give_store(tmp_path)
    on = ("dataset=csv", f"dataset.path={tiny}", "split=ratio")
    assert lrec(tmp_path, "train", "model=popularity", *on, "hydra.run.dir=own").rc == 0
    own = json.loads((tmp_path / "own" / "metrics.json").read_text())["popularity"]
    for form, train in (("csv", "train.csv"), ("recbole", "files.train.inter")):
        folder = tmp_path / form / "files"
        answer = lrec(tmp_path, "split", f"to={folder}", f"form={form}", *on)
        assert answer.rc == 0, answer.err
        assert f"dataset.path={folder / train} dataset.test_path=auto split=files" in answer.out
    header = (folder / "files.valid.inter").read_text().splitlines()[0]
    assert header == "user_id:token\titem_id:token\trating:float\ttimestamp:float"
    back = ("dataset=csv", f"dataset.path={folder / train}", "dataset.test_path=auto")
    answer = lrec(tmp_path, "train", "model=popularity", *back, "split=files", "hydra.run.dir=back")
    assert answer.rc == 0, answer.err
    assert "0 users and 0 items are in the test part only" in answer.out.replace("\n", " ")
    again = json.loads((tmp_path / "back" / "metrics.json").read_text())["popularity"]
    assert again == own


def test_files_of_others_are_not_overwritten(lrec: CommandLine, tiny: Path, tmp_path: Path) -> None:
    """Neither the data that is split, nor what was made of an earlier split."""
    folder, words = tmp_path / "parts", ("dataset=csv", "split=ratio")
    folder.mkdir()
    source = folder / "train.csv"
    source.write_bytes(tiny.read_bytes())
    answer = lrec(tmp_path, "split", f"to={folder}", f"dataset.path={source}", *words)
    assert answer.rc == 2
    assert f"did not write, or what has changed since, {source}" in answer.complaint
    assert source.read_bytes() == tiny.read_bytes()
    source.unlink()
    for seed in (1, 2):
        words = (*words[:2], f"dataset.path={tiny}", f"split.seed={seed}")
        assert lrec(tmp_path, "split", f"to={folder}", *words).rc == 0
    assert sorted(path.name for path in folder.iterdir()) == [
        *("manifest.json", "test.csv", "train.csv", "validation.csv")
    ]
    (folder / "test.csv").write_text("looked into, and changed")
    assert lrec(tmp_path, "split", f"to={folder}", *words).rc == 2


def test_users_held_out_whole_cannot_be_said(tiny: Path) -> None:
    split = UserHoldout()(CSV(str(tiny)).load())
    with pytest.raises(DataError, match="cannot say"):
        refuse_fold_in(split, "user_holdout")


def test_tables_have_the_original_ids(tiny: Path) -> None:
    data = CSV(str(tiny)).load()
    split = UserHoldout()(data)
    table = part_table(split.train, split.user_ids, split.catalogue.ids)
    given = pd.read_csv(tiny)
    merged = table.merge(given, left_on=["user_id", "item_id"], right_on=list(given.columns[:2]))
    assert len(merged) >= len(table) == len(split.train.item)
    with pytest.raises(DataError, match="hold tabs or line breaks"):
        recbole_text(table.assign(item_id="a\tb"))
    bare = table[["user_id", "item_id", "timestamp"]].head(1)
    user, item, time = bare.iloc[0]
    assert elliot_text(bare) == f"{user}\t{item}\t1\t{time}\n"
