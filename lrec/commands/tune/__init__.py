"""`lrec tune`: the same number of trials for every model."""
