"""Fixtures of all tests: tiny data, a cache of prepared data, and the real command line."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from helpers import forked
from helpers.cli import N_ITEMS, N_USERS, CommandLine

# A failing assertion shows its values there too.
pytest.register_assert_rewrite("lrec.testing")

# Workers and the commands they start share the cores: threads of their own only get in the way.
for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--data",
        metavar="FOLDER",
        help="folder with real data for slow tests, for example ../shared/data",
    )


# Files that take longest, which start first: no worker is left with one of them at the end.
LONGEST = (
    "end_to_end",
    "contract",
    "training",
    "cli",
    "commands",
    "tracking",
    "model",
    "fuzz",
    "base",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        return LONGEST.index(folder) if folder in LONGEST else len(LONGEST)

    items.sort(key=rank)


def pytest_collection_finish() -> None:
    """Spare the garbage collector the libraries: Keras calls it whenever a model is built."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def data_folder(request: pytest.FixtureRequest) -> Path:
    """The folder with real data."""
    if not request.config.getoption("--data"):
        pytest.skip("needs --data=FOLDER")
    return Path(request.config.getoption("--data"))


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Prepared data goes to a folder of this session, also in subprocesses; no key is kept."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LREC_CACHE", str(folder))
        patch.setenv("LREC_PSEUDONYM_KEY", "of the tests")
        yield folder


@pytest.fixture
def eagerly() -> Iterator[None]:
    """Networks run step by step, which is quicker than tracing a graph for a few steps."""
    from lrec.testing.bench import eager  # once its assertions are rewritten

    with eager():
        yield


def _restored_store() -> Iterator[None]:
    """Forget, at the end, which MLflow store was chosen: MLflow writes it into the environment."""
    before = os.environ.get("MLFLOW_TRACKING_URI")
    yield
    chosen = sys.modules.get("mlflow.tracking._tracking_service.utils")
    if chosen is not None:  # what set_tracking_uri said goes before the environment
        chosen._tracking_uri = None
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    if before is not None:
        os.environ["MLFLOW_TRACKING_URI"] = before


@pytest.fixture(scope="module", autouse=True)
def store_of_module() -> Iterator[None]:
    """The store that a fixture of a module chooses is that module's."""
    yield from _restored_store()


@pytest.fixture(autouse=True)
def store_of_test() -> Iterator[None]:
    """The store that a test chooses is that test's."""
    yield from _restored_store()


@pytest.fixture(scope="session")
def used_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow store that has been used once; all workers share it."""
    path = forked.shared_folder(tmp_path_factory) / "used.db"
    with FileLock(f"{path}.lock"):
        if not path.exists():
            forked.make_store(path)
    return path


@pytest.fixture(scope="session")
def lrec(used_store: Path) -> CommandLine:
    return CommandLine(used_store)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV file of 60 users and 40 items, ratings 1 to 5, with a long tail and two tastes.

    The first five users have one interaction, the next five have two.
    """
    generator = np.random.default_rng(0)
    popularity = 1 / np.arange(1, N_ITEMS + 1) ** 0.7
    quality = generator.normal(3.5, 0.8, N_ITEMS)
    lines = ["user_id,item_id,rating,timestamp"]
    for user in range(N_USERS):
        activity = 1 + user // 5 if user < 10 else min(3 + generator.geometric(0.12), 25)
        liked = np.where(np.arange(N_ITEMS) % 2 == user % 2, 4.0, 1.0) * popularity
        items = generator.choice(N_ITEMS, activity, replace=False, p=liked / liked.sum())
        times = 1_500_000_000 + np.sort(generator.integers(0, 10_000_000, activity))
        ratings = np.clip(np.rint(quality[items] + generator.normal(0, 0.7, activity)), 1, 5)
        lines += [
            f"person-{user:03d},thing-{item:02d},{rating:g},{time}"
            for item, rating, time in zip(items, ratings, times, strict=True)
        ]
    path = tmp_path_factory.mktemp("data") / "tiny.csv"
    path.write_text("\n".join(lines) + "\n")
    return path
