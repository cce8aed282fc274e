"""`lrec data`: prepare a data set and say what is in it."""

from __future__ import annotations

import hydra
from omegaconf import DictConfig

from lrec.commands.job import job
from lrec.config import CONF, Parts, Record


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")
def main(config: DictConfig) -> None:
    job(config, data)


def data(parts: Parts, record: Record) -> None:
    from lrec.description import describe  # after the check, which has to be quick

    describe(parts, record)
