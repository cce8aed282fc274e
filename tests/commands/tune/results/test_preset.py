"""The winner as a preset: it composes to the very config, and overwrites nobody's file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import open_dict

from lrec.base.config.conf import CONF
from lrec.base.errors import ConfigError
from lrec.cli.quoting import quoted
from lrec.commands.composing import chosen_files, plain_values
from lrec.commands.tune.results import preset


class Plain:
    """Composes as the command line does."""

    def plain(
        self, overrides: Sequence[str], without: Sequence[str] = ()
    ) -> tuple[dict[str, Any], dict[str, str]]:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            words = [quoted(word) for word in overrides]
            config = compose("config", overrides=words, return_hydra_config=True)
        choices = config.hydra.runtime.choices
        with open_dict(config):
            del config["hydra"]
        return plain_values(config), chosen_files(choices)


@pytest.mark.parametrize(
    "overrides",
    [
        ["model=ease", "model.regularisation=240.0", "seed=3", "tracking.log_model=false"],
        ["+experiment=vae_beauty", "model.beta=0.1", "schedule.learning_rate=5e-05"],
        ["model=attention", "bucket=[activity,mainstream]", "metric=[ndcg,recall]", "k=[5]",
         "dataset=csv", "dataset.path='a b.csv'", "monitor=val/ndcg_at_5/tail"],
        ["model=vae", "schedule=standard", "feature=[titles]", "model.hidden_sizes=[64]",
         "dataset=csv", "dataset.path=null"],
    ],
)  # fmt: skip
def test_it_composes_to_the_config_of_its_overrides(tmp_path: Path, overrides: list[str]) -> None:
    composer: Any = Plain()
    text = preset.preset_text(composer, overrides, "a study", ["A winner.", "  lrec tune"])
    preset.write(tmp_path / "experiment" / "mine.yaml", text)
    searched = [f"hydra.searchpath=[file://{tmp_path}]", "+experiment=mine"]
    expected, composed = (composer.plain(words)[0] for words in (overrides, searched))
    assert composed.pop("tracking") != {}
    del expected["tracking"]
    assert composed == expected
    assert text.startswith("# @package _global_\n# A winner.\n#   lrec tune\n# study: a study\n")


def test_another_s_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    preset.refuse_foreign(path, "one", fresh=False)  # there is none
    path.write_text("# study: one\nmodel: {}\n")
    preset.refuse_foreign(path, "one", fresh=False)
    preset.refuse_foreign(path, "two", fresh=True)
    with pytest.raises(ConfigError, match="is there already, and not of this study"):
        preset.refuse_foreign(path, "on", fresh=False)
    with pytest.raises(ConfigError, match="which is a folder"):
        preset.refuse_foreign(tmp_path, "one", fresh=True)


def test_the_command_that_uses_it_depends_on_where_it_lies() -> None:
    elsewhere = preset.use(Path("mine/experiment/a.yaml"))
    assert elsewhere == "lrec train --config-dir=mine +experiment=a"
    assert preset.use(CONF / "experiment" / "a.yaml") == "lrec train +experiment=a"
    assert preset.use(Path("a.yaml")) == ""
