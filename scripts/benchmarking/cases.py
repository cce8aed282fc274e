"""The commands that are measured as a whole, by the set of data that they run on."""

from __future__ import annotations

from dataclasses import dataclass

EPOCH = ("schedule.epochs=1", "schedule.patience=null")
SAMPLE = ("validate_users=10000",)


@dataclass(frozen=True)
class Case:
    """A command.

    Attributes:
        words: after `lrec train`.
        newer: more words, which older checkouts do not know.
        ending: of the file, with a dot.
        fresh: True if the cache is emptied before.
    """

    words: tuple[str, ...]
    newer: tuple[str, ...] = ()
    ending: str = ".parquet"
    fresh: bool = False


POPULARITY = ("model=popularity",)
CLOSED = {model: Case((f"model={model}",)) for model in ("popularity", "itemknn", "rp3beta")}
FIRST = {
    "first load of CSV, popularity": Case(POPULARITY, ending=".csv", fresh=True),
    "first load of Parquet, popularity": Case(POPULARITY, fresh=True),
}
SWEEP = {"-m popularity,itemknn,rp3beta": Case(("-m", "model=popularity,itemknn,rp3beta"))}
NETWORKS = {m: Case((f"model={m}", *EPOCH)) for m in ("vae", "attention", "dense")}
SAMPLED = {
    name: Case(NETWORKS[name].words, SAMPLE) for name in ("attention", "dense")
}  # the others do not fit
TOO_LARGE = {name: Case((f"model={name}",)) for name in ("vae", "ease")}
SETS = {
    "ml20m_like": FIRST | CLOSED | SWEEP | {"ease": Case(("model=ease",))} | NETWORKS,
    "wide": CLOSED | SAMPLED | TOO_LARGE,
    "default": {name: Case(CLOSED[name].words) for name in ("popularity", "itemknn")}
    | {"ease": Case(("model=ease",)), "vae, one epoch": NETWORKS["vae"]},
}
