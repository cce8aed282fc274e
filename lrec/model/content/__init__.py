"""Items that nobody trained on, scored by their content beside any model."""
