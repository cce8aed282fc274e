"""The workers of a multi-worker strategy."""
