"""A linear autoencoder in closed form."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from lrec.base.arrays import Floats
from lrec.base.errors import DataError
from lrec.base.ranges import check_recency
from lrec.model.common.item_item import ItemItemModel
from lrec.model.common.sparse_products import blocks
from lrec.model.common.symmetric_inverse import invert

# Memory that anything but the matrix may take, as a share of it.
MARGIN = 0.15


class EASE(ItemItemModel):
    """EASE (Steck 2019, "Embarrassingly shallow autoencoders for sparse data").

    B minimises ‖X − XB‖² + λ‖B‖² with a zero diagonal; X holds 1, or the weights of interactions.
    With P = (XᵀX + λI)⁻¹ it is B_ij = −P_ij / P_jj. Time grows with the cube, memory (4 bytes)
    with the square of the items.

    Args:
        regularisation: λ.
        recency: weight of a history item for each step back from the newest; 1 weighs all alike.
    """

    name = "ease"

    def __init__(self, regularisation: float = 200.0, recency: float = 1.0) -> None:
        if regularisation <= 0:
            raise ValueError(f"regularisation must be positive. Received: {regularisation}")
        check_recency(recency)
        self.regularisation = regularisation
        self.recency = recency

    def item_weights(self, users: Any) -> Floats:
        """The weights, dense.

        Raises:
            DataError: the catalogue is too large for this machine's memory.
        """
        n_items = users.shape[1]
        needed, free = 4 * n_items**2 * (1 + MARGIN), available_memory()
        if needed > free:
            raise DataError(
                f"model=ease needs {needed / 2**30:.1f} GiB of memory for {n_items:,} items, and "
                f"{free / 2**30:.1f} GiB are available. Use model=itemknn or model=rp3beta, whose "
                "weights are sparse, or dataset.k_core to drop rare items."
            )
        weights = gram(users)
        diagonal = np.einsum("ii->i", weights)
        diagonal += self.regularisation
        try:
            weights = invert(weights)
        except FloatingPointError:
            raise FloatingPointError(
                "model=ease could not invert its matrix in float32. Raise model.regularisation."
            ) from None
        scale = -1 / np.diagonal(weights)
        weights *= scale
        np.fill_diagonal(weights, 0)
        return weights


def gram(users: Any) -> Floats:
    """Number of users who have both items, `(n_items, n_items)` float32: XᵀX."""
    items = users.T.tocsr()
    counts = np.zeros((items.shape[0], items.shape[0]), np.float32)

    def fill(rows: slice) -> None:
        (items[rows] @ users).toarray(out=counts[rows])

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(fill, blocks(items, users, most=items.shape[0])))
    return counts


def available_memory() -> float:
    """Bytes that can still be used, by the system's own estimate; infinite where it has none."""
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        fields = dict(line.split(":") for line in meminfo.read_text().splitlines())
        limit = Path("/sys/fs/cgroup/memory.max")  # a container's own
        most = limit.read_text().strip() if limit.exists() else "max"
        return min(
            int(fields["MemAvailable"].split()[0]) * 1024.0,
            float("inf" if most == "max" else most),
        )
    if "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {}):
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return float("inf")
