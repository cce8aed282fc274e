"""`lrec blend`: saved runs as one recommender, weighted by the length of the history."""
