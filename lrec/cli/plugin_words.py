"""The words of a command line that name plugins: `plugins=[mine]`, `--config-dir=conf`."""

from __future__ import annotations

from collections.abc import Sequence

from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.plugins import Plugins
from hydra.plugins.search_path_plugin import SearchPathPlugin

from lrec.base.config import plugins
from lrec.base.config.conf import search_folders

KEY = "plugins="
FLAGS = ("--config-dir", "-cd")


class PluginFolders(SearchPathPlugin):
    """Hydra's search path with the folders of plugins behind lrec's own."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        for folder in search_folders()[1:]:
            search_path.append("lrec.plugins", f"file://{folder}")


def search_plugins() -> None:
    """Let Hydra find the files of plugins."""
    Plugins.instance().register(PluginFolders)


def take_plugins(arguments: Sequence[str]) -> list[str]:
    """The command line without the words that name plugins, which are taken in.

    They are no key of a config: what a run has stored can name none.

    Raises:
        ConfigError: see `lrec.base.config.plugins.activate`.
    """
    named = [word for word in arguments if word.startswith(KEY)]
    texts = [word.removeprefix(KEY).strip("[]'\" ") for word in named]
    names = [name.strip() for text in texts for name in text.split(",") if name.strip()]
    plugins.activate(names, _config_dir(arguments))
    return [word for word in arguments if word not in named]


def _config_dir(arguments: Sequence[str]) -> str | None:
    for place, word in enumerate(arguments):
        flag, equals, value = word.partition("=")
        if flag in FLAGS:
            return value if equals else next(iter(arguments[place + 1 :]), None)
    return None
