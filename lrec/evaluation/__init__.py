"""Ranking, metrics, buckets, the user table and the statistics that derive from it."""
