"""Where conf/ is, the check of a config against signatures, and what components share."""
