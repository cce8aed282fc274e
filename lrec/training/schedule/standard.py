"""Mini-batch gradient descent with early stopping on validation."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any, Literal

from lrec.model.common.protocols import Callback, TrainStep
from lrec.training.schedule.state import TrainingState

# Examples in the shuffle buffer: a larger one would take too much memory.
SHUFFLED = 2**21


class DivergedError(RuntimeError):
    """The training loss is no longer a finite number."""


class Trainer:
    """Epochs of shuffled batches until validation stops improving; the best weights stay.

    Args:
        optimizer: adam and adamw are fused, one kernel for each variable.
        lazy_above: adam and adamw move only the rows that a step reads in tables of more rows
            than this, see `FusedAdam`, and say so; null: in none.
        learning_rate: at the start (after warm-up).
        decay: of the learning rate: constant, cosine or linear to zero over `epochs`, or
            exponential, halved every tenth of `epochs`.
        warmup_epochs: epochs over which the learning rate rises from 0.
        weight_decay: decoupled weight decay (adamw, sgd).
        clip_norm: largest norm of a step's gradient; null does not clip.
        epochs: the most epochs to train.
        batch_size: training examples a step, over all devices.
        patience: evaluations without improvement before training stops; null never stops early.
        evaluate_every: epochs between evaluations on validation.
        evaluate_steps: least number of steps between evaluations: small data has few steps an
            epoch, and patience would run out before the loss falls.
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
        lazy_above: int | None = 100_000,
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
        if lazy_above is not None and lazy_above < 0:
            raise ValueError(f"lazy_above must not be negative. Received: {lazy_above}")
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
        self.lazy_above = lazy_above

    def fit(
        self, train_steps: Sequence[TrainStep], n_examples: int, seed: int, callback: Callback
    ) -> None:
        """Train networks, one after the other in each epoch, on batches of example indices.

        After each epoch `callback` is given the state of training; training that was killed
        resumes from it, to the same weights.

        Args:
            train_steps: the optimizers are set here; the losses must be set already.
            n_examples: examples are 0 to n_examples - 1, shuffled anew each epoch.
            seed: of the shuffling.
            callback: called after each epoch and, if it wants steps, after each step.

        Raises:
            DivergedError: a loss is not finite.
        """
        steps = math.ceil(n_examples / self.batch_size)
        passes = sum(train_step.passes for train_step in train_steps)
        every = max(self.evaluate_every, math.ceil(self.evaluate_steps / (steps * passes)))
        state = TrainingState(callback.load_state(), train_steps)
        runners = []
        for train_step in train_steps:
            with train_step.network.distribute_strategy.scope():
                optimizer = self._optimizer(steps * train_step.passes)
                done = state.epoch * steps * train_step.passes
                batches = self._batches(n_examples, seed, done)
                runners.append(_StepRunner(train_step, optimizer, batches))
        state.restore()
        while state.epoch < self.epochs and not self._out_of_patience(state.waited):
            state.epoch += 1
            loss = self._train(runners, state.epoch, steps, callback)
            if state.epoch % every == 0 or state.epoch == self.epochs:
                state.record_evaluation(callback.on_epoch_end(state.epoch, loss))
            callback.save_state(state.arrays())
        if state.best and not self._out_of_patience(state.waited):
            warnings.warn(
                f"training ended at its cap of {self.epochs} epochs, "
                f"{state.waited} evaluations after the best: raise schedule.epochs",
                stacklevel=2,
            )
        state.restore_best()

    def _out_of_patience(self, waited: int) -> bool:
        return self.patience is not None and waited >= self.patience

    def _train(
        self, runners: list[_StepRunner], epoch: int, steps: int, callback: Callback
    ) -> float:
        """Train for one epoch; return the mean loss of its last network."""
        total = steps * sum(runner.train_step.passes for runner in runners)
        done = 0
        for runner in runners:
            runner.train_step.network.reset_metrics()
            for _ in range(steps * runner.train_step.passes):
                mean = runner.run()
                done += 1
                if callback.wants_steps:
                    callback.on_step_end(epoch, done, total)
            loss = float(mean)
            if not math.isfinite(loss):
                raise DivergedError(
                    f"the training loss is {loss} in epoch {epoch}: lower "
                    f"schedule.learning_rate. Received: {self.learning_rate:g}"
                )
            runner.train_step.on_end()
        return loss

    def _batches(self, n_examples: int, seed: int, done: int) -> Any:
        """Endless batches, every example once in as many as an epoch has.

        Args:
            done: batches to skip, because they were trained on before.
        """
        import tensorflow as tf

        options = tf.data.Options()
        options.autotune.enabled = False  # nothing to tune; tuning takes up to a minute to end
        return (
            tf.data.Dataset.range(n_examples)
            .shuffle(min(n_examples, SHUFFLED), seed=seed, reshuffle_each_iteration=True)
            .batch(self.batch_size)
            .repeat()
            .skip(done)
            .prefetch(2)
            .with_options(options)
        )

    def _optimizer(self, steps: int) -> Any:
        import keras

        from lrec.training.schedule.optimizer import FusedAdam

        rate = self._learning_rate(steps)
        common = {"global_clipnorm": self.clip_norm}
        if self.optimizer == "adam":
            return FusedAdam(rate, self.lazy_above, **common)
        if self.optimizer == "adamw":
            return FusedAdam(rate, self.lazy_above, weight_decay=self.weight_decay, **common)
        if self.optimizer == "sgd":
            decay = self.weight_decay or None
            return keras.optimizers.SGD(rate, momentum=0.9, weight_decay=decay, **common)
        return keras.optimizers.Adagrad(rate, **common)

    def _learning_rate(self, steps: int) -> Any:
        from keras.optimizers import schedules

        from lrec.training.schedule.optimizer import WarmUp

        warmup = round(self.warmup_epochs * steps)
        total = max(1, self.epochs * steps - warmup)
        rate: Any = self.learning_rate
        if self.decay == "cosine":
            rate = schedules.CosineDecay(rate, total)
        elif self.decay == "linear":
            rate = schedules.PolynomialDecay(rate, total, 0.0)
        elif self.decay == "exponential":
            rate = schedules.ExponentialDecay(rate, max(1, total // 10), 0.5)
        return WarmUp(self.learning_rate, warmup, rate) if warmup else rate


class _StepRunner:
    """A train step with its compiled network and its batches."""

    def __init__(self, train_step: TrainStep, optimizer: Any, batches: Any) -> None:
        self.train_step = train_step
        network = train_step.network
        network.compile(optimizer=optimizer, jit_compile=network.jit_compile)
        optimizer.build(network.trainable_variables)
        network.make_train_function()
        self.batches = iter(batches)

    def run(self) -> Any:
        """Train on the next batch; return the mean loss since metrics were reset."""
        return self.train_step.network.train_function(self.batches)["loss"]
