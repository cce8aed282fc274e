"""What a run logs, and in which order."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import MagicMock

from lrec.commands.runs.config_digest import config_digest
from lrec.commands.train.run_logging import RunContext, log_config, log_data
from lrec.data.used_columns import UsedColumns


def test_config_that_makes_a_run_resumable_is_written_after_all_it_takes() -> None:
    written: list[str] = []
    config = SimpleNamespace(values={"seed": 1}, choices={}, overrides=["seed=1"])
    context: Any = SimpleNamespace(
        config=config, log=MagicMock(), text=lambda name, _: written.append(name)
    )
    log_config(cast(RunContext, context), seeded=True)
    assert written == ["overrides.txt", "config.yaml"]


def test_a_table_of_users_counts_by_its_content(tmp_path: Path) -> None:
    """Another place is the same run, and other groups are another run."""

    def digest(folder: str, text: str) -> str:
        (tmp_path / folder).mkdir(exist_ok=True)
        path = tmp_path / folder / "users.csv"
        path.write_text(text)
        return config_digest({"bucket": {"activity": {}, "column": {"path": str(path)}}})

    assert digest("a", "user,plan") == digest("b", "user,plan") != digest("a", "user,age")


def test_features_count_by_what_they_read(tmp_path: Path) -> None:
    def digest(folder: str, vectors: str, weights: str) -> str:
        own = tmp_path / folder
        (own / "encoder" / "1_Pooling").mkdir(parents=True)
        (own / "vectors.csv").write_text(vectors)
        (own / "encoder" / "1_Pooling" / "weights.bin").write_text(weights)
        nodes = {
            "vectors": {"path": str(own / "vectors.csv")},
            "text": {"path": None, "encoder": str(own / "encoder")},
        }
        return config_digest({"feature": nodes})

    first = digest("a", "item,0", "w")
    assert first == digest("b", "item,0", "w")
    assert len({first, digest("c", "item,1", "w"), digest("d", "item,0", "v")}) == 3


def test_columns_that_were_detected_are_tags() -> None:
    columns = UsedColumns({"user": "customer", "item": "sku"}, ("quantity", "price"))
    config = SimpleNamespace(values={"dataset": {"user": "auto"}})
    context: Any = SimpleNamespace(config=config, log=MagicMock())
    data: Any = SimpleNamespace(digest="0", columns=columns)
    log_data(cast(RunContext, context), "csv", data, cast(Any, SimpleNamespace(counts={})))
    context.log.tags.assert_called_once_with(
        {
            "lrec.column.user": "customer",
            "lrec.column.item": "sku",
            "lrec.columns_not_used": "quantity, price",
        }
    )
