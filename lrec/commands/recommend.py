"""`lrec recommend`: lists for known users, for a bucket of them, or for somebody new."""

from __future__ import annotations

import hydra
from omegaconf import DictConfig

from lrec.commands.evaluate import of_run
from lrec.commands.job import job
from lrec.config import CONF, Record
from lrec.recommend import Recommend

OWN = ("run", "users", "history", "exclude", "top", "explain", "to")
FREE = ("bucket", "strategy")


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="recommend")
def main(config: DictConfig) -> None:
    def recommend(settings: Recommend, record: Record) -> None:
        from lrec.recommend import run  # after the check, which has to be quick

        run(settings)

    job(lambda: of_run(config, "recommend", OWN, FREE), recommend, root=Recommend)
