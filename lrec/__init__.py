"""lrec: which recommender really serves the users who have done little?

    import lrec

    data = lrec.Interactions.from_frame(frame, user="user_id", item="item_id")
    split = lrec.leave_one_out(data)
    result = lrec.train("model=vae", "seed=2", data=split)
    result.metrics

docs/python.md explains it. Everything is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Public names, by the module that has them. None is a folder's: the import of one would hide it.
_PUBLIC = {
    "ComparisonError": "lrec.evaluation.comparison.user_alignment",
    "ConfigError": "lrec.base.errors",
    "DataError": "lrec.base.errors",
    "Interactions": "lrec.data.interactions",
    "SplitData": "lrec.api.splitting",
    "global_time": "lrec.api.splitting",
    "leave_one_out": "lrec.api.splitting",
    "ratio": "lrec.api.splitting",
    "rolling": "lrec.api.splitting",
    "split": "lrec.api.splitting",
    "user_holdout": "lrec.api.splitting",
    "TrainedRun": "lrec.api.trained_run",
    "train": "lrec.api.training",
    "ComparedRuns": "lrec.api.compared_runs",
    "compare": "lrec.api.comparing",
    "EvaluatedLists": "lrec.api.evaluating",
    "evaluate": "lrec.api.evaluating",
    "runs": "lrec.api.finished_runs",
}

__all__ = ["__version__", *_PUBLIC]

if TYPE_CHECKING:
    from lrec.api.compared_runs import ComparedRuns as ComparedRuns
    from lrec.api.comparing import compare as compare
    from lrec.api.evaluating import EvaluatedLists as EvaluatedLists
    from lrec.api.evaluating import evaluate as evaluate
    from lrec.api.finished_runs import runs as runs
    from lrec.api.splitting import SplitData as SplitData
    from lrec.api.splitting import global_time as global_time
    from lrec.api.splitting import leave_one_out as leave_one_out
    from lrec.api.splitting import ratio as ratio
    from lrec.api.splitting import rolling as rolling
    from lrec.api.splitting import split as split
    from lrec.api.splitting import user_holdout as user_holdout
    from lrec.api.trained_run import TrainedRun as TrainedRun
    from lrec.api.training import train as train
    from lrec.base.errors import ConfigError as ConfigError
    from lrec.base.errors import DataError as DataError
    from lrec.data.interactions import Interactions as Interactions
    from lrec.evaluation.comparison.user_alignment import ComparisonError as ComparisonError
else:  # a checker of types that saw it would take any name for one of lrec's

    def __getattr__(name: str) -> Any:
        if name not in _PUBLIC:
            raise AttributeError(f"module 'lrec' has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(_PUBLIC[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PUBLIC})
