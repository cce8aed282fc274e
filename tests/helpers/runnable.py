"""Blocks of code in README and docs that are marked as runnable, and how they are run."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from helpers import forked
from helpers.cli import CommandLine

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MARK = "<!-- runnable -->"
FENCED = re.compile(r"```(\w*)\n(.*?)^```", re.S | re.M)
INDENTED = re.compile(r"(?:(?: {4}.*)?\n)+")


@dataclass(frozen=True)
class Block:
    """A marked block.

    Attributes:
        page, line: where its mark stands.
        language: `python`, `bash`, or `session` of commands behind a `$` with what they print.
        text: without its indentation or fence.
    """

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def commands(self) -> list[list[str]]:
        """The words of each command, without comments; a backslash joins lines."""
        lines = self.text.replace("\\\n", " ").splitlines()
        if self.language == "session":
            lines = [line[2:] for line in lines if line.startswith("$ ")]
        return [words for line in lines if (words := shlex.split(line, comments=True))]

    @property
    def answers(self) -> list[str]:
        """Of a session, what each command prints, on one line; `…` stands for anything."""
        return [" ".join(part.split("\n")[1:]).strip() for part in self.text.split("$ ")[1:]]


def blocks_of(page: Path) -> list[Block]:
    """The marked blocks of a page.

    Raises:
        ValueError: no block follows a mark.
    """
    return list(_blocks(page, page.read_text()))


def _blocks(page: Path, text: str) -> Iterator[Block]:
    for mark in re.finditer(f"^{MARK}\n", text, re.M):
        line, rest = text[: mark.start()].count("\n") + 1, text[mark.end() :].lstrip("\n")
        if found := FENCED.match(rest):
            yield Block(page, line, found[1], found[2])
        elif rest.startswith("    ") and (found := INDENTED.match(rest)):
            code = textwrap.dedent(found[0]).strip() + "\n"
            yield Block(page, line, "session" if code.startswith("$ ") else "bash", code)
        else:
            raise ValueError(f"{page.name}:{line}: no block of code follows the mark")


def run_blocks(
    blocks: Sequence[Block],
    folder: Path,
    lrec: CommandLine,
    small: Callable[[Sequence[str]], list[str]],
) -> None:
    """Run the blocks of a page in a folder, in their order; those of Python in one process.

    `RUN_ID` is the newest run.

    Args:
        small: the overrides that keep a command small, which is all that differs from the page.
    """
    code = "\n".join(block.text for block in blocks if block.language == "python")
    for block in blocks:
        if block.language == "python":
            continue
        expected = block.answers if block.language == "session" else [""] * len(block.commands)
        for (program, *words), answer in zip(block.commands, expected, strict=True):
            assert program == "lrec", f"{block}: only commands of lrec are run here"
            given = [word.replace("RUN_ID", "latest") for word in words]
            found = lrec(folder, *given, *small(words))
            if answer:
                pattern = ".*".join(map(re.escape, answer.split("…")))
                assert re.fullmatch(pattern, found.err.strip()), f"{block}: {found.err}"
            else:
                assert (found.rc, found.err) == (0, ""), f"{block}: {shlex.join(words)}"
    if code:
        at = f"import os\nos.chdir({str(folder)!r})\n"
        rc, out, err = forked.Script(at + code, [], folder).wait(200)
        assert rc == 0, f"{blocks[0].page.name}: {out}{err}"
