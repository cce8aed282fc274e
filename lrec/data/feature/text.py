"""Items by their texts: titles and descriptions, of a table of items."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lrec.base.arrays import Floats
from lrec.base.errors import DataError, listed
from lrec.base.missing_files import looked_in
from lrec.base.ranges import check_sizes
from lrec.data.feature import FIRST, TableFeature
from lrec.data.queries import Split
from lrec.data.semantic_vectors import semantic_vectors
from lrec.data.tables.columns import plain_name

# Usual names of columns of texts.
TEXTS = (
    *("title", "name", "subtitle", "description", "summary", "overview", "abstract", "text"),
    *("plot", "synopsis", "features", "body"),
)


class Text(TableFeature):
    """Texts by a sentence encoder, or, without one, by latent semantic analysis.

    Args:
        path: table of the items; None means that of the data, `dataset.items_path`.
        item: name of its column of ids; `auto` takes a usual one (item_id, movieId, …).
        columns: of texts, which are read as one; None takes those of usual names (title, name,
            description, summary, …).
        size: width of the vectors of latent semantic analysis; an encoder has its own.
        encoder: folder of a model that `sentence-transformers` loads, such as one that was saved
            with its `save`; nothing is ever downloaded. None: latent semantic analysis, see
            `lrec.data.semantic_vectors`.
    """

    name = "text"

    def __init__(
        self,
        path: str | None = None,
        item: str | int = "auto",
        columns: Sequence[str] | None = None,
        size: int = 64,
        encoder: str | None = None,
    ) -> None:
        check_sizes(size=size)
        super().__init__(path, item)
        self.columns = None if columns is None else [str(column) for column in columns]
        self.size = size
        self.encoder = encoder

    def __call__(self, split: Split) -> Floats:
        frame = self.read()
        columns = self._columns(list(frame.columns))
        rows = self.along(frame[columns], split.catalogue.ids[: split.catalogue.n_items])
        cells = rows.astype(object).where(rows.notna(), "").astype(str)
        texts = cells.agg("\n".join, axis=1).str.strip().tolist()
        if self.encoder is not None:
            return _encoded(texts, _folder(self.encoder))
        try:
            return semantic_vectors(texts, self.size)
        except ValueError:
            raise DataError(
                f"feature=text found no word that two texts share. Received: {listed(texts[:3])}, …"
            ) from None

    def check(self) -> None:
        if self.encoder is not None:
            _folder(self.encoder)
        self._columns(list(self.read(FIRST).columns))

    def _columns(self, there: Sequence[str]) -> list[str]:
        """The columns of texts.

        Raises:
            DataError: one that is named is not there, or none has a usual name.
        """
        usual = [column for column in there if plain_name(column) in TEXTS]
        chosen = usual if self.columns is None else self.columns
        missing = [column for column in chosen if column not in there]
        if missing or not chosen:
            what = f"no column {listed(missing)}" if missing else "no column of texts"
            raise DataError(
                f"the table of feature=text has {what}. Its columns: {listed(there)}. "
                "Name those of texts: 'feature.text.columns=[…]'."
            )
        return chosen


def _folder(encoder: str) -> Path:
    """The folder of an encoder.

    Raises:
        DataError: there is none, or `sentence-transformers` is not installed.
    """
    from importlib.util import find_spec

    path = Path(encoder).expanduser()
    if not path.is_dir():
        raise DataError(
            "feature.text.encoder must be the folder of a saved sentence encoder: lrec downloads "
            f"none. Received: {encoder} {looked_in(path)}"
        )
    if find_spec("sentence_transformers") is None:
        raise DataError(
            "feature.text.encoder needs sentence-transformers: pip install 'lrec[text]', or leave "
            "it null for TF-IDF."
        )
    return path


def _encoded(texts: Sequence[str], folder: Path) -> Floats:
    """Vectors of length 1 by the encoder; zeros for empty texts."""
    from sentence_transformers import (  # type: ignore[import-not-found,unused-ignore]
        SentenceTransformer,
    )

    try:
        encoder = SentenceTransformer(str(folder), local_files_only=True)
    except Exception as error:
        raise DataError(f"{folder} could not be loaded as a sentence encoder: {error}") from None
    filled = np.array([bool(text) for text in texts])
    given = [text for text in texts if text]
    vectors = encoder.encode(given, normalize_embeddings=True, show_progress_bar=False)
    result = np.zeros((len(texts), np.shape(vectors)[1]), np.float32)
    result[filled] = vectors
    return result
