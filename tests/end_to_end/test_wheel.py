"""The wheel holds what it needs, and runs far from the repository."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from lrec import __version__
from lrec.commands.citations import OWN

ROOT = Path(__file__).parents[2]


class Installed(NamedTuple):
    """A virtual environment with the wheel in it, and a folder to work in."""

    bin: Path
    folder: Path

    def run(self, name: str, *arguments: str) -> str:
        command = [self.bin / name, *arguments]
        ran = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=250
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    ran = subprocess.run([*command, str(ROOT)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    (path,) = folder.glob("lrec-*.whl")
    return path


def environment(folder: Path) -> Installed:
    """An empty virtual environment."""
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    work = folder / "work"
    work.mkdir()
    return Installed(folder / "venv" / "bin", work)


@pytest.fixture(scope="module")
def borrowed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an environment that borrows its dependencies from the running one."""
    installed = environment(tmp_path_factory.mktemp("borrowed"))
    (site,) = installed.bin.parent.glob("lib/python*/site-packages")
    # as a plain path, behind the environment's own: the running one's .pth files are not read
    (site / "borrowed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    pip = ["-m", "pip", "install", "--no-deps", "--no-index", "--ignore-installed", str(wheel)]
    installed.run("python", *pip)
    return installed


def train(installed: Installed, tiny: Path) -> dict[str, float]:
    """Train on the tiny data; the metrics of the run."""
    data = ("dataset=csv", f"dataset.path={tiny}", "split=leave_one_out")
    installed.run("lrec", "train", "model=popularity", *data)
    assert (installed.folder / "mlflow.db").exists()
    (path,) = installed.folder.glob("outputs/*/*/metrics.json")
    metrics: dict[str, float] = json.loads(path.read_text())["popularity"]
    return metrics


def test_an_index_takes_the_wheel(wheel: Path) -> None:
    """Its metadata are whole, and its description can be shown."""
    command = [sys.executable, "-m", "twine", "check", "--strict", str(wheel)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_versions_agree() -> None:
    """The package's, that of its citation, and of the entry that `lrec cite` prints."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert cited["version"] == __version__
    assert f"version = {{{__version__}}}" in OWN
    assert f"title = {{{cited['title']}}}" in OWN


def test_wheel_holds_the_package_and_its_configs_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    roots = {name.split("/")[0] for name in names}
    assert {root for root in roots if not root.endswith(".dist-info")} == {"lrec"}
    code = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "lrec").rglob("*")
        if path.suffix in (".py", ".html", ".css")
    }
    configs = {f"lrec/{path.relative_to(ROOT)}" for path in (ROOT / "conf").rglob("*.yaml")}
    assert "lrec/conf/config.yaml" in configs
    assert code | configs <= set(names)
    assert not [name for name in names if name.endswith((".pyc", ".db"))]


def test_wheel_carries_its_licence_and_entry_point(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    texts = {
        name.rpartition("/")[2]: archive.read(name).decode()
        for name in archive.namelist()
        if ".dist-info/" in name
    }
    assert "lrec = lrec.cli.main:main" in texts["entry_points.txt"]
    assert "LICENSE" in texts
    assert "Requires-Dist: tensorflow" in texts["METADATA"]


def test_wheel_runs_outside_the_repository(borrowed: Installed, tiny: Path) -> None:
    code = "import lrec; from lrec.base.config import conf; print(lrec.__file__); print(conf.CONF)"
    module, conf = borrowed.run("python", "-c", code).splitlines()
    assert Path(module).is_relative_to(borrowed.bin.parent)
    assert Path(conf) == Path(module).parent / "conf"
    assert "lrec train" in borrowed.run("lrec", "--help")
    metrics = train(borrowed, tiny)
    assert 0 < metrics["recall_at_20/all"] <= 1


@pytest.mark.install
@pytest.mark.timeout(1800)
def test_wheel_installs_with_all_its_dependencies(wheel: Path, tiny: Path, tmp_path: Path) -> None:
    fresh = environment(tmp_path)
    command = [fresh.bin / "python", "-m", "pip", "install", "--quiet", str(wheel)]
    subprocess.run(command, check=True, timeout=1700)
    assert train(fresh, tiny)["recall_at_20/all"] > 0
