"""`lrec map`: draw how a saved model sees its users."""

from __future__ import annotations

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from lrec.atlas import Atlas, run
from lrec.commands.evaluate import merge, refuse_fixed
from lrec.commands.job import job
from lrec.config import CONF
from lrec.errors import ConfigError
from lrec.saved import config_of

OWN = ("run", "sample", "perplexity")
# What may differ from the run's own config.
FREE = ("bucket", "strategy", "tracking")


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="map")
def main(config: DictConfig) -> None:
    def merged() -> DictConfig:
        if OmegaConf.is_missing(config, "run"):
            raise ConfigError("run is needed: lrec map run=RUN_ID, the id of a finished run.")
        overrides = HydraConfig.get().overrides.task
        refuse_fixed(overrides, "map", lambda key: key not in (*OWN, *FREE), (*FREE, *OWN[1:]))
        whole = merge(config_of(str(config.run)), config, overrides)
        whole.update({key: config[key] for key in OWN} | {"run": str(config.run)})
        return whole

    job(merged, run, root=Atlas)
