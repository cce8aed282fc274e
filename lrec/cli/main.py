"""The front door: a command word, then everything as Hydra has it."""

from __future__ import annotations

import difflib
import os
import re
import sys

from lrec import __version__
from lrec.base.errors import CommandFailed, ConfigError, one_line, printable, redact
from lrec.cli.process import command_process
from lrec.cli.table import COMMANDS

INTERRUPTED = 130  # exit status after Ctrl-C


def main() -> int:
    """Run one command; returns the exit status: 0, 1 (failed), 2 (config or usage)."""
    try:
        status = _dispatch()
        sys.stdout.flush()
        return status
    except OSError as error:  # `lrec train --help | head` has read enough, or a disk is full
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            print(f"lrec: {one_line(error)}: standard output", file=sys.stderr)
        return 1


def _dispatch() -> int:
    name = os.path.basename(sys.argv[0])
    if "-sc" in sys.argv or "--shell-completion" in sys.argv:
        return _complete()
    words = sys.argv[1:]
    if not words or words[0] in ("-h", "--help", "help"):
        print(_help())
        return 0
    if words[0] == "--version":
        print(f"lrec {__version__}")
        return 0
    if words[0] not in COMMANDS:
        near = [command for command in COMMANDS if command.startswith(words[0])]
        near = near or difflib.get_close_matches(words[0], COMMANDS, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        print(
            f"lrec: no such command{hint}. Commands: {', '.join(COMMANDS)}. Received: {words[0]!r}",
            file=sys.stderr,
        )
        return 2
    # argparse wants flags before the overrides; people put -m anywhere
    command, *rest = sorted(words, key=lambda word: word not in (words[0], "-m", "--multirun"))
    if "--help" in rest or "-h" in rest:
        return _command_help(command, rest)
    return _run(f"{name} {command}", command, rest)


def _run(program: str, command: str, arguments: list[str]) -> int:
    debug = os.environ.get("LREC_DEBUG") == "1" or any(
        a.startswith("hydra.verbose=") for a in arguments
    )
    with command_process():
        try:
            from lrec.cli.job import hydra_main
            from lrec.cli.plugin_words import take_plugins
            from lrec.cli.quoting import quoted

            arguments = take_plugins(arguments)
            arguments = [word if word.startswith("-") else quoted(word) for word in arguments]
            sys.argv = [program, *arguments]
            hydra_main(command)
            return 0
        except KeyboardInterrupt:
            print("lrec: interrupted", file=sys.stderr)
            return INTERRUPTED
        except (Exception, CommandFailed) as caught:
            if debug:
                raise
            error = caught.__cause__ if isinstance(caught, CommandFailed) else caught
            line, status = report(error or caught, command, arguments)
            place = str(caught) if isinstance(caught, CommandFailed) else ""
            print(f"lrec: {printable(redact(line))}{place}", file=sys.stderr)
            return status


def report(error: BaseException, command: str, arguments: list[str]) -> tuple[str, int]:
    """An error in one line, and the exit status that goes with it."""
    from lrec.cli.hydra_errors import explain

    overrides = [a for a in arguments if not a.startswith("-")]
    explained = explain(error, command, overrides)
    status = 2 if explained or isinstance(error, ConfigError) else 1
    return explained or one_line(error), status


def _complete() -> int:
    """Shell completion: first the command word, then Hydra's own for that command."""
    line = os.environ.get("COMP_LINE", "")
    found = re.match(r"\s*(\S+)\s+(\S+)\s(.*)", line)
    if line and not (found and found[2] in COMMANDS):
        word = line.split(maxsplit=1)[1] if len(line.split()) > 1 else ""
        print(" ".join(c for c in COMMANDS if c.startswith(word)))
        return 0
    command = "train"
    if found:
        command = found[2]
        os.environ["COMP_LINE"] = f"{found[1]} {found[3]}"
    from lrec.cli.job import hydra_main

    hydra_main(command)
    return 0


def _command_help(command: str, words: list[str]) -> int:
    from lrec.cli.help import command_help
    from lrec.cli.plugin_words import take_plugins

    try:
        words = [word for word in take_plugins(words) if not word.startswith("-")]
        print(command_help(command, words))
        return 0
    except ConfigError as error:
        print(f"lrec: {error}", file=sys.stderr)
        return 2


def _help() -> str:
    lines = ["usage: lrec COMMAND [key=value …] [-m] [--cfg job] [--help]", ""]
    lines.append("Which recommender really serves the users who have done little?")
    for name, command in COMMANDS.items():
        lines += ["", f"  {name:<10}{command.summary}", f"  {'':<10}{command.example}"]
    lines += [
        "",
        "lrec COMMAND --help shows every key with its comment, --help model=vae those of a model;",
        "--cfg job shows what is composed.",
        "LREC_DEBUG=1 lrec … shows the traceback of an error, and what libraries print.",
        "Models, metrics, splits … of your own: lrec train plugins=[mine] model=NAME.",
        'Tab completion: eval "$(lrec -sc install=bash)"   (or zsh, fish)',
    ]
    return "\n".join(lines)
