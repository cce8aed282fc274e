"""Saved runs: load, select, find or train."""
