"""Training: schedules, checkpoints, device strategies, and augmentation of the training data."""
