"""Schedules: the training loop, its optimizers and its state."""
