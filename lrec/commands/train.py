"""`lrec train`: compose a run, train, evaluate by bucket, log to MLflow."""

from __future__ import annotations

import hydra
from omegaconf import DictConfig

from lrec.commands.job import job
from lrec.config import CONF, Parts, Record


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")
def main(config: DictConfig) -> float:
    """Returns the monitored value, for sweepers."""
    return job(config, train, trains=True)


def train(parts: Parts, record: Record) -> float:
    from lrec.experiment import run  # after the check, which has to be quick

    return run(parts, record)
