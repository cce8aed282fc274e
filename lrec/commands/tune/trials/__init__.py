"""Trials in a storage: which of them count, how one is trained, and when one is pruned."""
