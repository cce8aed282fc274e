"""`lrec compare`: runs side by side, by bucket, with intervals and a verdict."""

from __future__ import annotations

import hydra
from omegaconf import DictConfig

from lrec.commands.candidates import obtain
from lrec.commands.job import job
from lrec.config import CONF, Record
from lrec.contest import Contest


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="compare")
def main(config: DictConfig) -> None:
    job(config, compare, root=Contest)


def compare(contest: Contest, record: Record) -> None:
    ids = obtain(contest, record) or contest.runs
    from lrec.contest import run  # after the check, which has to be quick

    run(contest, record, ids)
