"""`lrec reveal`: quality by the number of items that a model is shown."""
