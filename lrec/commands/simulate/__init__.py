"""`lrec simulate`: the feedback loop of recommending and accepting."""
