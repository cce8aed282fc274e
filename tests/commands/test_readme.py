"""README's first commands, as they stand there, on a shop's own table."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from helpers.cli import CommandLine
from helpers.runnable import ROOT, blocks_of

from lrec.data.tables.columns import BEHAVIORS, ITEMS, RATINGS, TIMES, USERS, plain_name

README = ROOT / "README.md"
(BLOCK,) = (block for block in blocks_of(README) if block.language == "bash")
COMMANDS = [words[1:] for words in BLOCK.commands]


def test_usual_names_are_usual() -> None:
    text = README.read_text()
    usual = {"user": USERS, "item": ITEMS, "rating": RATINGS, "time": TIMES, "behaviour": BEHAVIORS}
    for role, names in usual.items():
        (row,) = re.findall(rf"^\| {role} \| (.*) \|$", text, re.M)
        listed = re.findall(r"`(\w+)`", row.partition(", or the only column")[0])
        assert len(listed) > 2
        assert {plain_name(name) for name in listed} <= set(names), role


def test_first_commands_on_an_own_table(lrec: CommandLine, tmp_path: Path) -> None:
    generator = np.random.default_rng(7)
    rows = [
        f"C{generator.integers(60)};S{int(30 * generator.random() ** 2):03};1;58,84;"
        f"2024-{generator.integers(1, 13):02}-{generator.integers(1, 29):02}T10:00:00"
        for _ in range(900)
    ]
    table = "\n".join(["customer;sku;quantity;price;ordered_at", *rows]) + "\n"
    (tmp_path / "orders.csv").write_text(table)
    lrec.give_store(tmp_path)
    train, known, basket = COMMANDS
    trained = lrec(tmp_path, *train, "schedule.epochs=2")
    assert (trained.rc, trained.err) == (0, "")
    said = " ".join(trained.out.split())
    assert "columns: user=customer, item=sku, timestamp=ordered_at; not used: quantity, price" in (
        said
    )
    assert re.search(r"rows: 900 read; dropped: \d+ repeats of a user and item", said)
    for command, user in ((known, "C17"), (basket, "new")):
        answer = lrec(tmp_path, *command)
        assert (answer.rc, answer.err) == (0, "")
        assert [line.split()[0] for line in answer.out.splitlines()].count(user) == 10
    for place in ("mlflow.db", "mlruns", "outputs"):
        assert (tmp_path / place).exists()
