"""Bases of models, and the protocols that they need of training."""
