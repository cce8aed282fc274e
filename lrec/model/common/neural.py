"""Models trained by gradient: Keras layers, their losses, and their scores as graphs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from lrec.base.arrays import Array, Arrays, Floats, Tensor
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.queries import Split
from lrec.model import Model
from lrec.model.common.export_scorer import ExportScorer, PaddedHistories
from lrec.model.common.protocols import Callback, Schedule, Strategy, TrainStep
from lrec.model.common.weights import arrays_of, layer_weights, restore_weights, warm_start_weights

Use = Literal["additional", "initial"]  # of item vectors, see lrec.model.layers.embedding
# Histories encoded at once.
BATCH = 1000


class NeuralModel(Model):
    """A model of Keras layers. A subclass builds layers, gives losses, and gives scores.

    TensorFlow takes seconds to import, so subclasses import it inside methods.

    Attributes:
        static_shapes: True if a training step has the same shapes every time, as XLA needs; ragged
            batches do not.
        random: the `RandomStream` of everything that training draws; made anew by each `fit`.
    """

    is_baseline = False
    static_shapes: bool = False
    random: Any
    _graphs: dict[str, Any]

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
        """Histories as vectors, `(batch, width)`. Only models that have such vectors define it.

        Args:
            items, ratings: see `scores`.
        """
        raise NotImplementedError(f"model={self.name} does not encode histories as vectors")

    def train_steps(self) -> list[TrainStep]:
        """The networks that an epoch trains, in order: by default all layers, by `losses`."""
        return [TrainStep(self.network(self.layers(), self.losses))]

    def network(self, layers: list[Any], losses: Callable[[Tensor, Tensor], Tensor]) -> Any:
        """A Keras model that trains `layers` by losses like `losses`."""
        from lrec.model.layers.network import Network

        network = Network(
            layers, lambda rows: losses(rows, network.optimizer.iterations), self.random
        )
        return network

    def layers(self) -> list[Any]:
        """The Keras layers among the attributes, and in lists among them."""
        return [layer for value in vars(self).values() for layer in _layers(value)]

    def fit(
        self, split: Split, schedule: Schedule, strategy: Strategy, seed: int, callback: Callback
    ) -> None:
        import keras

        keras.utils.set_random_seed(seed)
        with strategy.scope():
            self._build(split.catalogue)
            if self.pretrained is not None:
                warm_start_weights(self._weights(), self.pretrained, self.catalogue.n_items)
                self.pretrained = None
            steps = self.train_steps()
        for step in steps:
            step.network.jit_compile = strategy.jit_compile and self.static_shapes
        n_examples = self.prepare(split)
        schedule.fit(steps, n_examples, seed, callback)

    def score(self, histories: Histories) -> Floats:
        scores: Floats = self._graph_of("score", self.graph)(*self.inputs(histories)).numpy()
        return scores

    @classmethod
    def encodes_histories(cls) -> bool:
        return cls.encode is not NeuralModel.encode

    def encode_histories(self, histories: Histories) -> Floats | None:
        return self._vectors(self.encode, histories) if self.encodes_histories() else None

    def _vectors(
        self, function: Callable[[Tensor, Tensor], Tensor], histories: Histories
    ) -> Floats:
        """Values of a method like `encode`, `(n, width)` float32."""
        import tensorflow as tf

        def vectors(*inputs: Tensor) -> Tensor:
            return tf.cast(function(*ragged(*inputs)), tf.float32)

        graph = self._graph_of(function.__name__, vectors)
        rows = np.arange(len(histories))
        batches = [histories.take(rows[i : i + BATCH]) for i in range(0, len(rows), BATCH)]
        return np.concatenate([graph(*self.inputs(batch)).numpy() for batch in batches])

    def inputs(self, histories: Histories) -> tuple[Array, ...]:
        """Item codes, ratings (NaN without) and row splits of histories within the catalogue."""
        inside = histories.within(self.catalogue.n_items)
        rating = inside.rating
        if rating is None:
            rating = np.full(len(inside.item), np.nan, np.float32)
        return inside.item.astype(np.int32), rating.astype(np.float32), inside.offsets

    def graph(self, *inputs: Any) -> Tensor:
        import tensorflow as tf

        return tf.cast(self.scores(*ragged(*inputs)), tf.float32)

    def _graph_of(self, name: str, function: Callable[..., Tensor]) -> Any:
        """A function of `inputs`, traced once; `_build` drops the graphs of the layers before."""
        import tensorflow as tf

        if name not in self._graphs:
            flat = [tf.TensorSpec([None], dtype) for dtype in (tf.int32, tf.float32, tf.int64)]
            self._graphs[name] = tf.function(function, input_signature=flat, autograph=False)
        return self._graphs[name]

    def export_scorer(self) -> ExportScorer:
        import tensorflow as tf

        from lrec.model.layers.embedding import plain_bags

        def scores(histories: PaddedHistories) -> Tensor:
            with plain_bags(self.layers()):
                scores = self.scores(histories.ragged(), histories.rating)
            return tf.cast(scores, tf.float32)

        _, ratings, _ = self._graph_of("score", self.graph).get_concrete_function().inputs[:3]
        reads_ratings = bool(ratings.consumers())
        return ExportScorer(scores, self._variables(), reads_ratings)

    def state(self) -> Arrays:
        return arrays_of(self._weights())

    def restore(self, state: Arrays, catalogue: Catalogue) -> None:
        self._build(catalogue)
        restore_weights(self._weights(), state, self.name)

    def _weights(self) -> list[Any]:
        return layer_weights(self.layers())

    def _variables(self) -> list[Any]:
        """The weights as TensorFlow has them."""
        return [weight.value for weight in self._weights()]

    def _build(self, catalogue: Catalogue) -> None:
        """Fresh layers, and all of their weights, which Keras would make at the first call."""
        from lrec.model.layers.random_numbers import RandomStream

        self.catalogue = catalogue
        self.random = RandomStream()
        self._graphs = {}
        self.build(catalogue)
        self.graph(*self.inputs(Histories.of([[0], []])))
        self._check_built()

    def _check_built(self) -> None:
        """Refuse a layer that has no weights yet: the losses would make them too late to train."""
        from keras.layers import Layer

        unbuilt = [
            name
            for name, value in vars(self).items()
            for layer in _layers(value)
            if not layer.built and type(layer).build is not Layer.build
        ]
        if unbuilt:
            raise ValueError(
                "every layer must be used by scores(…), or get its weights in build(…), by "
                f"layer.build(input_shape). Received: model={self.name}, whose scores(…) leaves "
                f"out {', '.join(dict.fromkeys(unbuilt))}"
            )


def ragged(items: Tensor, ratings: Tensor, splits: Tensor) -> tuple[Tensor, Tensor]:
    """Item codes and ratings as `scores` and `encode` take them, of `NeuralModel.inputs`."""
    import tensorflow as tf

    return tf.RaggedTensor.from_row_splits(items, splits, validate=False), ratings


def ragged_weights(histories: Histories, items: Tensor) -> Tensor | None:
    """Weights of histories, ragged as their items are; None where all count 1."""
    import tensorflow as tf

    return None if histories.weight is None else items.with_values(tf.constant(histories.weight))


def _layers(value: Any) -> list[Any]:
    """The Keras layers that an attribute holds."""
    import keras

    values = value if isinstance(value, list | tuple) else [value]
    return [value for value in values if isinstance(value, keras.layers.Layer)]
