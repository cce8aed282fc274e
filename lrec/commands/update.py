"""`lrec update`: a saved model goes on learning from new interactions."""

from __future__ import annotations

import hydra
from omegaconf import DictConfig

from lrec.commands.evaluate import of_run
from lrec.commands.job import job
from lrec.config import CONF, Record
from lrec.update import Update

OWN = ("run", "feedback", "epochs", "batch_size", "learning_rate", "kept", "retrain", "resamples")
FREE = ("schedule", "strategy", "tracking")


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="update")
def main(config: DictConfig) -> None:
    def update(settings: Update, record: Record) -> None:
        from lrec.update import run

        run(settings, record)

    job(lambda: of_run(config, "update", OWN, FREE), update, root=Update)
