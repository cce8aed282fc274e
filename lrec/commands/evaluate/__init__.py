"""`lrec evaluate`: score a saved run again, or lists of any other make."""
