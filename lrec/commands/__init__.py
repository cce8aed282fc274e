"""The commands of `lrec`: a file or a folder each, with everything that only it uses."""
