"""`lrec reveal`: how quality grows as models see more of the same held-out users."""

from __future__ import annotations

import hydra
from omegaconf import DictConfig

from lrec.commands.candidates import obtain, with_unknown_users
from lrec.commands.job import job
from lrec.config import CONF, Record
from lrec.reveal import Reveal


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="reveal")
def main(config: DictConfig) -> None:
    job(lambda: with_unknown_users(config), reveal, root=Reveal)


def reveal(settings: Reveal, record: Record) -> None:
    ids = obtain(settings, record)
    from lrec.reveal import run  # after the check, which has to be quick

    run(settings, record, ids)
