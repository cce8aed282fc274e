"""`lrec map`: draw how a saved model sees its users."""

from __future__ import annotations

import hydra
from omegaconf import DictConfig

from lrec.atlas import Atlas, run
from lrec.commands.evaluate import of_run
from lrec.commands.job import job
from lrec.config import CONF

OWN = ("run", "sample", "perplexity")
# What may differ from the run's own config.
FREE = ("bucket", "strategy", "tracking")


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="map")
def main(config: DictConfig) -> None:
    job(lambda: of_run(config, "map", OWN, FREE), run, root=Atlas)
