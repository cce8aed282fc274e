"""`lrec tune`: the same budget for every model."""
