"""Hydra's refusals to compose, in one line."""

from __future__ import annotations

import re
import shlex
import traceback
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, OverrideParseException
from omegaconf import OmegaConf
from omegaconf.errors import InterpolationResolutionError

from lrec.base.config import plugins
from lrec.base.config.check import component_groups
from lrec.base.config.conf import CONF, PACKAGE, groups, options
from lrec.base.config.environment import unresolved
from lrec.base.config.quotes import in_quotes
from lrec.base.errors import listed, nearest, one_line, shown
from lrec.cli.quoting import parses
from lrec.cli.table import COMMANDS
from lrec.commands.settings import RunSettings

HIDDEN = ("defaults", "hydra", *(field.name for field in fields(RunSettings)))

# Options of Hydra's own groups that need an extra of lrec.
PLUGINS = {
    "joblib": "sweep",
    "ray": "ray",
    "submitit_local": "slurm",
    "submitit_slurm": "slurm",
}


def explain(error: BaseException, command: str, overrides: Sequence[str]) -> str | None:
    """One line for what Hydra refuses to compose, or None where it is none of Hydra's errors."""
    text = str(error)
    where = _raised_by(error)
    # Hydra takes what stands in a list of choices for text, and fails at it
    mistaken = isinstance(error, TypeError) and "hydra" in Path(where).parts
    if mistaken or "Config group override must be" in text:
        return _no_choice(overrides)
    composing = isinstance(error, HydraException)
    if isinstance(error, OSError) and not composing and _before_the_job(error):
        why = one_line(error)
        return f"the run's folder cannot be made ({why}): choose another, hydra.run.dir=…"
    if isinstance(error, InterpolationResolutionError):
        return unresolved(error)
    if isinstance(error, TypeError | ValueError) and "omegaconf" in where:
        deep = [o for o in overrides if "." in o.partition("=")[0]]
        return f"a list is set as a whole, key=[…]. Received: {shown(' '.join(deep))}"
    unparsed = isinstance(error, OverrideParseException) or "override_parser" in where
    if not (unparsed or isinstance(error, HydraException)):
        return None
    if found := re.search(r"Could not (?:find|load) 'hydra/(\w+)/([^'/]+)'", text):
        return _no_plugin(*found.groups())
    if found := re.search(r"Could not (?:find|load) '(\w+)/([^']*)'", text):
        return _no_option(*found.groups())
    if "--multirun" in text and (several := _sweeps(overrides)):
        return _several_values(several[0], command)
    if unparsed:
        return _unparsed(next((o for o in overrides if not parses(o)), " ".join(overrides)))
    if found := re.search(r"Could not override '(\w+)'", text):
        key = found.group(1)
        return _no_choice(overrides) if key in groups() else _no_key(key, command)
    return listed([" ".join(text.split())])


def _unparsed(override: str) -> str:
    """Words that Hydra's grammar does not have, and with which quotes it would."""
    key, equals, value = override.partition("=")
    if not equals or not override.isprintable():
        return f"an override has the form key=value, in one line. Received: {shown(override)}"
    suggested = f"{key}={in_quotes(value)}"
    if not parses(suggested):
        return f"a key is of letters, digits, _, . and /. Received: {shown(override)}"
    return (
        f"{key}: this value has no form that is clear; as plain text it needs quotes, "
        f"{shlex.quote(suggested)}. Received: {shown(override)}"
    )


def _sweeps(overrides: Sequence[str]) -> list[str]:
    """Overrides that stand for several values, one a job."""
    parser = OverridesParser.create()
    return [o for o in overrides if parses(o) and parser.parse_override(o).is_sweep_override()]


def _several_values(override: str, command: str) -> str:
    """Values between commas, or a function that makes several: a list, or a run of each."""
    key, _, value = override.partition("=")
    each = f"for each a run of its own: lrec {command} -m {shlex.quote(override)}"
    if "(" in value or not _takes_list(key, command):
        return f"{key} has one value, and this stands for several; {each}"
    listing = shlex.quote(f"{key}=[{value}]")
    return f"{key}: a list has brackets, {listing}; {each}"


def _takes_list(key: str, command: str) -> bool:
    """True if a key of a command's config may be a list; a key inside a group may be."""
    if key in groups():
        return key in component_groups(RunSettings)[1]
    root, _ = COMMANDS[command].load()
    return "." in key or any(f.name == key and "list" in str(f.type) for f in fields(root))


def _no_choice(overrides: Sequence[str]) -> str:
    """A group is set to what is no name."""
    for override in overrides:
        group = override.lstrip("+").partition("=")[0]
        if group in groups() and not _is_choice(override):
            return f"{group} must be chosen from {listed(options(group))}. Received: {override}"
    return f"a config group is chosen by name. Received: {shown(' '.join(overrides))}"


def _is_choice(override: str) -> bool:
    """True if an override of a group has a name for its value, or a list of names."""
    try:
        value = OverridesParser.create().parse_override(override).value()
    except (HydraException, ValueError):
        return False
    return all(isinstance(name, str) for name in (value if isinstance(value, list) else [value]))


def _no_option(group: str, name: str) -> str:
    known = options(group)
    hint = f"no such {group}{nearest(name, known)}. Available: {listed(known)}"
    own = "" if plugins.packages() else "; one of your own package needs plugins=[PACKAGE]"
    return f"{group}={name}: {hint}{own} [conf/{group}/]"


def _no_plugin(group: str, name: str) -> str:
    if group == "sweeper" and name == "optuna":
        return "hydra/sweeper=optuna: Optuna searches by a command of its own, lrec tune"
    if name in PLUGINS:
        return f"hydra/{group}={name} is not installed: pip install 'lrec[{PLUGINS[name]}]'"
    known = ["basic", *options(f"hydra/{group}"), *PLUGINS]
    return (
        f"hydra/{group}={name}: no such {group}{nearest(name, known)}. Available: "
        f"{', '.join(known)} [conf/hydra/{group}/]"
    )


def _no_key(key: str, command: str) -> str:
    if key == "experiment":
        return f"experiment: presets are added, +experiment=NAME: {listed(options(key))}"
    file = f"{command}.yaml" if (CONF / f"{command}.yaml").is_file() else "config.yaml"
    known = [field.name for field in fields(RunSettings)]
    known += [str(name) for name in OmegaConf.load(CONF / file) if name not in HIDDEN]
    near = nearest(key, [*known, *groups()])
    return f"{key}: no such key{near}. Valid keys: {', '.join(known)} [conf/{file}]"


def _raised_by(error: BaseException) -> str:
    """The file whose code raised an error."""
    frames = traceback.extract_tb(error.__traceback__)
    return frames[-1].filename if frames else ""


def _before_the_job(error: BaseException) -> bool:
    """True if Hydra raised an error while it prepared the job's folder and logging."""
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    ours = [place for place, file in enumerate(files) if Path(file).is_relative_to(PACKAGE)]
    return bool(ours) and any("hydra" in file for file in files[ours[-1] :])
