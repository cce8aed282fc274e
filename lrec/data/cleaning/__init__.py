"""Cleaning of raw tables, step by step, with an audit of the users lost."""
