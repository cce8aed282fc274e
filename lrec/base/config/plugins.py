"""Packages of a user's own: whose code may run as components, and where their YAML files lie.

A package is a plugin by an entry point of the group `lrec.plugins`, or because the command names
it, `plugins=[mine]`. What a saved run or model names is imported only where the command, or
`$LREC_PLUGINS`, names the package too: a file from elsewhere runs no code by itself.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from lrec.base.config.conf import add_folder
from lrec.base.errors import ConfigError, shown

GROUP = "lrec.plugins"
VARIABLE = "LREC_PLUGINS"  # names between commas, where there is no command line


@dataclass
class Plugins:
    """The plugins of a process; another process is handed them.

    Attributes:
        named: packages that were named, in order.
        installed: packages that an entry point makes plugins.
        used: packages of which components have been chosen: their code has run.
        config_dir: that the command line adds to conf/, as it was given.
        folders: of packages that are not installed.
    """

    named: list[str]
    installed: list[str]
    used: set[str]
    config_dir: str | None = None
    folders: list[str] | None = None


_here = Plugins([], [], set())


def activate(names: Sequence[str] = (), config_dir: str | None = None) -> Plugins:
    """Take in the installed plugins and the named ones: their conf/ and, if need be, their place.

    Args:
        names: packages, or names of entry points.
        config_dir: a folder like conf/.

    Returns:
        The plugins of this process, for others; see `adopt`.

    Raises:
        ConfigError: there is no such package, or two files of one name.
    """
    if config_dir is not None and Path(config_dir).is_dir():
        _here.config_dir = config_dir
        add_folder(Path(config_dir))
    installed = _installed()
    for package in installed.values():
        if package not in _here.installed and find_spec(package) is not None:
            _here.installed.append(package)
            _add_conf(package)
    for name in [*names, *_of_environment()]:
        package = installed.get(name, name)
        if package not in _here.named:
            _find(package)
            _here.named.append(package)
            _add_conf(package)
    return _here


def adopt(plugins: Plugins) -> None:
    """Take in the plugins of the process that this one works for."""
    if plugins is _here:
        return
    sys.path += [folder for folder in plugins.folders or [] if folder not in sys.path]
    activate(plugins.named, plugins.config_dir)


def named() -> list[str]:
    """The packages that the command or the environment names."""
    if any(name not in _here.named for name in _of_environment()):
        activate()
    return _here.named


def may_be_imported(package: str) -> bool:
    """True if components of a composed config may lie in a package."""
    return package == "lrec" or package in (*named(), *_here.installed)


def use(package: str) -> None:
    """Note a package of which a component is made.

    Something saved gets as far as this only where `refuse_unnamed` has let it, so whatever else is
    noted was chosen by the command's own words.
    """
    if package != "lrec":
        _here.used.add(package)


def refuse_unnamed(targets: Iterable[str], place: str) -> None:
    """Refuse classes of something saved that lie in a package which nobody has named or used now.

    What a command has trained, or a session of Python, it can read again without another word.

    Args:
        targets: dotted names of classes.
        place: that names them.

    Raises:
        ConfigError: with the word that lets the package's code run.
    """
    for target in targets:
        package = target.partition(".")[0]
        if package not in ("lrec", *named(), *_here.used):
            raise ConfigError(
                f"{place} names {shown(target)}: it must lie in lrec or in a plugin, and nothing "
                f"saved imports a plugin by itself. If you trust the package, name it: "
                f"plugins=[{package}] (without a command line, {VARIABLE}={package})"
            )


def words() -> list[str]:
    """The words of a command line that name the plugins of this process; none without plugins."""
    named_here = packages()
    if not named_here:
        return []
    folder = [f"--config-dir={_here.config_dir}"] if _here.config_dir else []
    return [*folder, f"plugins=[{','.join(named_here)}]"]


def packages() -> list[str]:
    """The packages that another command has to name to read what this one made."""
    return sorted({*_here.named, *_here.used})


def package_files(package: str) -> list[Path]:
    """The Python files of a package, in order; none where it is not found."""
    place = _place(package)
    if place is None:
        return []
    return sorted(place.rglob("*.py")) if place.is_dir() else [place]


def outside(targets: Iterable[str]) -> list[str]:
    """The packages other than lrec that classes lie in, in order."""
    return sorted({target.partition(".")[0] for target in targets} - {"lrec"})


def _of_environment() -> list[str]:
    return [name.strip() for name in os.environ.get(VARIABLE, "").split(",") if name.strip()]


def _find(package: str) -> None:
    """Let a package be imported: one that is not installed lies beside conf/ or in this folder.

    Raises:
        ConfigError: it is not there.
    """
    if not package.isidentifier():
        raise ConfigError(f"plugins are packages by name, plugins=[mine]. Received: {package!r}")
    if _place(package) is not None:
        return
    conf = Path(_here.config_dir).resolve() if _here.config_dir else None
    places = [*([conf.parent, *conf.parents[1:2]] if conf else []), Path.cwd()]
    for folder in places:
        if (folder / package).is_dir() or (folder / f"{package}.py").is_file():
            sys.path.append(str(folder))
            _here.folders = [*(_here.folders or []), str(folder)]
            return
    looked = ", ".join(dict.fromkeys(map(str, places)))
    raise ConfigError(
        f"plugins: there is no package {package}: install it, or give the command beside it. "
        f"Looked in the installed packages, {looked}"
    )


def _place(package: str) -> Path | None:
    """The folder of a package, or the file of a module; nothing is imported."""
    try:
        spec = find_spec(package)
    except ValueError:  # of a module without one, such as __main__
        return None
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))
    return Path(spec.origin) if spec.origin else None


def _add_conf(package: str) -> None:
    """Take in the conf/ of a package, which lies in it or beside it, as lrec's own does."""
    place = _place(package)
    if place is None or not place.is_dir():
        return
    folders = (place / "conf", place.parent / "conf")
    if (folder := next((path for path in folders if path.is_dir()), None)) is not None:
        add_folder(folder)


def _installed() -> dict[str, str]:
    """The entry points of the group: name -> package.

    Their files are looked at first: to import what reads them takes longer than all else here.
    """
    if not any(GROUP in text for text in _entry_point_files()):
        return {}
    from importlib.metadata import entry_points

    return {point.name: point.module.partition(".")[0] for point in entry_points(group=GROUP)}


def _entry_point_files() -> Iterable[str]:
    for folder in sys.path:
        try:
            entries = [entry.path for entry in os.scandir(folder or ".")]
        except OSError:
            continue
        for entry in entries:
            if entry.endswith(".dist-info"):
                try:
                    yield Path(entry, "entry_points.txt").read_text(encoding="utf-8")
                except OSError:
                    continue
