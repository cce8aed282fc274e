"""Histories that a model keeps, and votes of them."""
