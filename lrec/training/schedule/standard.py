"""Mini-batch gradient descent with early stopping on validation."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any, Literal

from lrec.model.common.protocols import Callback, TrainStep
from lrec.training.schedule.state import State

# Examples shuffled at once: of more than these, memory would go to the shuffling.
SHUFFLED = 2**21


class DivergedError(RuntimeError):
    """The training loss is no longer a finite number."""


class Trainer:
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

    def fit(
        self, turns: Sequence[TrainStep], n_examples: int, seed: int, callback: Callback
    ) -> None:
        """Train networks, each in its turn, on batches of example indices.

        After each epoch `watch` is given all that it takes to go on; training that was killed goes
        on from there, to the same weights.

        Args:
            turns: the optimizers are set here; the losses must be set already.
            n_examples: examples are 0 to n_examples - 1, shuffled anew each epoch.
            seed: of the shuffling.
            watch: called after each epoch and, if it is live, after each step.

        Raises:
            DivergedError: a loss is not finite.
        """
        steps = math.ceil(n_examples / self.batch_size)
        passes = sum(turn.passes for turn in turns)
        every = max(self.evaluate_every, math.ceil(self.evaluate_steps / (steps * passes)))
        state = State(callback.load_state(), turns)
        players = []
        for turn in turns:
            with turn.network.distribute_strategy.scope():
                optimizer = self._optimizer(steps * turn.passes)
                seen = state.epoch * steps * turn.passes
                players.append(_StepRunner(turn, optimizer, self._batches(n_examples, seed, seen)))
        state.restore()
        while state.epoch < self.epochs and not self._tired(state.waited):
            state.epoch += 1
            loss = self._train(players, state.epoch, steps, callback)
            if state.epoch % every == 0 or state.epoch == self.epochs:
                state.evaluator(callback.on_epoch_end(state.epoch, loss))
            callback.save_state(state.arrays())
        if state.best and not self._tired(state.waited):
            warnings.warn(
                f"training ended at its cap of {self.epochs} epochs, "
                f"{state.waited} evaluations after the best: raise schedule.epochs",
                stacklevel=2,
            )
        state.take_best()

    def _tired(self, waited: int) -> bool:
        return self.patience is not None and waited >= self.patience

    def _train(
        self, players: list[_StepRunner], epoch: int, steps: int, callback: Callback
    ) -> float:
        """One epoch; the loss of its last turn."""
        total = steps * sum(player.turn.passes for player in players)
        done = 0
        for player in players:
            player.turn.network.reset_metrics()
            for _ in range(steps * player.turn.passes):
                mean = player.step()
                done += 1
                if callback.wants_steps:
                    callback.on_step_end(epoch, done, total)
            loss = float(mean)
            if not math.isfinite(loss):
                raise DivergedError(
                    f"the training loss is {loss} in epoch {epoch}: lower "
                    f"schedule.learning_rate. Received: {self.learning_rate:g}"
                )
            player.turn.after()
        return loss

    def _batches(self, n_examples: int, seed: int, seen: int) -> Any:
        """Endless batches, every example once in as many as an epoch has.

        Args:
            seen: batches left out at the beginning.
        """
        import tensorflow as tf

        options = tf.data.Options()
        options.autotune.enabled = False  # nothing to tune; tuning takes up to a minute to end
        return (
            tf.data.Dataset.range(n_examples)
            .shuffle(min(n_examples, SHUFFLED), seed=seed, reshuffle_each_iteration=True)
            .batch(self.batch_size)
            .repeat()
            .skip(seen)
            .prefetch(2)
            .with_options(options)
        )

    def _optimizer(self, steps: int) -> Any:
        import keras

        from lrec.training.schedule.optimizer import FusedAdam

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

        from lrec.training.schedule.optimizer import WarmUp

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


class _StepRunner:
    """A turn with what trains it."""

    def __init__(self, turn: TrainStep, optimizer: Any, batches: Any) -> None:
        self.turn = turn
        network = turn.network
        network.compile(optimizer=optimizer, jit_compile=network.jit_compile)
        optimizer.build(network.trainable_variables)
        network.make_train_function()
        self.batches = iter(batches)

    def step(self) -> Any:
        """Train on the next batch; the mean loss since metrics were reset."""
        return self.turn.network.train_function(self.batches)["loss"]
