"""`lrec recommend`: lists of a saved model for known and for new users."""
