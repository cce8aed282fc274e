"""`lrec train`: compose a run, train, evaluate by bucket, log to MLflow."""

from __future__ import annotations

from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict

from lrec.commands.job import job, key_of
from lrec.config import CONF, Parts, Record
from lrec.errors import ConfigError
from lrec.saved import folder_of


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="train")
def main(config: DictConfig) -> float:
    """Returns the monitored value, for sweepers."""
    killed = config.resume
    with open_dict(config):
        del config["resume"]
    if killed is None:
        return job(config, train, trains=True)
    return resume(str(killed))


def train(parts: Parts, record: Record) -> float:
    from lrec.experiment import run  # after the check, which has to be quick

    return run(parts, record)


def resume(killed: str) -> float:
    """Go on with a run, in its own folder."""
    folder: Path

    def trained() -> DictConfig:
        nonlocal folder
        others = [o for o in HydraConfig.get().overrides.task if key_of(o) != "resume"]
        if others:
            raise ConfigError(
                "resume goes on with a run as it was begun, so nothing else can be set. "
                f"Received: {' '.join(others).replace('++', '')}"
            )
        folder = folder_of(killed)
        config = OmegaConf.load(folder / "config.yaml")
        assert isinstance(config, DictConfig)
        return config

    def go_on(parts: Parts, record: Record) -> float:
        from lrec.experiment import run

        return run(parts, Record(record.config, [f"resume={killed}"], {}, folder))

    return job(trained, go_on, trains=True)
