"""Approximate search: lists of models whose scores are inner products, without all scores."""
