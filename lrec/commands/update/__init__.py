"""`lrec update`: a saved model goes on training when new interactions have come."""
