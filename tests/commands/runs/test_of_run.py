"""Commands on one run: which it is."""

from __future__ import annotations

from dataclasses import replace

from helpers.saved_runs import saved_run

from lrec.commands.runs.of_run import run_line


def test_a_run_is_told_by_model_data_and_time() -> None:
    run = replace(saved_run("vae", 3, dataset__path="/data/shop.csv"), started=1_700_000_000_000)
    line = run_line(run)
    assert line.startswith("run vae-3: vae, seed 3, on csv (shop.csv), trained 2023-11-1")
    simple = saved_run("ease", tags={"lrec.seeded": "False"}, dataset__path=None)
    assert run_line(simple).startswith("run ease-1: ease, on csv, trained ")
