"""The commands that are measured as a whole, by the set of data that they run on."""

from __future__ import annotations

from dataclasses import dataclass

EPOCH = ("schedule.epochs=1", "schedule.patience=null")


@dataclass(frozen=True)
class Case:
    """A command.

    Attributes:
        words: after `lrec train`.
        newer: more words, which older checkouts do not know.
        ending: of the file, with a dot.
        fresh: True if the cache is emptied before.
        alone: True if no older checkout is asked, for it would fill the machine's memory.
    """

    words: tuple[str, ...]
    newer: tuple[str, ...] = ()
    ending: str = ".parquet"
    fresh: bool = False
    alone: bool = False


POPULARITY = ("model=popularity",)
CLOSED = {model: Case((f"model={model}",)) for model in ("popularity", "itemknn", "rp3beta")}
EASE = {"ease": Case(("model=ease",))}
FIRST = {
    "first load of CSV, popularity": Case(POPULARITY, ending=".csv", fresh=True),
    "first load of Parquet, popularity": Case(POPULARITY, fresh=True),
}
SWEEP = {"-m popularity,itemknn,rp3beta": Case(("-m", "model=popularity,itemknn,rp3beta"))}
VAE, ATTENTION, DENSE = (
    {f"{model}, one epoch": Case((f"model={model}", *EPOCH))}
    for model in ("vae", "attention", "dense")
)
# Networks whose output does not grow with the catalogue; the others refuse. Without ratings the
# dense network learns to rank.
SAMPLED = {
    name: Case((*case.words, *more), ("validate_users=10000",))
    for (name, case), more in zip(
        (ATTENTION | DENSE).items(), ((), ("model.objective=ranking",)), strict=True
    )
}
REFUSED = {model: Case((f"model={model}",), alone=True) for model in ("vae", "ease")}
SETS = {
    "ml20m_like": FIRST | CLOSED | SWEEP | EASE | VAE | ATTENTION | DENSE,
    "wide": CLOSED | SAMPLED | REFUSED,
    "default": {"popularity": CLOSED["popularity"], "itemknn": CLOSED["itemknn"]} | EASE | VAE,
}
