"""LaTeX of a comparison: values, marks, what is bold, and special characters."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from helpers.comparisons import FACTS, small_comparison

from lrec.commands.compare.latex import best_of, caption, cell, escaped, latex

DOCUMENT = r"""\documentclass{article}
\usepackage{booktabs}
\begin{document}
\input{comparison.tex}
\end{document}
"""


def row(value: float | None, **more: Any) -> dict[str, Any]:
    return {"value": value, "seeds_sd": None, "verdict": "", **more}


@pytest.mark.parametrize(
    ("given", "best", "words"),
    [
        (row(0.25), 0.3, "0.2500"),
        (row(0.3), 0.3, r"\textbf{0.3000}"),
        (row(0.30001), 0.29999, r"\textbf{0.3000}"),  # the same as printed
        (row(0.25, seeds_sd=0.002), 0.3, r"0.2500 $\pm$ 0.0020"),
        (row(0.25, seeds_sd=0.0), 0.3, "0.2500"),  # one run stands for all seeds
        (row(0.3, verdict="better"), 0.3, r"\textbf{0.3000}$^{+}$"),
        (row(0.2, verdict="worse"), 0.3, "0.2000$^{-}$"),
        (row(0.2, verdict="undecided"), None, "0.2000"),
        (row(-0.5), None, "$-$0.5000"),
        (row(None), 0.3, "--"),
        (None, 0.3, "--"),
    ],
)
def test_a_cell_has_value_deviation_and_mark(given: Any, best: Any, words: str) -> None:
    assert cell(given, best) == words


@pytest.mark.parametrize(
    ("direction", "best"), [(1, 0.3), (-1, 0.1), (0, None)], ids=["more", "less", "neither"]
)
def test_the_best_goes_by_direction(direction: int, best: float | None) -> None:
    assert best_of([row(0.1), row(None), row(0.3)], direction) == best
    assert best_of([row(0.1), row(0.3, verdict="too few users")], direction) is None


@pytest.mark.parametrize(
    ("parts", "over"),
    [
        ([], "over seeds."),
        (["window 0", "window 1"], "over windows and seeds."),
        (["fold 0, split seed 1", "fold 1, split seed 1"], "over parts and seeds."),
    ],
)
def test_a_caption_says_what_deviations_are_over(parts: list[str], over: str) -> None:
    shown = [row(0.3, seeds_sd=0.1)]
    assert over.rstrip(".") in caption("ndcg_at_10", shown, "ease", {}, False, parts)
    assert "deviation" not in caption("ndcg_at_10", [row(0.3)], "ease", {}, False, parts)


def test_special_characters_stand_for_themselves() -> None:
    assert escaped(r"a_b & 5 % of {x} \n ≤ 3") == (
        r"a\_b \& 5 \% of \{x\} \textbackslash{}n $\leq$ 3"
    )


def test_a_table_has_a_row_a_model_and_a_caption_that_says_what_is_marked() -> None:
    text = latex(small_comparison(), FACTS)
    assert r"model & all (50) & tail (50) & head (3) \\" in text
    assert r"    vae & \textbf{0.2050} & \textbf{0.2500}$^{+}$ & 0.2000 \\" in text
    assert "$^{+}$ better, $^{-}$ worse than ease" in text
    assert text.count(r"\begin{table}") == 1
    assert r"    ease & 0.2000 & 0.2000 & 0.2000 \\" in text  # nothing is bold with too few users
    assert r"tail: n $\leq$ 2" in text


@pytest.mark.slow
def test_the_tables_compile(tmp_path: Path) -> None:
    if shutil.which("pdflatex") is None:
        pytest.skip("no pdflatex")
    (tmp_path / "comparison.tex").write_text(latex(small_comparison(), FACTS))
    (tmp_path / "paper.tex").write_text(DOCUMENT)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:]
