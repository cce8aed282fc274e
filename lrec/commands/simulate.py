"""`lrec simulate`: the feedback loop of recommending and accepting, with held-out users."""

from __future__ import annotations

import hydra
from omegaconf import DictConfig

from lrec.commands.candidates import obtain, with_unknown_users
from lrec.commands.job import job
from lrec.config import CONF, Record
from lrec.simulate import Simulate


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="simulate")
def main(config: DictConfig) -> None:
    job(lambda: with_unknown_users(config), simulate, root=Simulate)


def simulate(settings: Simulate, record: Record) -> None:
    ids = obtain(settings, record)
    from lrec.simulate import run  # after the check, which has to be quick

    run(settings, record, ids)
