"""What all models trained by gradient share: the way through Keras, and their weights as arrays."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import Any, Literal

import numpy as np

from lrec.base.arrays import Array, Arrays, Floats, Tensor
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.model import Model, Pretrained
from lrec.model.common.protocols import Callback, Schedule, Strategy, TrainStep

Use = Literal["additional", "initial"]  # of item vectors, see lrec.model.layers.embedding
# Histories represented at once.
BATCH = 1000


class NeuralModel(Model):
    """A model of Keras layers. A subclass builds layers, gives losses, and gives scores.

    TensorFlow takes seconds to import, so subclasses import it inside methods.

    Attributes:
        static_shapes: whether a training step has the same shapes every time, as XLA needs; ragged
            batches do not.
    """

    is_baseline = False
    static_shapes: bool = False

    @abstractmethod
    def build(self, catalogue: Catalogue) -> None:
        """Create every layer, as attributes."""

    @abstractmethod
    def prepare(self, split: Split) -> int:
        """Lay out the training data as tensors; return the number of training examples."""

    @abstractmethod
    def losses(self, examples: Tensor, progress: Tensor) -> Tensor:
        """Training losses of a batch, `(batch,)` float32.

        Args:
            examples: `(batch,)` int64 indices below what `prepare` returned.
            progress: scalar float32, optimizer steps done so far.
        """

    @abstractmethod
    def scores(self, items: Tensor, ratings: Tensor) -> Tensor:
        """Scores of the catalogue, `(batch, n_items)`.

        Args:
            items: `(batch, None)` ragged int32, oldest first, all in the catalogue.
            ratings: `(total,)` float32 ratings of the items; NaN where the history has none.
        """

    def encode(self, items: Tensor, ratings: Tensor) -> Tensor:
        """Where the model sees people, `(batch, width)`. A model without such a space leaves it.

        Args:
            items, ratings: see `scores`.
        """
        raise NotImplementedError(f"model={self.name} does not see people as vectors")

    def fit(
        self, split: Split, schedule: Schedule, strategy: Strategy, seed: int, callback: Callback
    ) -> None:
        import keras

        keras.utils.set_random_seed(seed)
        with strategy.scope():
            self._build(split.catalogue)
            if self.pretrained is not None:
                self._go_on(self.pretrained)
            turns = self.turns()
        for turn in turns:
            turn.network.jit_compile = strategy.jit_compile and self.static_shapes
        n_examples = self.prepare(split)
        schedule.fit(turns, n_examples, seed, callback)

    def _go_on(self, pretrained: Pretrained) -> None:
        """Start from other weights; what is new in the catalogue keeps its random ones.

        Weights that are shrunk first generalise as if they were trained anew (Ash and Adams 2020,
        On Warm-Starting Neural Network Training; without the noise that they add).
        """
        stored = in_order(pretrained.state)
        old, new = pretrained.catalogue.n_items, self.catalogue.n_items
        for weight, array in zip(self._weights(), stored, strict=True):
            kept = pretrained.shrink if weight.trainable else 1.0
            weight.assign(grown(np.array(weight), (kept * array).astype(array.dtype), old, new))
        self.pretrained = None

    def turns(self) -> list[TrainStep]:
        """What trains in an epoch, in order: by default all layers, by `losses`."""
        return [TrainStep(self.network(self.layers(), self.losses))]

    def network(self, layers: list[Any], losses: Callable[[Tensor, Tensor], Tensor]) -> Any:
        """A Keras model that trains `layers` by losses like `losses`."""
        from lrec.model.layers.network import Network

        network = Network(
            layers, lambda rows: losses(rows, network.optimizer.iterations), self.draws
        )
        return network

    def layers(self) -> list[Any]:
        """The Keras layers among the attributes, and in lists among them."""
        import keras

        values = [v for value in vars(self).values() for v in _as_list(value)]
        return [value for value in values if isinstance(value, keras.layers.Layer)]

    def score(self, histories: Histories) -> Floats:
        scores: Floats = self._scorer(*self.inputs(histories)).numpy()
        return scores

    @classmethod
    def encodes_histories(cls) -> bool:
        return cls.encode is not NeuralModel.encode

    def encode_histories(self, histories: Histories) -> Floats | None:
        if not self.encodes_histories():
            return None
        rows = np.arange(len(histories))
        batches = [histories.take(rows[i : i + BATCH]) for i in range(0, len(rows), BATCH)]
        return np.concatenate(
            [self._encoder_graph(*self.inputs(batch)).numpy() for batch in batches]
        )

    def inputs(self, histories: Histories) -> tuple[np.ndarray[Any, Any], ...]:
        """Item codes, ratings (NaN without) and row splits of histories within the catalogue."""
        known = histories.within(self.catalogue.n_items)
        rating = known.rating
        if rating is None:
            rating = np.full(len(known.item), np.nan, np.float32)
        return known.item.astype(np.int32), rating.astype(np.float32), known.offsets

    def graph(self, *inputs: Any) -> Tensor:
        import tensorflow as tf

        return tf.cast(self.scores(*_ragged(*inputs)), tf.float32)

    @cached_property
    def _scorer(self) -> Any:
        return _traced(self.graph)

    @cached_property
    def _encoder_graph(self) -> Any:
        import tensorflow as tf

        def code(*inputs: Any) -> Tensor:
            return tf.cast(self.encode(*_ragged(*inputs)), tf.float32)

        return _traced(code)

    def state(self) -> Arrays:
        return {
            f"{place:02d}/{weight.path}": np.asarray(weight)
            for place, weight in enumerate(self._weights())
        }

    def _weights(self) -> list[Any]:
        return [weight for layer in self.layers() for weight in layer.weights]

    def restore(self, state: Arrays, catalogue: Catalogue) -> None:
        self._build(catalogue)
        weights = self._weights()
        stored = in_order(state)
        if [tuple(w.shape) for w in weights] != [a.shape for a in stored]:
            raise ValueError(
                f"the stored weights do not fit this {self.name} model. "
                f"Received: {[a.shape for a in stored]}"
            )
        for weight, array in zip(weights, stored, strict=True):
            weight.assign(array)

    def _build(self, catalogue: Catalogue) -> None:
        """Fresh layers, and all of their weights, which Keras would make at the first call."""
        from lrec.model.layers.random_numbers import RandomStream

        self.catalogue = catalogue
        self.draws = RandomStream()
        for traced in ("_scorer", "_encoder_graph", "_drawer"):  # graphs of the layers that were
            vars(self).pop(traced, None)
        self.build(catalogue)
        self.graph(*self.inputs(Histories.of([[0], []])))


def in_order(state: Arrays) -> list[Array]:
    """Stored weights by the number that each name begins with."""
    return [state[name] for name in sorted(state, key=lambda name: int(name.partition("/")[0]))]


def ragged_weights(histories: Histories, items: Tensor) -> Tensor | None:
    """Weights of histories, ragged as their items are; None where all count 1."""
    import tensorflow as tf

    return None if histories.weight is None else items.with_values(tf.constant(histories.weight))


def _ragged(items: Tensor, ratings: Tensor, splits: Tensor) -> tuple[Tensor, Tensor]:
    """What `inputs` gives, as `scores` and `code` take it."""
    import tensorflow as tf

    return tf.RaggedTensor.from_row_splits(items, splits, validate=False), ratings


def _traced(graph: Callable[..., Tensor]) -> Any:
    """A graph of what `inputs` gives, of any size."""
    import tensorflow as tf

    flat = [tf.TensorSpec([None], dtype) for dtype in (tf.int32, tf.float32, tf.int64)]
    return tf.function(graph, input_signature=flat)


def grown(fresh: Array, stored: Array, old: int, new: int) -> Array:
    """Weights of an older model in the places of one with a larger catalogue.

    An axis that has grown as much as the catalogue has an entry for each item, and perhaps some
    for others behind them, such as a mask.

    Args:
        fresh: weights of the new model: where there is nothing stored, they stay.
        stored: weights of the old one.
        old, new: sizes of the catalogues.
    """
    places = []
    for size, larger in zip(stored.shape, fresh.shape, strict=True):
        place = np.arange(size)
        if larger != size:
            place[old:] += new - old
        places.append(place)
    fresh[np.ix_(*places)] = stored
    return fresh


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]
