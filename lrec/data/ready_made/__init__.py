"""Splits that data comes with: their parts, their files, and their tables of lists."""
