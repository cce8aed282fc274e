"""The state that commands of the tests are forked from: libraries imported, their tables made.

It starts no thread and opens nothing, so that forking is safe.
"""

from __future__ import annotations

import gc
import importlib
import os

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

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow reads it when it is imported
for name in IMPORTED:
    importlib.import_module(name)
configure_mappers()
packages = importlib.import_module("mlflow.utils.requirements_utils")
packages._init_modules_to_packages_map()  # the metadata of every package: a saved model needs it
gc.freeze()  # commands need not collect what they inherit
