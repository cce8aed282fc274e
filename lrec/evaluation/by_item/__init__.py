"""Accuracy by item: buckets of targets by popularity, and targets that nobody trained on."""
