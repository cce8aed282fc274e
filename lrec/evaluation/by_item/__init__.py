"""Accuracy by item: buckets of targets by popularity, those that nobody trained on among them."""
