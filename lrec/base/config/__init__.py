"""The folder conf/, the check of a config against signatures, and what components share."""
