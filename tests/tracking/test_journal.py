"""A run's journal: entries that MLflow cannot receive now are sent later, once and in order."""

from __future__ import annotations

import errno
import json
import shlex
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow.entities import Run

from lrec.tracking import Log, Tracking, forget, journal, sync
from lrec.tracking.journal import NAME, Journal, entries_of
from lrec.tracking.store import Store, UnreachableError

Send = Callable[[Store, Journal, dict[str, Any]], str]


@pytest.fixture(autouse=True)
def folder(used_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a store of its own."""
    shutil.copy(used_store, tmp_path / "mlflow.db")
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    return tmp_path


class Outage:
    """MLflow accepts only so many entries, as long as it is `down`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
        self.left, self.down, self.requests = after, True, 0
        send: Send = Store._send_entry

        def counted(store: Store, journal: Journal, entry: dict[str, Any]) -> str:
            self.requests += 1
            if self.down and not self.left:
                raise ConnectionError("nothing there")
            self.left -= 1
            return send(store, journal, entry)

        monkeypatch.setattr(Store, "_send_entry", counted)


def work(log: Log) -> None:
    """Log as a small run does."""
    file = log._journal.folder / "note.txt"
    file.write_text("hello")
    log.params({"model": "vae"})
    log.metrics({"val/loss": 2.0}, step=1)
    log.metrics({"val/loss": 1.0}, step=2)
    log.tags({"colour": "blue"})
    log.file(file, "notes")
    log.dataset("csv", "abc", {"path": "x.csv"})


def train(folder: Path) -> None:
    with Tracking().run("name", {"lrec.command": "train"}, folder) as log:
        work(log)


def test_parameters_of_a_second_call_are_logged_too(folder: Path) -> None:
    with Tracking().run("name", {"lrec.command": "train"}, folder / "run") as log:
        log.params({"model": "vae", "where": "here"})
        log.params({"validated_users": 7})
        log.params({"where": "elsewhere", "devices": 2})  # of a resumed run
    (run,) = runs()
    assert run.data.params == {"model": "vae", "where": "here", "validated_users": "7"}


def runs() -> list[Run]:
    entities: list[Run] = mlflow.search_runs(experiment_names=["lrec"], output_format="list")
    return entities


def check_whole(run: Run, status: str = "FINISHED") -> None:
    assert run.info.status == status
    assert run.data.params == {"model": "vae"}
    assert run.data.metrics == {"val/loss": 1.0}
    assert run.data.tags["colour"] == "blue"
    history = mlflow.MlflowClient().get_metric_history(run.info.run_id, "val/loss")
    assert [(metric.step, metric.value) for metric in history] == [(1, 2.0), (2, 1.0)]
    path = mlflow.artifacts.download_artifacts(
        run_id=run.info.run_id, artifact_path="notes/note.txt"
    )
    assert Path(path).read_text() == "hello"
    (data,) = run.inputs.dataset_inputs
    assert (data.dataset.name, data.dataset.digest) == ("csv", "abc")


def test_journal_is_deleted_when_all_is_sent(folder: Path) -> None:
    train(folder / "run")
    (run,) = runs()
    check_whole(run)
    assert run.data.tags["lrec.folder"] == str(folder / "run")
    assert [path.name for path in (folder / "run").iterdir()] == ["note.txt"]


@pytest.mark.parametrize("after", [0, 1, 3, 7], ids=["start", "second", "middle", "end"])
def test_run_goes_on_while_mlflow_is_away_and_is_sent_later(
    after: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage = Outage(monkeypatch, after)
    with pytest.warns(UserWarning, match="does not take the run now") as warned:
        train(folder / "run")
    assert len(warned) == 1
    assert outage.requests <= after + 2  # once when it happens, once at the end
    assert (folder / "run" / NAME).exists()
    outage.down = False
    (sentence,) = sync.send_all(folder, Store())
    (run,) = runs()
    check_whole(run)
    assert run.info.run_id in sentence
    assert run.info.end_time - run.info.start_time < 5000  # when it happened, not when it was sent
    assert not (folder / "run" / NAME).exists()
    assert list(sync.send_all(folder, Store())) == []


def test_next_run_sends_what_the_last_one_left(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (folder / "outputs" / "day" / name for name in ("first", "second"))
    with monkeypatch.context() as patch:
        Outage(patch, 2)
        with pytest.warns(UserWarning, match="does not take"):
            train(first)
    train(second)
    assert len(runs()) == 2
    for run in runs():
        check_whole(run)


def test_what_was_meant_for_another_store_is_left_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = folder / "outputs" / "day" / "first"
    with monkeypatch.context() as patch:
        Outage(patch, 0)
        with pytest.warns(UserWarning, match="does not take"):
            train(first)
    shutil.copy(folder / "mlflow.db", folder / "other.db")
    mlflow.set_tracking_uri(f"sqlite:///{folder}/other.db")
    train(folder / "outputs" / "day" / "second")
    assert len(runs()) == 1
    assert (first / NAME).exists()
    list(sync.send_all(folder, Store()))  # requested explicitly, it is sent
    assert len(runs()) == 2


def test_lost_response_makes_no_second_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = Store._start

    def losing(store: Store, *arguments: Any) -> str:
        start(store, *arguments)
        raise ConnectionError("the response was lost")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "_start", losing)
        with pytest.warns(UserWarning, match="the response was lost"):
            train(folder / "run")
    list(sync.send_all(folder, Store()))
    (run,) = runs()
    check_whole(run)


def test_failed_and_killed_runs_have_their_status(folder: Path) -> None:
    with pytest.raises(ValueError, match="broken"), Tracking().run("a", {}, folder / "a"):
        raise ValueError("broken")
    with pytest.raises(SystemExit), Tracking().run("b", {}, folder / "b"):
        raise SystemExit(143)
    by_name = {run.info.run_name: run for run in runs()}
    assert by_name["a"].info.status == "FAILED"
    assert by_name["a"].data.tags["lrec.error"] == "broken"
    assert by_name["b"].info.status == "KILLED"


def test_run_that_was_killed_goes_on_under_its_id(folder: Path) -> None:
    log = Tracking().open("name", {"lrec.command": "train"}, folder / "run")
    log.params({"model": "vae"})
    (folder / "run" / "config.yaml").write_text("seed: 1\n")
    log._journal._lock.release()  # what the end of a process does
    (sentence,) = sync.send_all(folder, Store())
    assert sentence.endswith(f"go on: lrec train resume={folder / 'run'}")
    assert runs()[0].info.status == "KILLED"
    again = Tracking().open("name", {}, folder / "run")
    assert again.run_id == log.run_id
    assert runs()[0].info.status == "RUNNING"
    again.params({"model": "vae", "where": "elsewhere"})  # MLflow would refuse a change
    again.end("FINISHED")
    (run,) = runs()
    assert run.data.params == {"model": "vae"}
    assert (run.info.run_id, run.info.status) == (log.run_id, "FINISHED")


def test_next_run_ends_killed_ones_at_their_last_entry(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parents of studies lie beside their trials, those of candidates in a folder of their own."""
    day = folder / "outputs" / "day"
    logs = [
        Tracking().open(name, {"lrec.command": name}, day / name)
        for name in ("tune", "compare/candidates", "sweep/trials/0")
    ]
    with monkeypatch.context() as patch:
        patch.setattr("lrec.tracking.log.HOST", "another machine")
        logs.append(Tracking().open("shared", {}, day / "shared"))
    logs[3]._journal._lock.release()  # one that does not reach this machine
    for log in logs[:2]:
        log._journal._lock.release()  # what the end of a process does
    for name in ("next", "one after"):
        train(day / name)
        by_id = {run.info.run_id: run.info for run in runs()}
        for log in logs[:2]:
            assert by_id[log.run_id].status == "KILLED"
            assert by_id[log.run_id].end_time == log._journal.entries[0]["time"]
        for log in logs[2:]:  # their processes are, or may be, alive
            assert by_id[log.run_id].status == "RUNNING"
    assert len(entries_of(day / "tune")) == 2  # it was marked once
    logs[2].end("FINISHED")


def test_run_that_goes_on_is_a_child_of_what_goes_on_with_it(folder: Path) -> None:
    log = Tracking().open("name", {}, folder / "run", parent="a" * 32)
    log._journal._lock.release()
    again = Tracking().open("name", {}, folder / "run")
    assert runs()[0].data.tags["mlflow.parentRunId"] == "a" * 32  # nothing else goes on with it
    again._journal._lock.release()
    Tracking().open("name", {}, folder / "run", parent="b" * 32).end("FINISHED")
    (run,) = runs()
    assert run.data.tags["mlflow.parentRunId"] == "b" * 32


def test_run_waits_for_a_command_that_looks_at_its_folder(folder: Path) -> None:
    Tracking().open("name", {}, folder / "run")._journal._lock.release()
    looking = Journal(folder / "run")
    threading.Timer(0.2, looking.close).start()
    again = Tracking().open("name", {}, folder / "run")
    again.end("FINISHED")
    assert runs()[0].info.status == "FINISHED"


def test_ctrl_c_while_an_entry_is_written_leaves_it_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else MLflow would have a step that the file lacks, and get it again when the run goes on."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    log = Tracking().open("name", {"lrec.command": "train"}, folder / "run")
    text = journal._text

    def interrupted(entries: list[dict[str, Any]]) -> str:
        monkeypatch.setattr(journal, "_text", text)
        signal.raise_signal(signal.SIGINT)
        return text(entries)

    monkeypatch.setattr(journal, "_text", interrupted)
    with pytest.raises(KeyboardInterrupt):
        log.metrics({"val/loss": 1.0}, step=1)
    signal.signal(signal.SIGINT, before)
    log.end("KILLED")
    assert entries_of(folder / "run") == log._journal.entries
    again = Tracking().open("name", {}, folder / "run")
    again.metrics({"val/loss": 1.0}, step=1)
    again.end("FINISHED")
    history = mlflow.MlflowClient().get_metric_history(again.run_id, "val/loss")
    assert len(history) == 1


def test_run_that_goes_on_is_left_alone(folder: Path) -> None:
    log = Tracking().open("name", {}, folder / "run")
    (sentence,) = sync.send_all(folder, Store())
    assert "is still going on" in sentence
    with pytest.raises(RuntimeError, match="is still going on"):
        Tracking().open("name", {}, folder / "run")
    log.end("FINISHED")


def test_line_that_was_cut_off_is_forgotten(folder: Path) -> None:
    lines = [{"kind": "start", "time": 1}, {"kind": "params", "time": 2, "values": {}}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / NAME).write_text(text + '{"kind": "metr')
    journal = Journal(folder)
    assert journal.entries == lines
    journal.add("end", status="FINISHED")
    journal.close()
    assert (folder / NAME).read_bytes().endswith(b"\n")
    assert [entry["kind"] for entry in entries_of(folder)] == ["start", "params", "end"]


def train_away(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Train while MLflow does not respond."""
    with monkeypatch.context() as patch:
        Outage(patch, 0)
        with pytest.warns(UserWarning, match="does not take"):
            train(folder)


def test_sync_to_another_store_that_was_killed_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run was begun in a store that never answered; another has got the half of it."""
    train_away(folder / "run", monkeypatch)
    shutil.copy(folder / "mlflow.db", folder / "other.db")
    mlflow.set_tracking_uri(f"sqlite:///{folder}/other.db")
    with monkeypatch.context() as patch:
        Outage(patch, 4)
        list(sync.send_all(folder, Store()))
    (sentence,) = sync.send_all(folder, Store())
    assert sentence.startswith("sent run")
    (run,) = runs()
    check_whole(run)


def test_damaged_line_is_said_and_those_before_it_count(folder: Path) -> None:
    journal = Journal(folder / "run")
    for epoch in (1, 2, 3):
        journal.add("metrics", values={"val/loss": 0.5 / epoch}, step=epoch)
    journal.close()
    path = folder / "run" / NAME
    path.write_bytes(path.read_bytes().replace(b'"step": 2', b'"step": 3'))
    with pytest.warns(UserWarning, match=r"run/journal\.jsonl is damaged in line 2") as warned:
        entries = entries_of(folder / "run")
    assert len(warned) == 1
    assert [entry["step"] for entry in entries] == [1]


def test_damaged_state_sends_all_again(folder: Path) -> None:
    log = Tracking().open("name", {"lrec.command": "train"}, folder / "run")
    log.metrics({"val/loss": 1.0}, step=1)
    log._journal.close()
    path = (folder / "run" / NAME).with_suffix(".state")
    path.write_text(path.read_text().replace('"sent": 2', '"sent": 3'))
    again = Journal(folder / "run")
    assert (again.run_id, again.sent) == (None, 0)
    again.add("end", status="FINISHED")
    Store().send(again)
    again.close()
    (run,) = runs()
    assert run.data.metrics == {"val/loss": 1.0}


def full(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_full_disk_keeps_entries_in_memory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = Tracking().open("name", {}, folder / "run")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        patch.setattr(Path, "write_text", full)
        with pytest.warns(UserWarning, match="No space left on device"):
            log.metrics({"val/loss": 1.0})
    log.end("FINISHED")
    (run,) = runs()
    assert run.data.metrics == {"val/loss": 1.0}
    assert run.info.status == "FINISHED"


def lose(log: Log, *steps: int) -> None:
    for step in steps:
        log.metrics({"val/loss": 1 / step}, step=step)


def test_full_disk_that_has_room_again_keeps_all_for_a_killed_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Tracking().open("name", {}, folder / "run")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        patch.setattr(Path, "write_text", full)
        with pytest.warns(UserWarning, match="No space left on device") as warned:
            lose(log, 1, 2, 3)
    assert len(warned) == 1
    lose(log, 4)
    log._journal._lock.release()  # what the end of a process does
    again = Tracking().open("name", {}, folder / "run")
    assert [e["step"] for e in again._journal.entries if e["kind"] == "metrics"] == [1, 2, 3, 4]
    again.metrics({"final": 1.0})
    again.end("FINISHED")
    (run,) = runs()
    assert run.data.metrics == {"val/loss": 0.25, "final": 1.0}
    assert run.info.status == "FINISHED"
    assert not (folder / "run" / NAME).exists()


def test_killed_run_on_a_disk_that_stayed_full_sends_what_comes_after(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MLflow has received more than the file holds."""
    fine = Path.open

    def full_for_journals(path: Path, *arguments: Any, **named: Any) -> Any:
        if path.suffix == ".jsonl":
            full()
        return fine(path, *arguments, **named)

    log = Tracking().open("name", {}, folder / "run")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full_for_journals)
        with pytest.warns(UserWarning, match="No space left on device"):
            lose(log, 1, 2)
    log._journal._lock.release()
    again = Tracking().open("name", {}, folder / "run")
    again.metrics({"final": 1.0})
    again.end("FINISHED")
    (run,) = runs()
    assert run.data.metrics == {"val/loss": 0.5, "final": 1.0}
    assert run.info.status == "FINISHED"


def test_what_mlflow_refuses_does_not_end_training(folder: Path) -> None:
    log = Tracking().open("name", {"lrec.command": "train"}, folder / "run")
    with pytest.warns(UserWarning, match="MLflow refuses to log"):
        log.metrics({"a@b": 1.0})
    log.metrics({"final": 1.0})
    log.end("FINISHED")
    assert "is kept in" in log.location
    (sentence,) = sync.send_all(folder, Store())
    assert f"left {folder / 'run'} alone: MLflow refuses to log" in sentence


def test_run_that_is_deleted_in_mlflow_trains_to_its_end(folder: Path) -> None:
    log = Tracking().open("name", {"lrec.command": "train"}, folder / "run")
    mlflow.MlflowClient().delete_run(log.run_id)
    with pytest.warns(UserWarning, match="which goes on"):
        work(log)
    log.end("FINISHED")
    assert (folder / "run" / NAME).exists()


def test_store_that_is_deleted_in_a_run_gets_it_from_its_start(folder: Path) -> None:
    log = Tracking().open("name", {"lrec.command": "train"}, folder / "run")
    log.params({"model": "vae"})
    (folder / "mlflow.db").unlink()
    with pytest.warns(UserWarning, match="was deleted: it is sent again, from its start"):
        work(log)
    log.end("FINISHED")
    (run,) = runs()
    check_whole(run)
    assert log.run_id == run.info.run_id
    assert not (folder / "run" / NAME).exists()


def test_run_whose_store_was_deleted_is_sent_to_the_next_one(folder: Path) -> None:
    log = Tracking().open("name", {"lrec.command": "train"}, folder / "run")
    work(log)
    log._journal._lock.release()  # what the end of a process does
    (folder / "mlflow.db").unlink()
    Tracking().reach()
    with pytest.warns(UserWarning, match="was deleted"):
        again = Tracking().open("name", {}, folder / "run")
    again.end("FINISHED")
    (run,) = runs()
    check_whole(run)


@pytest.mark.filterwarnings("ignore:.*is damaged in line 1")
@pytest.mark.parametrize("content", [b"\xff\xfe\n", b"[1]\n", b"{}\n", b"", b"null\n"])
def test_broken_journal_of_another_run_is_left_alone(content: bytes, folder: Path) -> None:
    broken = folder / "outputs" / "day" / "first" / NAME
    broken.parent.mkdir(parents=True)
    broken.write_bytes(content)
    train(folder / "outputs" / "day" / "second")
    (run,) = runs()
    check_whole(run)
    assert broken.read_bytes() == content
    assert len(list(sync.send_all(folder, Store()))) == 1


def test_sync_goes_on_after_what_it_cannot_send(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        Outage(patch, 0)
        for name in ("a", "b"):
            with pytest.warns(UserWarning, match="does not take"):
                train(folder / name)
    (folder / "a" / "note.txt").unlink()
    first, second = sync.send_all(folder, Store())
    gone = folder / "a" / "note.txt"
    assert first == f"left {folder / 'a'} alone: {gone} is gone, and MLflow has not got it."
    assert second.startswith("sent run")
    statuses = sorted(run.info.status for run in runs())
    assert statuses == ["FINISHED", "RUNNING"]


def test_run_of_a_folder_that_was_moved_is_sent(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_away(folder / "run", monkeypatch)
    (folder / "run").rename(folder / "moved")
    list(sync.send_all(folder, Store()))
    (run,) = runs()
    check_whole(run)


def test_killed_run_of_another_store_is_left_alone(folder: Path) -> None:
    log = Tracking().open("name", {"lrec.command": "train"}, folder / "run")
    log._journal._lock.release()
    shutil.copy(folder / "mlflow.db", folder / "other.db")
    mlflow.set_tracking_uri(f"sqlite:///{folder}/other.db")
    (sentence,) = sync.send_all(folder, Store())
    assert "it was begun in another store" in sentence


def test_epoch_is_logged_once(folder: Path) -> None:
    with Tracking().run("name", {}, folder / "run") as log:
        for _ in range(2):
            log.metrics({"val/loss": 1.0, "val/ndcg": 2.0}, step=1)
        log.metrics({"other": 1.0}, step=1)
    (run,) = runs()
    history = mlflow.MlflowClient().get_metric_history(run.info.run_id, "val/loss")
    assert len(history) == 1
    assert run.data.metrics["other"] == 1


def test_folder_of_a_failed_run_takes_a_new_one(folder: Path) -> None:
    with pytest.raises(ValueError, match="broken"), Tracking().run("a", {}, folder / "run"):
        raise ValueError("broken")
    forget(folder / "run")
    train(folder / "run")
    assert sorted(run.info.status for run in runs()) == ["FAILED", "FINISHED"]


def test_folder_of_a_killed_run_takes_no_new_one(folder: Path) -> None:
    log = Tracking().open("name", {"lrec.command": "train"}, folder / "run")
    with pytest.raises(RuntimeError, match="is still going on"):
        forget(folder / "run")
    log._journal._lock.release()
    early = r"it cannot be resumed \(it ended before it began to train: train it anew\)"
    with pytest.raises(RuntimeError, match=f"holds a run that has not ended.*{early}"):
        forget(folder / "run")
    (sentence,) = sync.send_all(folder, Store())
    assert sentence.endswith("was killed; it ended before it began to train: train it anew")
    (folder / "run" / "config.yaml").write_text("seed: 1\n")
    with pytest.raises(RuntimeError, match=r"holds a run that has not ended.*resume="):
        forget(folder / "run")
    assert (folder / "run" / NAME).exists()


def test_store_that_cannot_be_used_is_refused_and_leaves_nothing(folder: Path) -> None:
    mlflow.set_tracking_uri("sqlite:////proc/nowhere/mlflow.db")
    with pytest.raises(RuntimeError, match="cannot be used"):
        train(folder / "run")
    assert not (folder / "run" / NAME).exists()


def test_passwords_are_not_shown() -> None:
    mlflow.set_tracking_uri("postgresql://ann:s3cret@host:5432/runs")
    assert str(Store()) == "postgresql://***@host:5432/runs"
    assert "s3cret" not in Store().ui + Store().digest
    assert Store().ui == 'mlflow ui --backend-store-uri "$MLFLOW_TRACKING_URI"'


def test_command_that_shows_the_store_can_be_pasted() -> None:
    uri = "sqlite:////home/ann b/it's $HOME/mlflow.db"
    mlflow.set_tracking_uri(uri)
    assert shlex.split(Store().ui) == ["mlflow", "ui", "--backend-store-uri", uri]


@pytest.mark.parametrize(
    ("store", "server"),
    [
        ("sqlite:////tmp/mlflow.db", "http://127.0.0.1:5000"),
        (
            "https://ann:s3cret@mlflow.example:8443/shop?token=s3cret",
            "https://mlflow.example:8443/shop",
        ),
        ("postgresql://ann:s3cret@host:5432/runs", "http://127.0.0.1:5000"),
    ],
)
def test_a_run_has_an_address_without_a_password(store: str, server: str) -> None:
    some = Store()
    some.uri = store
    assert some.run_address("3", "abc") == f"{server}/#/experiments/3/runs/abc"
    some.uri = "databricks://ann:s3cret"
    assert some.run_address("3", "abc") == ""


def test_candidates_need_a_store_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> str:
        raise UnreachableError("nothing there")

    monkeypatch.setattr(Store, "open", away)
    with pytest.raises(RuntimeError, match="does not answer: nothing there"):
        Tracking().reach()
