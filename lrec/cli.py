"""The front door: a command word, then everything as Hydra has it."""

from __future__ import annotations

import gc
import importlib
import io
import logging
import os
import re
import signal
import sys
import threading
from types import FrameType

from lrec.errors import ConfigError, Failed, one_line, redact

COMMANDS = {
    "train": (
        "train and evaluate a model, log the run to MLflow; -m sweeps",
        "lrec train -m model=popularity,dense,vae seed=1,2,3",
    ),
    "evaluate": (
        "score a saved run again, also by other buckets, metrics, k or data",
        "lrec evaluate run=RUN_ID bucket=counts",
    ),
    "compare": (
        "hold saved runs against a baseline by bucket, with intervals and verdicts; makes a page",
        "lrec compare 'candidates=[popularity,itemknn,vae]' 'seeds=[1,2,3]'",
    ),
    "reveal": (
        "show models more and more of the same unknown users: quality by history length",
        "lrec reveal 'candidates=[popularity,itemknn,ease,vae,attention]'",
    ),
    "simulate": (
        "let models live with what they cause: recommend, accept, append, for some rounds",
        "lrec simulate 'candidates=[popularity,itemknn,ease,vae,attention]'",
    ),
    "tune": (
        "give every model the same number of tries; best settings, Pareto set of tail and head",
        "lrec tune 'candidates=[ease,vae]' trials=20 monitor=val/ndcg_at_10/tail",
    ),
    "map": (
        "draw how a saved model sees its users: PCA and t-SNE, coloured by bucket",
        "lrec map run=RUN_ID",
    ),
    "recommend": (
        "what a saved model recommends: to known users, a bucket of them, or somebody new",
        "lrec recommend run=RUN_ID users=tail to=tail.csv",
    ),
    "update": (
        "let a saved model go on learning from new interactions; before and after by bucket",
        "lrec update run=RUN_ID feedback=new.csv retrain=true",
    ),
    "export": (
        "write a saved model as SavedModel and TensorFlow Lite; size, latency, loss by bucket",
        "lrec export run=RUN_ID",
    ),
    "sync": (
        "send to MLflow the runs that it could not be told of when they happened",
        "lrec sync",
    ),
    "data": (
        "prepare and describe a data set: counts, long tails, buckets, what cleaning removed",
        "lrec data dataset=csv dataset.path=ratings.csv",
    ),
}
INTERRUPTED, TERMINATED = 130, 143
VALUE = re.compile(r"(?!hydra\.)\w+(\.[\w-]+)+=")  # a key inside a group, and its value


def main() -> int:
    """Run one command; returns the exit status: 0, 1 (failed), 2 (config or usage)."""
    name = os.path.basename(sys.argv[0])
    if "-sc" in sys.argv or "--shell-completion" in sys.argv:
        return _complete(name)
    words = sys.argv[1:]
    if not words or words[0] in ("-h", "--help", "help"):
        print(_help())
        return 0
    if words[0] == "--version":
        from lrec import __version__

        print(f"lrec {__version__}")
        return 0
    if words[0] not in COMMANDS:
        import difflib

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
    rest = forced(rest)
    sys.argv = [f"{name} {command}", *rest]
    return _run(command, rest)


def forced(words: list[str]) -> list[str]:
    """Arguments as Hydra gets them: what it would refuse as unknown, in words of its own, is left
    to lrec's check."""
    return [f"++{word}" if VALUE.match(word) else word for word in words]


def _run(command: str, arguments: list[str]) -> int:
    debug = os.environ.get("LREC_DEBUG") == "1" or any(
        a.startswith("hydra.verbose=") for a in arguments
    )
    os.environ.setdefault("HYDRA_FULL_ERROR", "1")  # errors come here, to be told in one line
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # who reads a pipe wants to see it come
    logging.setLogRecordFactory(Redacted)  # Hydra logs the command lines of a sweep's jobs
    signal.signal(signal.SIGTERM, _terminate)
    sys.unraisablehook = _again
    gc.disable()  # a tenth of the time to an answer; on again when the config is right
    try:
        module = importlib.import_module(f"lrec.commands.{command}")
        if not any("hydra" in a or "experiment" in a or "--config" in a for a in arguments):
            importlib.import_module("lrec.commands.job").compose_once()
        module.main()
        return 0
    except KeyboardInterrupt:
        print("lrec: interrupted", file=sys.stderr)
        return INTERRUPTED
    except (Exception, Failed) as caught:
        if debug:
            raise
        error = caught.__cause__ if isinstance(caught, Failed) else caught
        line, status = told(error or caught, command, arguments)
        print(f"lrec: {redact(line)}", file=sys.stderr)
        return status


def told(error: BaseException, command: str, arguments: list[str]) -> tuple[str, int]:
    """An error in one line, and the exit status that goes with it."""
    from lrec.explain import explain

    overrides = [a.removeprefix("++") for a in arguments if not a.startswith("-")]
    said = explain(error, command, overrides)
    return said or one_line(error), 2 if said or isinstance(error, ConfigError) else 1


class Redacted(logging.LogRecord):
    """What any library logs, without passwords."""

    def getMessage(self) -> str:  # noqa: N802 - the name that logging calls
        return redact(super().getMessage())


def _terminate(number: int, frame: FrameType | None) -> None:
    raise SystemExit(TERMINATED)


def _again(lost: sys.UnraisableHookArgs) -> None:
    """Send a signal again whose exception fell where Python can only ignore it (a destructor)."""
    number = {SystemExit: signal.SIGTERM, KeyboardInterrupt: signal.SIGINT}.get(lost.exc_type)
    if number is None:
        sys.__unraisablehook__(lost)
    else:
        threading.Timer(0.05, os.kill, (os.getpid(), number)).start()


def _complete(name: str) -> int:
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
    importlib.import_module(f"lrec.commands.{command}").main()
    return 0


def _help() -> str:
    lines = ["usage: lrec COMMAND [key=value …] [-m] [--cfg job] [--help]", ""]
    lines.append("Which recommender really serves the users who have done little?")
    for name, (what, example) in COMMANDS.items():
        lines += ["", f"  {name:<10}{what}", f"  {'':<10}{example}"]
    lines += [
        "",
        "lrec COMMAND --help shows every key; --cfg job shows what is composed.",
        'Tab completion: eval "$(lrec -sc install=bash)"   (or zsh, fish)',
    ]
    return "\n".join(lines)
