"""The option of pytest that names the plugin whose components `lrec.testing` checks."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--plugin` to pytest, for `pytest --pyargs lrec.testing --plugin mine`."""
    group = parser.getgroup("lrec")
    group.addoption("--plugin", default=None, help="package whose lrec components are checked")
    group.addoption("--plugin-conf", default=None, help="its folder conf/, if it lies elsewhere")
    group.addoption(
        "--plugin-set", action="append", default=[], help="an override, to make it small"
    )
