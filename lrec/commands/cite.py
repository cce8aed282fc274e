"""`lrec cite`: BibTeX for lrec and for the models of a config or of saved runs."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import ClassVar

from lrec.commands.citations import bibliography
from lrec.commands.composing import Invocation
from lrec.commands.runs.saved import settings_of
from lrec.commands.settings import RunSettings
from lrec.tracking import resolve


@dataclass(frozen=True)
class CiteSettings(RunSettings):
    """The root of `conf/cite.yaml`.

    Attributes:
        runs: whose models are cited; empty for the model of the config.
    """

    runs: list[str]

    file: ClassVar[str] = "conf/cite.yaml"


def run(settings: CiteSettings, invocation: Invocation) -> None:
    """Print the entries, ready for a `.bib` file.

    Raises:
        RuntimeError: there is no such run.
    """
    models = [settings_of(resolve(run)).model for run in settings.runs]
    sys.stdout.write(bibliography(models or [settings.model]))
