"""Comparison of models with a baseline over the same users."""
