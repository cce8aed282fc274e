"""The page docs/shop.md: its commands as they stand there, on a small shop and on a whole one."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from helpers.cli import CommandLine, plain
from helpers.ports import free_ports
from helpers.runnable import ROOT, blocks_of
from helpers.shop import write

BLOCKS = blocks_of(ROOT / "docs" / "shop.md")
COMMANDS = [line for b in BLOCKS if b.language == "bash" for line in b.text.splitlines()]
(LIVE,) = (block.text for block in BLOCKS if block.language == "python")
SERVE = "mlflow models serve -m models:/shop@live --env-manager local"
WEEKS = ["lrec update run=latest feedback=week1.csv"] + [
    f"lrec update run=latest feedback=week{week}.csv" for week in (2, 3)
]


def test_page_has_the_commands_of_a_shop() -> None:
    words = [" ".join(command.split()[:2]) for command in COMMANDS if command != SERVE]
    assert words == [
        *("lrec data", "lrec train", "lrec recommend", "python live.py"),
        *(["lrec update"] * 3),
        "python live.py",
    ]
    assert SERVE in COMMANDS
    assert [command for command in COMMANDS if command.startswith("lrec update")] == WEEKS


def test_small_shop(lrec: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything but the server, which starts in seconds; the model is loaded as it would."""
    write(tmp_path, events=4000)
    lrec.give_store(tmp_path)
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    for command in COMMANDS:
        if command == SERVE:
            continue
        if command == "python live.py":
            exec(compile(LIVE, "live.py", "exec"), {})
            continue
        answer = lrec(tmp_path, *shlex.split(command)[1:])
        assert (answer.rc, answer.err) == (0, ""), command
        if " update " in command:
            rows, more = map(int, re.findall(r"(\d+) rows, (\d+) interactions more", answer.out)[0])
            assert rows > 300
            assert 0 < more < 0.15 * rows
            assert re.search(r"repeats: the run was trained on [1-9]", answer.out)
            assert "ndcg@10" in answer.out
    check_shop(tmp_path, events=4000)
    served = mlflow.pyfunc.load_model("models:/shop@live")
    answer_rows = served.predict(pd.DataFrame({"history": [["SKU-00012"]]}), params={"k": 3})
    assert len(answer_rows["items"][0]) == 3
    assert answer_rows["titles"][0][0]


def check_shop(folder: Path, events: int) -> None:
    """Lists for everybody; four models, the last of which is live."""
    lists = pd.read_csv(folder / "lists.csv")
    log = pd.read_csv(folder / "events.csv")
    assert len(log) == events * 3 // 4
    assert set(lists["user"]) == set(log["user_id"].dropna())
    assert (lists.groupby("user").size() == 10).all()
    runs = mlflow.search_runs(
        experiment_names=["lrec"],
        filter_string="tags.`lrec.command` = 'train'",
        output_format="list",
    )
    assert len(runs) == 4
    assert all(run.data.metrics["test_items/all"] > 0 for run in runs)
    client = mlflow.MlflowClient()
    versions = {int(v.version): v for v in client.search_model_versions("name = 'shop'")}
    assert sorted(versions) == [1, 2]
    assert client.get_model_version_by_alias("shop", "live").version == versions[2].version
    assert versions[2].run_id == runs[0].info.run_id


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_whole_shop_is_served(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "live.py").write_text(LIVE)
    (port,) = free_ports(1)
    environment = plain() | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for command in COMMANDS:
        if command != SERVE:
            subprocess.run(["bash", "-ec", command], cwd=tmp_path, env=environment, check=True)
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    check_shop(tmp_path, events=200_000)
    environment["MLFLOW_PORT"] = str(port)  # the page's own is MLflow's, which may be taken
    log = tmp_path / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            shlex.split(SERVE),
            cwd=tmp_path,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        assert len(asked(port)["predictions"][0]["items"]) == 3
    finally:
        server.terminate()
        server.wait(timeout=30)
    assert not re.search(r"absl|cuda|oneDNN|tensorflow/", log.read_text(), re.I), log.read_text()


def asked(port: int) -> dict[str, list[dict[str, list[str]]]]:
    """The server's response, as soon as there is one."""
    content = {"dataframe_records": [{"history": ["SKU-00012"]}], "params": {"k": 3}}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/invocations",
        json.dumps(content).encode(),
        {"Content-Type": "application/json"},
    )
    end = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                found: dict[str, list[dict[str, list[str]]]] = json.load(response)
                return found
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(1)
