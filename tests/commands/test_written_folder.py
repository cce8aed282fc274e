"""Folders of exports: what is replaced, when, and what never is."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lrec.base.errors import DataError
from lrec.base.files import HOST, PARTIAL, REPLACED, remove_leftovers
from lrec.commands.written_folder import MANIFEST, foreign, recover, replaced

DEAD = 2**22 + 1  # above the largest number that Linux gives a process


def write(folder: Path, content: str) -> None:
    with replaced(folder) as new:
        (new / "savedmodel" / "assets").mkdir(parents=True)
        (new / "savedmodel" / "saved_model.pb").write_text(content)
        (new / "export.json").write_text(content)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An export."""
    write(tmp_path / "phone", "1")
    return tmp_path / "phone"


def test_an_earlier_export_stands_until_the_new_one_is_whole(folder: Path) -> None:
    assert foreign(folder) is None
    with contextlib.suppress(KeyboardInterrupt), replaced(folder) as second:
        (second / "export.json").write_text("2")
        raise KeyboardInterrupt
    assert (folder / "export.json").read_text() == "1"
    write(folder, "3")
    assert (folder / "export.json").read_text() == "3"
    assert list(folder.parent.iterdir()) == [folder]


def test_an_interruption_between_two_renames_keeps_the_earlier_export(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        if target == folder and PARTIAL in path.name:
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(folder, "2")
    assert (folder / "export.json").read_text() == "1"
    assert list(folder.parent.iterdir()) == [folder]


def killed(folder: Path, kind: str) -> Path:
    """A folder that a killed export has left; a file in it says so."""
    left = folder.with_name(f"{folder.stem}.{DEAD}@{HOST}{kind}{folder.suffix}")
    left.mkdir(parents=True)
    (left / "weights").write_text(kind)
    return left


def test_next_command_removes_what_a_killed_export_left(tmp_path: Path) -> None:
    left = killed(tmp_path / "day" / "run" / "export", PARTIAL)
    remove_leftovers(tmp_path, below=True)
    assert not left.exists()


@pytest.mark.parametrize("moved", [False, True])
def test_export_killed_while_it_replaced_the_folder_is_undone(moved: bool, tmp_path: Path) -> None:
    """It moves the old folder away, then the new one to its place: either may be there."""
    folder = tmp_path / "shop.v2"
    left = [killed(folder, PARTIAL), killed(folder, REPLACED)]
    other = killed(tmp_path / "other", REPLACED)
    if not moved:
        killed(folder, "").rename(folder)
    recover(folder)
    assert (folder / "weights").read_text() == (REPLACED if moved else "")
    assert not any(path.exists() for path in left)
    assert other.exists()


def test_a_link_to_an_export_stays_a_link(folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "latest"
    link.symlink_to(folder)
    write(link, "2")
    assert link.is_symlink()
    assert (folder / "export.json").read_text() == "2"


def add(folder: Path) -> Path:
    path = folder / "savedmodel" / "notes.txt"
    path.write_text("mine")
    return path


def edit(folder: Path) -> Path:
    path = folder / "export.json"
    path.write_text("mine")
    return path


def link(folder: Path) -> Path:
    path = folder / "export.json"
    path.rename(folder.with_name("elsewhere.json"))
    path.symlink_to(folder.with_name("elsewhere.json"))
    return path


def forget(folder: Path) -> Path:
    (folder / MANIFEST).unlink()
    return folder / "export.json"


def misname(folder: Path) -> Path:
    (folder / MANIFEST).write_text(json.dumps({"files": ["export.json"]}))
    return folder / "export.json"


@pytest.mark.parametrize("change", [add, edit, link, forget, misname])
def test_foreign_and_changed_files_are_never_lost(
    change: Callable[[Path], Path], folder: Path
) -> None:
    """Not where they come after the check either."""
    kept = []

    def change_meanwhile() -> None:
        with replaced(folder) as new:
            (new / "export.json").write_text("2")
            kept.append(change(folder))

    with pytest.raises(DataError, match="cannot be replaced"):
        change_meanwhile()
    assert [foreign(folder)] == kept
    assert kept[0].read_text() in ("1", "mine")
    assert [p.name for p in folder.parent.iterdir() if p.suffix in (".new", ".old")] == []


def test_a_folder_is_not_an_export_by_one_name(tmp_path: Path) -> None:
    (tmp_path / "export.json").write_text("{}")
    (tmp_path / "thesis.tex").write_text("years of work")
    assert foreign(tmp_path) == tmp_path / "export.json"
    assert foreign(tmp_path / "thesis.tex") == tmp_path / "thesis.tex"
    assert foreign(tmp_path / "new") is None
