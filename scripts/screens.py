"""Pictures of what commands print on a terminal of 80 columns.

    pip install selenium                    # and Chromium with its chromedriver, from the system
    python scripts/screens.py --out docs/pictures screen_data -- lrec data dataset.n_users=500

Runs the command on a terminal of its own, in this folder, and draws what stands there at its end:
screen_data.png. A line that is wider than the terminal is reported, and the exit code is the
command's.
"""

from __future__ import annotations

import argparse
import fcntl
import io
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Sequence
from pathlib import Path

from browser import browser, picture, save, show
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

COLUMNS, ROWS = 80, 50
CONTROL = r"(\r|\n|\x1b\[\d*A|\x1b\[2K|\x1b\[\?25[lh])"  # all but colours
WIDTH = 720  # pixels that 80 columns of this font and the margins take
PAGE = """<!DOCTYPE html><meta charset="utf-8"><style>{stylesheet}
body {{ margin: 0; padding: 14px 16px; color: {foreground}; background: {background} }}
pre {{ margin: 0; font: 14px/1.3 "DejaVu Sans Mono", Menlo, Consolas, monospace }}
</style><pre>{code}</pre>"""


def main() -> None:
    options = arguments()
    code, output = on_terminal(options.command)
    text = as_text(f"$ {shlex.join(options.command)}\n{output}")
    for line in text.plain.splitlines()[1:]:
        if len(line) > COLUMNS and " " in line.strip() and not is_command(line):
            print(f"wider than {COLUMNS} columns: {line}")
    with tempfile.NamedTemporaryFile("w", suffix=".html", encoding="utf-8") as file:
        file.write(as_page(text))
        file.flush()
        with browser() as chrome:
            show(chrome, "dark", WIDTH, 400)
            chrome.get(Path(file.name).as_uri())
            save(picture(chrome, WIDTH), options.out / f"{options.name}.png", None)
    sys.exit(code)


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Options, checked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="of the picture, without its suffix")
    parser.add_argument("command", nargs="+", help="the command and its arguments, after --")
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    return parser.parse_args(argv)


def on_terminal(command: Sequence[str]) -> tuple[int, str]:
    """The exit code of a command and all that it wrote to a terminal of 80 columns."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    without = ("COLUMNS", "LINES", "NO_COLOR")
    environment = {key: value for key, value in os.environ.items() if key not in without}
    environment |= {"TERM": "xterm-256color"}
    process = subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=environment)
    os.close(its)
    written = io.BytesIO()
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # how Linux says that nobody has the terminal open any more
            break
        if not part:
            break
        written.write(part)
    os.close(ours)
    return process.wait(), written.getvalue().decode("utf-8", "replace")


def as_text(output: str) -> Text:
    """Styled text, as it stands there after all that moved the cursor up and erased lines."""
    lines, row, is_begun = [""], 0, True
    for part in re.split(CONTROL, output):
        if part == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif up := re.fullmatch(r"\x1b\[(\d*)A", part):
            row = max(row - int(up[1] or 1), 0)
        elif part == "\x1b[2K":
            lines[row] = ""
        elif part and part != "\r" and not re.fullmatch(CONTROL, part):
            lines[row] = part if is_begun else lines[row] + part
        is_begun = is_begun if not part else part in ("\r", "\n")
    return Text.from_ansi("\n".join(lines).rstrip())


def as_page(text: Text) -> str:
    """A page that shows the text as a terminal does, wide lines broken at its edge."""
    lines = [line[start : start + COLUMNS] for line in text.split() for start in starts(line)]
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), color_system="truecolor")
    console.print(Text("\n").join(lines), soft_wrap=True)
    return console.export_html(theme=MONOKAI, code_format=PAGE)


def starts(line: Text) -> range:
    """Where each row of a line begins."""
    return range(0, max(len(line), 1), COLUMNS)


def is_command(line: str) -> bool:
    """True for a line that is kept whole, so that it can be pasted."""
    return bool(re.search(r"(^|: | {6})(lrec|mlflow|saved_model_cli) ", line))


if __name__ == "__main__":
    main()
