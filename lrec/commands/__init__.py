"""One file for each command of `lrec`."""
