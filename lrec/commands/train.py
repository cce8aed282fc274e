"""`lrec train`: compose a run, train, evaluate by bucket, log to MLflow."""

from __future__ import annotations

from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, open_dict

from lrec.commands.evaluate import merge, refuse_fixed
from lrec.commands.job import job, key_of
from lrec.config import CONF, Parts, Record
from lrec.saved import folder_of, stored_config

FREE = ("strategy",)  # where a killed run goes on may differ from where it was begun


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="train")
def main(config: DictConfig) -> float:
    """Returns the monitored value, for sweepers."""
    killed = config.resume
    with open_dict(config):
        del config["resume"]
    if killed is None:
        return job(config, train, trains=True)
    return resume(str(killed), config)


def train(parts: Parts, record: Record) -> float:
    from lrec.experiment import run  # after the check, which has to be quick

    return run(parts, record)


def resume(killed: str, config: DictConfig) -> float:
    """Go on with a run, in its own folder.

    Args:
        killed: MLflow's id of it, or its folder.
        config: what was composed; of it counts what the command line names.
    """
    folder: Path

    def trained() -> DictConfig:
        nonlocal folder
        overrides = HydraConfig.get().overrides.task
        refuse_fixed(overrides, "resume", lambda key: key not in (*FREE, "resume"), FREE)
        folder = folder_of(killed)
        trained = stored_config((folder / "config.yaml").read_text(), killed)
        return merge(trained, config, [o for o in overrides if key_of(o) != "resume"])

    def go_on(parts: Parts, record: Record) -> float:
        from lrec.experiment import run

        said = (folder / "overrides.txt").read_text().splitlines()
        return run(parts, Record(record.config, said, {}, folder, resumed=True))

    return job(trained, go_on, trains=True)
