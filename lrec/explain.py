"""What Hydra refuses to compose, told in one line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields

from omegaconf import open_dict

from lrec.config import CONF, Parts, check, groups, options
from lrec.errors import ConfigError
from lrec.schema import nearest


def explain(error: BaseException, overrides: Sequence[str]) -> str | None:
    """One line for what Hydra refuses to compose, or None where it says it well itself."""
    text = str(error)
    if missing := re.search(r"Could not find '([\w/]+)/([^'/]+)'", text):
        group, name = missing.groups()
        near = nearest(name, options(group))
        return (
            f"{group}={name}: no such {group}{near}. Available: {', '.join(options(group))} "
            f"[conf/{group}/]"
        )
    if refused := re.search(r"Could not override '([^']+)'", text):
        key = refused.group(1).lstrip("+~")
        root = [field.name for field in fields(Parts)]
        if key == "experiment":
            return f"experiment: presets are added, +experiment=NAME: {', '.join(options(key))}"
        if "." not in key:
            near = nearest(key, [*root, *groups()])
            return f"{key}: no such key{near}. Valid keys: {', '.join(root)} [conf/config.yaml]"
        return _explain_key(overrides)
    return None


def _explain_key(overrides: Sequence[str]) -> str | None:
    """Compose again with the unknown keys let in, and let the check say what is wrong."""
    from hydra import compose, initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra

    GlobalHydra.instance().clear()
    forced = [re.sub(r"^(?=[\w]+\.[\w.]+=)", "++", override) for override in overrides]
    try:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            config = compose("config", overrides=forced, return_hydra_config=True)
            choices = dict(config.hydra.runtime.choices)
            with open_dict(config):
                del config["hydra"]
            check(config, choices)
    except ConfigError as error:
        return str(error)
    except Exception:  # the first explanation has to do
        return None
    return None
