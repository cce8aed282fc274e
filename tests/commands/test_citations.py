"""BibTeX of models: found beside their modules, each entry once."""

from __future__ import annotations

import re

import pytest
from helpers.composing import checked, composed

from lrec.base.config.conf import options
from lrec.commands.citations import bibliography, papers_of, read_entries
from lrec.model import Model
from lrec.model.blend.blended import Blend


def configured(*overrides: str) -> Model:
    """The model of a config."""
    return checked(composed(*overrides)).model


UNPUBLISHED = {"popularity"}  # a count has no paper


@pytest.mark.parametrize("name", options("model"))
def test_every_model_names_a_paper_that_is_there(name: str) -> None:
    entries = papers_of(configured(f"model={name}"))
    assert bool(entries) is (name not in UNPUBLISHED)
    for key, entry in entries.items():
        assert re.match(rf"@\w+{{{key},\n", entry)
        assert re.search(r"\n  author = .*\n  title = .*\n(.*\n)*  year = {\d{4}},\n}\n$", entry)


@pytest.mark.parametrize(
    ("settings", "keys"),
    [
        ([], ["kang2018sasrec", "klenitskiy2023dross"]),
        (["model.block=bsarec", "model.loss=softmax"], ["shin2024bsarec"]),
        (["model.loss=gbce"], ["kang2018sasrec", "petrov2023gsasrec"]),
    ],
)
def test_a_transformer_cites_its_block_and_its_loss(settings: list[str], keys: list[str]) -> None:
    assert list(papers_of(configured("model=attention", *settings))) == keys


def test_a_bibliography_has_lrec_and_each_paper_once() -> None:
    blend = Blend({name: {"_target_": f"lrec.model.{name}.{kind}"} for name, kind in
                   {"vae": "VAE", "dae": "DAE", "ease": "EASE"}.items()})  # fmt: skip
    keys = list(read_entries(bibliography([blend, configured("model=ease")])))
    assert keys == ["lrec", "liang2018vae", "steck2019ease"]
