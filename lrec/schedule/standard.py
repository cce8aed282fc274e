"""Mini-batch gradient descent with early stopping on validation."""

from __future__ import annotations

import math
import warnings
from typing import Any, Literal

from lrec.training import Watch

# Examples shuffled at once: of more than these, memory would go to the shuffling.
SHUFFLED = 2**21


class DivergedError(RuntimeError):
    """The training loss is no longer a finite number."""


class Standard:
    """Epochs of shuffled batches until validation stops improving; the best weights stay.

    Args:
        optimizer: adam and adamw are one kernel a variable.
        learning_rate: at the start (after warm-up).
        decay: course of the learning rate: constant, cosine or linear to zero over `epochs`, or
            exponential, halved every tenth of `epochs`.
        warmup_epochs: epochs over which the learning rate rises from 0.
        weight_decay: decoupled weight decay (adamw, sgd).
        clip_norm: largest norm of a step's gradient; null does not clip.
        epochs: the most epochs to train.
        batch_size: training examples a step, over all devices.
        patience: evaluations without improvement before training stops; null never stops early.
        evaluate_every: epochs between evaluations on validation.
        evaluate_steps: steps between them, at least: small data has few steps an epoch, and
            patience would end before learning begins.
    """

    def __init__(
        self,
        optimizer: Literal["adam", "adamw", "sgd", "adagrad"] = "adam",
        learning_rate: float = 1e-3,
        decay: Literal["constant", "cosine", "linear", "exponential"] = "constant",
        warmup_epochs: float = 0,
        weight_decay: float = 0.0,
        clip_norm: float | None = None,
        epochs: int = 100,
        batch_size: int = 500,
        patience: int | None = 5,
        evaluate_every: int = 1,
        evaluate_steps: int = 20,
    ) -> None:
        for name, value in (
            ("learning_rate", learning_rate),
            ("epochs", epochs),
            ("batch_size", batch_size),
            ("evaluate_every", evaluate_every),
            ("evaluate_steps", evaluate_steps),
            ("clip_norm", clip_norm),
            ("patience", patience),
        ):
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"{name} must be positive. Received: {value}")
        if weight_decay < 0 or warmup_epochs < 0:
            raise ValueError(
                "weight_decay and warmup_epochs must not be negative. "
                f"Received: weight_decay={weight_decay}, warmup_epochs={warmup_epochs}"
            )
        if weight_decay and optimizer not in ("adamw", "sgd"):
            raise ValueError(
                f"weight_decay works with optimizer adamw or sgd. Received: {optimizer}"
            )
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.decay = decay
        self.warmup_epochs = warmup_epochs
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm
        self.epochs = epochs
        self.batch_size = batch_size
        self.patience = patience
        self.evaluate_every = evaluate_every
        self.evaluate_steps = evaluate_steps

    def fit(self, network: Any, n_examples: int, seed: int, watch: Watch) -> None:
        """Train a Keras model on batches of example indices.

        Args:
            network: its optimizer is set here; its loss must be set already.
            n_examples: examples are 0 to n_examples - 1, shuffled anew each epoch.
            seed: of the shuffling.
            watch: called after each evaluated epoch and, if it is live, after each step.

        Raises:
            DivergedError: the loss is not finite.
        """
        import keras
        import tensorflow as tf

        steps = math.ceil(n_examples / self.batch_size)
        every = max(self.evaluate_every, math.ceil(self.evaluate_steps / steps))
        examples = (
            tf.data.Dataset.range(n_examples)
            .shuffle(min(n_examples, SHUFFLED), seed=seed, reshuffle_each_iteration=True)
            .batch(self.batch_size)
            .repeat()  # one iterator for all epochs: ending one can take a second
            .prefetch(2)
        )
        with network.distribute_strategy.scope():
            network.compile(optimizer=self._optimizer(steps), jit_compile=network.jit_compile)
        best = _Course()

        def on_epoch_end(epoch: int, logs: dict[str, float]) -> None:
            loss = float(logs["loss"])
            if not math.isfinite(loss):
                raise DivergedError(
                    f"the training loss is {loss} in epoch {epoch + 1}: lower "
                    f"schedule.learning_rate. Received: {self.learning_rate:g}"
                )
            last = epoch + 1 == self.epochs
            if (epoch + 1) % every and not last:
                return
            value = watch.epoch(epoch + 1, loss)
            if math.isnan(value):
                return
            if value > best.value:
                best.keep(value, epoch + 1, network.get_weights())
            best.waited = 0 if best.epoch == epoch + 1 else best.waited + 1
            if self.patience is not None and best.waited >= self.patience:
                network.stop_training = True
            elif last:
                warnings.warn(
                    f"training ended at its cap of {self.epochs} epochs, "
                    f"{best.waited} evaluations after the best: raise schedule.epochs",
                    stacklevel=2,
                )

        callbacks = [keras.callbacks.LambdaCallback(on_epoch_end=on_epoch_end)]
        if watch.live:
            callbacks.append(
                keras.callbacks.LambdaCallback(
                    on_epoch_begin=lambda epoch, logs: best.begin(epoch + 1),
                    on_train_batch_end=lambda step, logs: watch.step(best.now, step + 1, steps),
                )
            )
        network.fit(
            examples,
            epochs=self.epochs,
            steps_per_epoch=steps,
            shuffle=False,  # the data set shuffles itself
            verbose=0,
            callbacks=callbacks,
        )
        if best.weights is not None:
            network.set_weights(best.weights)

    def _optimizer(self, steps: int) -> Any:
        import keras

        from lrec.optimizer import FusedAdam

        rate = self._learning_rate(steps)
        common = {"global_clipnorm": self.clip_norm}
        if self.optimizer == "adam":
            return FusedAdam(rate, **common)
        if self.optimizer == "adamw":
            return FusedAdam(rate, weight_decay=self.weight_decay, **common)
        if self.optimizer == "sgd":
            decay = self.weight_decay or None
            return keras.optimizers.SGD(rate, momentum=0.9, weight_decay=decay, **common)
        return keras.optimizers.Adagrad(rate, **common)

    def _learning_rate(self, steps: int) -> Any:
        from keras.optimizers import schedules

        from lrec.optimizer import WarmUp

        warmup = round(self.warmup_epochs * steps)
        total = max(1, self.epochs * steps - warmup)
        course: Any = self.learning_rate
        if self.decay == "cosine":
            course = schedules.CosineDecay(course, total)
        elif self.decay == "linear":
            course = schedules.PolynomialDecay(course, total, 0.0)
        elif self.decay == "exponential":
            course = schedules.ExponentialDecay(course, max(1, total // 10), 0.5)
        return WarmUp(self.learning_rate, warmup, course) if warmup else course


class _Course:
    """Where training stands, and its best evaluation so far."""

    def __init__(self) -> None:
        self.value = -math.inf
        self.epoch = 0
        self.waited = 0
        self.weights: list[Any] | None = None
        self.now = 0

    def begin(self, epoch: int) -> None:
        self.now = epoch

    def keep(self, value: float, epoch: int, weights: list[Any]) -> None:
        self.value, self.epoch, self.weights = value, epoch, weights
