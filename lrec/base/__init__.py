"""Tools that everything may use, and that know nothing of recommenders."""
