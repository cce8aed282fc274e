"""`lrec export`: write a saved model in TensorFlow's formats."""

from __future__ import annotations

import hydra
from omegaconf import DictConfig

from lrec.commands.evaluate import of_run
from lrec.commands.job import job
from lrec.config import CONF
from lrec.export import Export, run

OWN = ("run", "formats", "sample", "folder")
# What may differ from the run's own config.
FREE = ("bucket", "tracking", "k")


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="export")
def main(config: DictConfig) -> None:
    job(lambda: of_run(config, "export", OWN, FREE), run, root=Export)
