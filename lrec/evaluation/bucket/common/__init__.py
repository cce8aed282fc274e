"""Bucketing by a table of users, and the reading of it."""
