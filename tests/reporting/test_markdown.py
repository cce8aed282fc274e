"""Tables of the terminal in Markdown."""

from __future__ import annotations

from rich.text import Text

from lrec.reporting.markdown import markdown
from lrec.reporting.terminal import cell, plain_table


def test_table_of_the_terminal_is_one_in_markdown() -> None:
    table = plain_table("model", Text("tail\n40 users"), "settings", title="ndcg@10 [dim]x[/]")
    table.add_row(cell("[b]vae"), "[dim]0.1[/]", cell("a|b"))
    assert markdown(table).splitlines() == [
        "ndcg@10 x:",
        "",
        "| model | tail, 40 users | settings |",
        "|---|---:|---:|",
        "| [b]vae | 0.1 | a\\|b |",
    ]
