"""Replicates: runs of one candidate with other seeds, split seeds, folds or windows of time.

They are repetitions of one measurement. They are averaged, and never chosen among.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lrec.tracking import SavedRun

SEEDS = ("seed", "dataset.seed")
# The parameters of a split that make another part of the same data; all others, another protocol.
PARTS = ("split.window", "split.fold", "split.seed")
ASIDE = ("tracking", "strategy")  # where a run is logged and trained

Key = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Replicates:
    """One configuration, and its replicates.

    Attributes:
        runs: one for each replicate.
        protocol: parameters of data and split; only candidates of the same are compared.
        complete: False if other candidates of the protocol have replicates that it has not.
    """

    runs: Sequence[SavedRun]
    protocol: Key
    complete: bool

    @property
    def settings(self) -> str:
        """The overrides without those that only make another replicate."""
        words = self.runs[0].tags.get("lrec.overrides", "").split()
        return " ".join(word for word in words if not is_replicate(word.partition("=")[0]))


def is_replicate(key: str) -> bool:
    """True for a parameter whose values make replicates of one candidate."""
    return key in (*SEEDS, *PARTS)


def candidates(runs: Sequence[SavedRun]) -> list[Replicates]:
    """Group runs by all that does not make replicates, in their order.

    Args:
        runs: newest first; of two with one configuration the newer counts.
    """
    grouped: dict[Key, dict[Key, SavedRun]] = defaultdict(dict)
    for run in runs:
        own = {k: v for k, v in run.params.items() if k.partition(".")[0] not in ASIDE}
        identity = _key({k: v for k, v in own.items() if not is_replicate(k)})
        grouped[identity].setdefault(_replicate(run), run)
    there: dict[Key, set[Key]] = defaultdict(set)
    for replicates in grouped.values():
        for key, run in replicates.items():
            there[_protocol(run)] |= {key, _without_seed(key)}
    found = []
    for replicates in grouped.values():
        some = next(iter(replicates.values()))
        protocol = _protocol(some)
        wanted = {key for key in there[protocol] if _has_seed(key) == some.seeded}
        found.append(Replicates(list(replicates.values()), protocol, wanted <= replicates.keys()))
    return found


def _replicate(run: SavedRun) -> Key:
    key = _key({k: v for k, v in run.params.items() if is_replicate(k)})
    return key if run.seeded else _without_seed(key)


def _without_seed(key: Key) -> Key:
    return tuple(pair for pair in key if pair[0] != "seed")


def _has_seed(key: Key) -> bool:
    return any(name == "seed" for name, _ in key)


def _protocol(run: SavedRun) -> Key:
    shared = {k: v for k, v in run.params.items() if k.partition(".")[0] in ("dataset", "split")}
    return _key({k: v for k, v in shared.items() if not is_replicate(k)})


def _key(params: Mapping[str, str]) -> Key:
    return tuple(sorted(params.items()))
