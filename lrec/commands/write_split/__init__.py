"""`lrec split`: write a split for other tools."""
