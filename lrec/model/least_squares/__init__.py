"""Least squares of many small systems, by arrays alone."""
