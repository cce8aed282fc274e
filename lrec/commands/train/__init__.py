"""`lrec train`: one experiment, its callbacks and its log; experiment.py is the place to begin."""
