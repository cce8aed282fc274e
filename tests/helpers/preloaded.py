"""The state that commands of the tests are forked from: libraries imported, their tables made.

It starts no thread and opens nothing, so that forking is safe.
"""

from __future__ import annotations

import gc
import importlib

from mlflow.utils.requirements_utils import _init_modules_to_packages_map
from sqlalchemy.orm import configure_mappers

IMPORTED = [
    "tensorflow",
    "keras",
    "mlflow.pyfunc",
    "mlflow.store.tracking.sqlalchemy_store",
    "matplotlib.backends.backend_agg",
    "lrec.cli.job",
    "lrec.commands.train.experiment",
]

for name in IMPORTED:
    importlib.import_module(name)
configure_mappers()
_init_modules_to_packages_map()  # reads the metadata of every package, as each saved model needs
gc.freeze()  # commands need not collect what they inherit
