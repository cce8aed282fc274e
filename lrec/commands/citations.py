"""BibTeX of lrec and of what its models implement."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from pathlib import Path

from lrec import __version__
from lrec.model import Model
from lrec.model.blend.blended import Blend

REFERENCES = "references.bib"
OWN = f"""\
@software{{lrec,
  author = {{{{The lrec authors}}}},
  title = {{lrec: Which Recommender Really Serves the Users Who Have Done Little?}},
  version = {{{__version__}}},
  year = {{2026}},
}}
"""


def bibliography(models: Iterable[Model]) -> str:
    """BibTeX entries of lrec and of the papers behind models, each once.

    Raises:
        KeyError: a model names a paper that the `references.bib` beside its module does not have.
    """
    entries = {"lrec": OWN}
    for model in models:
        entries |= papers_of(model)
    return "\n".join(entries.values())


def papers_of(model: Model) -> dict[str, str]:
    """The entries of a model's papers by key; of a blend, those of its members."""
    if isinstance(model, Blend):
        found: dict[str, str] = {}
        for member in model.members.values():
            found |= papers_of(member)
        return found
    if not model.papers:
        return {}
    path = Path(inspect.getfile(type(model))).with_name(REFERENCES)
    entries = read_entries(path.read_text(encoding="utf-8"))
    return {key: entries[key] for key in model.papers}


def read_entries(text: str) -> dict[str, str]:
    """The entries of a BibTeX file by key: each from its `@` to a brace that begins a line.

    >>> list(read_entries("@book{a,\\n  title = {A},\\n}\\n\\n@misc{b,\\n  title = {B},\\n}\\n"))
    ['a', 'b']
    """
    found = re.finditer(r"^@\w+\{([^,\s]+),.*?^\}$", text, re.DOTALL | re.MULTILINE)
    return {entry[1]: entry[0] + "\n" for entry in found}
