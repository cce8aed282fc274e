"""Components for lrec."""
